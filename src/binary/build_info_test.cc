#include "binary/build_info.h"

#include <gtest/gtest.h>

#include "binary/damage_for_tests.h"
#include "binary/elf_builder_for_tests.h"

namespace holdfast::binary {
namespace {

constexpr std::uint32_t kRead = 4, kWrite = 2;
constexpr Address kData(0x10000), kRodata(0x20000);
constexpr std::string_view kModules =
    "path\texample.com/app/cmd/server\n"
    "mod\texample.com/app\t(devel)\t\n"
    "dep\texample.com/old\tv1.0.0\n"
    "=>\texample.com/new\tv1.2.0\th1:x=\n"
    "dep\texample.com/lib\tv0.3.0\th1:y=\n"
    "build\t-buildmode=exe\n"
    "build\t-ldflags=\"-s -w -X \\\"main.v=1\\\"\"\n"
    "build\t\"odd=key\"=`raw text`\n"
    "build\t-race=true\n";

ByteView view(const std::vector<std::byte>& bytes) {
  return {bytes, "a.out"};
}

std::string marked(std::string_view modules) {
  return "\x30\x77\xaf\x0c 12345678901" + std::string(modules) + "\xf9\x32\x43\x31 12345678901";
}

Bytes uleb(std::uint64_t value) {
  Bytes out;
  for (; value >= 0x80; value >>= 7) out.u8(static_cast<std::uint8_t>(value | 0x80));
  return out.u8(static_cast<std::uint8_t>(value));
}

Bytes header(std::uint8_t flags) {
  return Bytes().text("\xff Go buildinf:").u8(8).u8(flags);
}

Bytes blob(std::string_view version, std::string_view modules) {
  Bytes out = header(2).zeros(16);
  out.append(uleb(version.size()).get()).text(version);
  return out.append(uleb(modules.size()).get()).text(modules);
}

std::vector<std::byte> program(const Bytes& data, const Bytes& rodata = {}) {
  ElfBuilder elf(ElfType::kExec);
  elf.segment(kSegmentLoad, kRead | kWrite, kData, data);
  elf.segment(kSegmentLoad, kRead, kRodata, rodata);
  return elf.build();
}

TEST(BuildInfo, InlineFormIsDecoded) {
  const auto bytes = program(Bytes().zeros(0x40).append(blob("go1.26.8", marked(kModules)).get()));
  const auto info = find_build_info(ElfFile(view(bytes)));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, "go1.26.8");
  EXPECT_EQ(info->main_module, "example.com/app");
  ASSERT_EQ(info->modules.size(), 3U);
  EXPECT_EQ(info->modules[0].path, "example.com/app");
  EXPECT_EQ(info->modules[0].version, "(devel)");
  EXPECT_EQ(info->modules[1].path, "example.com/new");
  EXPECT_EQ(info->modules[1].version, "v1.2.0");
  EXPECT_EQ(info->modules[2].path, "example.com/lib");
  EXPECT_EQ(info->modules[2].version, "v0.3.0");
}

TEST(BuildInfo, SectionIsTakenBeforeTheScan) {
  const Bytes decoy = blob("go1.19", "");
  Bytes data;
  data.append(decoy.get()).pad_to(0x40);
  const Bytes real = blob("go1.27.4", "");
  data.append(real.get());
  ElfBuilder elf(ElfType::kExec);
  elf.segment(kSegmentLoad, kRead | kWrite, kData, data);
  elf.section_at(".go.buildinfo", 1, kData + 0x40, real.size());
  const auto bytes = elf.build();
  EXPECT_EQ(find_build_info(ElfFile(view(bytes)))->version, "go1.27.4");
}

TEST(BuildInfo, PointerFormIsDecodedThroughTheFile) {
  const std::string modules = marked("path\told.example/cmd\nmod\told.example\t(devel)\t\n");
  Bytes data = header(0).u64(kData.value + 32).u64(kData.value + 48);
  data.u64(kRodata.value).u64(8).u64(kRodata.value + 8).u64(modules.size());
  const auto bytes = program(data, Bytes().text("go1.17.9").text(modules));
  const auto info = find_build_info(ElfFile(view(bytes)));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, "go1.17.9");
  EXPECT_EQ(info->main_module, "old.example");
}

TEST(BuildInfo, DamagedModuleTextLeavesTheVersion) {
  Bytes data = header(2).zeros(16);
  data.append(uleb(6).get()).text("go1.24").append(uleb(~std::uint64_t{0}).get()).text("rest");
  const auto bytes = program(data);
  const auto info = find_build_info(ElfFile(view(bytes)));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->version, "go1.24");
  EXPECT_EQ(info->main_module, "");
  const auto unmarked = program(blob("go1.24", kModules));
  EXPECT_EQ(find_build_info(ElfFile(view(unmarked)))->main_module, "");
}

TEST(BuildInfo, NoneWhereThereIsNoneOrItMakesNoSense) {
  for (const Bytes& data : {Bytes().zeros(100), header(2), header(0).u64(~std::uint64_t{0}).u64(kData.value),
                            blob("python3", ""), blob("", ""), Bytes().u8(0).append(blob("go1.24", "").get())}) {
    const auto bytes = program(data);
    EXPECT_FALSE(find_build_info(ElfFile(view(bytes))));
  }
}

TEST(VersionString, ComesFromTheSymbolAlsoWhenRelocated) {
  const auto make = [](bool relocated) {
    ElfBuilder elf(ElfType::kDyn);
    elf.segment(kSegmentLoad, kRead | kWrite, kData, Bytes().u64(relocated ? 0 : kRodata.value + 2).u64(8));
    Bytes rodata = Bytes().text("xxgo1.26.8yy").pad_to(16).add_record(WireRela{kData.value, 8, 0, kRodata.value + 2});
    elf.segment(kSegmentLoad, kRead, kRodata, rodata);
    if (relocated)
      elf.segment(kSegmentDynamic, kRead, Address(),
                  Bytes().u64(7).u64(kRodata.value + 16).u64(8).u64(24).u64(0).u64(0));
    return elf.symbol("runtime.buildVersion", kData, 16);
  };
  for (const bool relocated : {false, true}) {
    const auto bytes = make(relocated).build();
    EXPECT_EQ(find_version_string(ElfFile(view(bytes))), "go1.26.8");
  }
}

TEST(VersionString, IsFoundInPackedTextsByItsHeader) {
  const auto rodata = Bytes().text("somego1.21 X:greenteagcgo1.22.3then");
  const auto bytes = program(Bytes().u64(1).u64(kRodata.value + 4).u64(19).u64(0), rodata);
  EXPECT_EQ(find_version_string(ElfFile(view(bytes))), "go1.21 X:greenteagc");
}

TEST(VersionString, APatchReleaseOutweighsLanguageVersionsAndAnyOtherTieIsNone) {
  const auto rodata = Bytes().text("go1.21go1.22.3go1.23.4");
  const std::uint64_t at = kRodata.value;
  const auto clear = program(Bytes().u64(at).u64(6).u64(at + 6).u64(8), rodata);
  EXPECT_EQ(find_version_string(ElfFile(view(clear))), "go1.22.3");
  const auto tie = program(Bytes().u64(at + 14).u64(8).u64(at + 6).u64(8), rodata);
  EXPECT_EQ(find_version_string(ElfFile(view(tie))), std::nullopt);
  const auto none = program(Bytes().u64(at + 1).u64(8), rodata);
  EXPECT_EQ(find_version_string(ElfFile(view(none))), std::nullopt);
}

TEST(BuildInfo, SurvivesRandomDamageAndEveryTruncation) {
  const std::uint64_t at = kRodata.value;
  Bytes data = blob("go1.26.8", marked(kModules));
  data.pad_to(8).u64(at).u64(8);
  const auto good = program(data, Bytes().text("go1.22.3"));
  const auto use = [](const std::vector<std::byte>& bytes) {
    const ElfFile elf(view(bytes));
    find_build_info(elf);
    find_version_string(elf);
  };
  use_truncated(good, use);
  use_damaged(good, 5000, use);
}

}  // namespace
}  // namespace holdfast::binary
