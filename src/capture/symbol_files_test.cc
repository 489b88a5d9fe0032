#include "capture/symbol_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "binary/elf_builder_for_tests.h"

namespace holdfast::capture {
namespace {

namespace fs = std::filesystem;
using binary::Bytes;
using testing::HasSubstr;
using testing::Optional;

constexpr const char* kGoId = "link/compile/main/program";
constexpr const char* kGnuId = "\xab\xcd\xef\x01";

// A program, or what somebody made of it.
struct Recipe {
  std::string go_id = kGoId;
  std::string gnu_id = {};
  bool symbols = true;
  bool debug_information = false;
  bool only_debug = false;  // the bytes of segments are missing
  std::uint64_t text_bytes = 64;
  std::uint8_t first_byte = 0x90;
  std::uint64_t cut = 0;  // zeros that are cut off the end of data

  std::vector<std::byte> build() const {
    binary::ElfBuilder elf(binary::ElfType::kExec);
    if (!go_id.empty()) elf.note("Go", 4, Bytes().text(go_id));
    if (!gnu_id.empty()) elf.note("GNU", 3, Bytes().text(gnu_id));
    Bytes text, data;
    text.u8(first_byte).zeros(text_bytes - 1);
    data.u64(42).zeros(32 - cut);
    const Bytes none;
    elf.segment(binary::kSegmentLoad, 5, Address(0x401000), only_debug ? none : text, text_bytes);
    elf.segment(binary::kSegmentLoad, 6, Address(0x500000), only_debug ? none : data, 0x1000);
    if (symbols) elf.symbol("main.cache", Address(0x500010), 8);
    if (debug_information) elf.section(".debug_info", 1, Bytes().text("dwarf"));
    return elf.build();
  }
};

std::optional<std::string> why_not(const Recipe& program, const Recipe& file) {
  const auto a = program.build(), b = file.build();
  return why_no_symbols(binary::ElfFile(ByteView(a, "program")), binary::ElfFile(ByteView(b, "file")));
}

const Recipe kStripped{.symbols = false, .cut = 8};

TEST(SymbolFiles, FitByBuildId) {
  EXPECT_EQ(why_not(kStripped, {}), std::nullopt);
  EXPECT_EQ(why_not(kStripped, {.symbols = false, .debug_information = true, .only_debug = true}), std::nullopt);
  EXPECT_EQ(
      why_not({.go_id = "", .gnu_id = kGnuId, .symbols = false}, {.go_id = "", .gnu_id = kGnuId, .only_debug = true}),
      std::nullopt);
}

TEST(SymbolFiles, OfAnotherBuildAreRefusedWithBothIds) {
  const auto why = why_not(kStripped, {.go_id = "link/other/other/twin"});
  EXPECT_THAT(why, Optional(HasSubstr("link/other/other/twin")));
  EXPECT_THAT(why, Optional(HasSubstr(kGoId)));
  EXPECT_THAT(why_not({.go_id = "", .gnu_id = kGnuId}, {.go_id = "", .gnu_id = "\x01\x02\x03\x04"}),
              Optional(AllOf(HasSubstr("abcdef01"), HasSubstr("01020304"))));
}

TEST(SymbolFiles, OfTheSameIdMustLieWhereTheProgramLies) {
  EXPECT_THAT(why_not(kStripped, {.text_bytes = 0x1040}), Optional(HasSubstr("segments lie elsewhere")));
  EXPECT_EQ(why_not(kStripped, {.text_bytes = 0x240}), std::nullopt)
      << "strip cuts less than a page off segments of Go 1.19";
}

TEST(SymbolFiles, OfAnotherWayToLinkFitIfAllThatIsLoadedIsTheSame) {
  const std::string relinked = "with -s/compile/main/other";
  EXPECT_EQ(why_not({.go_id = relinked, .symbols = false}, {}), std::nullopt);
  EXPECT_EQ(why_not({.go_id = relinked, .symbols = false, .cut = 8}, {}), std::nullopt);
  EXPECT_THAT(why_not({.go_id = relinked, .symbols = false}, {.first_byte = 0x91}), Optional(HasSubstr(relinked)));
  EXPECT_THAT(why_not({.go_id = relinked, .symbols = false}, {.only_debug = true}), Optional(HasSubstr(relinked)));
}

TEST(SymbolFiles, WithoutAnIdThatTellsFitIfAllThatIsLoadedIsTheSame) {
  for (const char* id : {"", "redacted"}) {
    EXPECT_EQ(why_not({.go_id = id, .symbols = false}, {.go_id = id}), std::nullopt) << id;
    EXPECT_THAT(why_not({.go_id = id, .symbols = false}, {.go_id = id, .first_byte = 0x91}),
                Optional(HasSubstr("cannot be told")))
        << id;
    EXPECT_THAT(why_not({.go_id = id, .symbols = false}, {.go_id = id, .only_debug = true}),
                Optional(HasSubstr("cannot be told")))
        << id;
  }
  // Go makes the GNU build id of its own.
  EXPECT_THAT(
      why_not({.go_id = "redacted", .gnu_id = kGnuId}, {.go_id = "redacted", .gnu_id = kGnuId, .only_debug = true}),
      Optional(HasSubstr("cannot be told")));
}

TEST(SymbolFiles, MustHaveSomethingToSay) {
  EXPECT_THAT(why_not(kStripped, kStripped), Optional(HasSubstr("neither symbols nor debug information")));
}

class SymbolFolder : public testing::Test {
 protected:
  SymbolFolder() : folder_(fs::temp_directory_path() / ("holdfast-symbols-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~SymbolFolder() override { fs::remove_all(folder_); }
  SymbolFolder(const SymbolFolder&) = delete;
  SymbolFolder& operator=(const SymbolFolder&) = delete;

  void put(const fs::path& name, const Recipe& recipe) {
    const auto bytes = recipe.build();
    put(name, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  void put(const fs::path& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  // Returns the path below the folder; empty if nothing was found.
  std::string found() const {
    const auto bytes = Recipe{.gnu_id = kGnuId, .symbols = false}.build();
    const auto file = find_symbols(folder_.string(), binary::ElfFile(ByteView(bytes, "program")));
    return file ? fs::relative(file->path, folder_).string() : std::string();
  }

  fs::path folder_;
};

TEST_F(SymbolFolder, IsSearchedWhereDebuggersAndDebuginfodKeepFiles) {
  EXPECT_EQ(found(), "");
  put("twin", Recipe{.gnu_id = kGnuId, .debug_information = true});
  EXPECT_EQ(found(), "twin");
  put("abcdef01/debuginfo", Recipe{.gnu_id = kGnuId, .debug_information = true, .only_debug = true});
  EXPECT_EQ(found(), "abcdef01/debuginfo");
  put(".build-id/ab/cdef01.debug", Recipe{.gnu_id = kGnuId, .debug_information = true, .only_debug = true});
  EXPECT_EQ(found(), ".build-id/ab/cdef01.debug");
}

TEST_F(SymbolFolder, GivesFilesWithDebugInformationFirst) {
  put(".build-id/ab/cdef01.debug", Recipe{.gnu_id = kGnuId, .only_debug = true});
  EXPECT_EQ(found(), ".build-id/ab/cdef01.debug");
  put("b", Recipe{.gnu_id = kGnuId, .debug_information = true});
  EXPECT_EQ(found(), "b");
}

TEST_F(SymbolFolder, MayHoldOtherThings) {
  put("a text", "no program");
  put("empty", "");
  put("folder/twin", Recipe{.gnu_id = kGnuId});
  put("other build", Recipe{.go_id = "a/b/c/d", .gnu_id = "\x01\x02\x03\x04"});
  put(".build-id/ab/cdef01.debug", Recipe{.go_id = "a/b/c/d", .gnu_id = kGnuId});
  put("stripped", Recipe{.gnu_id = kGnuId, .symbols = false});
  EXPECT_EQ(found(), "");
  put("twin", Recipe{.gnu_id = kGnuId});
  EXPECT_EQ(found(), "twin");
}

}  // namespace
}  // namespace holdfast::capture
