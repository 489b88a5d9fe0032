#include "capture/runtimes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/memory_source.h"
#include "binary/elf_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class NoMemory : public MemorySource {
 public:
  bool try_read(Address, std::span<std::byte>) const override { return false; }
  const std::byte* try_view(Address, std::uint64_t) const override { return nullptr; }
};

// Files with Go code, none of which can be looked into: their memory is not there.
class ClosedImages {
 public:
  // `version`: what their build information says; without it they have none.
  explicit ClosedImages(std::vector<std::string> paths, std::string_view version = "go1.26.8")
      : paths_(std::move(paths)) {
    constexpr Address kAt{0x400000};
    binary::Bytes info;
    info.text("\xff Go buildinf:").u8(8).u8(2).zeros(16);
    info.u8(static_cast<std::uint8_t>(version.size())).text(version).u8(0);
    binary::ElfBuilder elf(binary::ElfType::kExec);
    elf.segment(binary::kSegmentLoad, 4, kAt, info);
    elf.section_at(".go.buildinfo", 1, kAt, info.size());
    file_ = elf.build();
  }

  Program program() const {
    std::vector<FilePart> parts;
    parts.reserve(paths_.size());
    for (const std::string& path : paths_) parts.push_back({{Address(0x400000), Address(0x401000)}, 0, path});
    LossLedger losses;
    return Program::open(
        parts, paths_.front(),
        [&](const FilePart& part) {
          return FileBytes{ByteView(file_, part.path), nullptr};
        },
        losses);
  }
  // The image that is taken.
  std::string taken(const std::string& named) const {
    Program taken_from = program();
    take_runtime(taken_from, NoMemory(), named, std::nullopt);
    EXPECT_THAT(taken_from.images(), SizeIs(1));
    return taken_from.images().front().path;
  }
  std::string refusal(const std::string& named) const {
    try {
      taken(named);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage);
      return error.what();
    }
    return "accepted";
  }

 private:
  std::vector<std::string> paths_;
  std::vector<std::byte> file_;
};

TEST(Runtimes, WhatCannotBeReadIsListedWithTheReason) {
  const ClosedImages images({"/lib/a.so", "/lib/b.so"});
  const auto found = find_runtimes(images.program(), NoMemory(), std::nullopt);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[1].image, 1U);
  EXPECT_EQ(found[1].go_version, "go1.26.8");
  EXPECT_FALSE(found[1].heap_bytes);
  EXPECT_THAT(found[1].trouble, HasSubstr("/lib/b.so"));
}

TEST(Runtimes, OneIsNamedByItsPathOrTheEndOfIt) {
  const ClosedImages images({"/lib/a.so", "/lib/b.so", "/opt/lib/b.so", "/lib/c.so (deleted)"});
  EXPECT_EQ(images.taken(""), "/lib/a.so");
  EXPECT_EQ(images.taken("a.so"), "/lib/a.so");
  EXPECT_EQ(images.taken("lib/a.so"), "/lib/a.so");
  EXPECT_EQ(images.taken("./lib/a.so"), "/lib/a.so");
  EXPECT_EQ(images.taken("opt/lib/b.so"), "/opt/lib/b.so");
  EXPECT_EQ(images.taken("c.so"), "/lib/c.so (deleted)");
}

TEST(Runtimes, AWholePathIsNeverAmbiguous) {
  const ClosedImages images({"/lib/b.so", "/opt/lib/b.so"});
  EXPECT_EQ(images.taken("/lib/b.so"), "/lib/b.so");
}

TEST(Runtimes, ANameThatNoneOrSeveralHaveIsRefusedWithTheList) {
  const ClosedImages images({"/lib/a.so", "/lib/b.so", "/opt/b.so"});
  EXPECT_THAT(images.refusal("c.so"),
              AllOf(HasSubstr("--image c.so"), HasSubstr("there are /lib/a.so, /lib/b.so, /opt/b.so")));
  for (const char* none : {".so", "./", "/a.so", "/"}) EXPECT_THAT(images.refusal(none), HasSubstr("no Go runtime"));
  EXPECT_THAT(images.refusal("b.so"),
              AllOf(HasSubstr("2 Go runtimes"), HasSubstr("/lib/b.so, /opt/b.so"), Not(HasSubstr("a.so"))));
  EXPECT_THAT(ClosedImages({"/bin/shop"}).refusal("shop2"), HasSubstr("there is /bin/shop"));
  EXPECT_EQ(ClosedImages({"/bin/shop"}).taken("shop"), "/bin/shop");
}

// The version of a program of which the user says the release, or what is said against that.
std::string version_of(std::string_view own, const std::string& given) {
  const ClosedImages images({"/bin/shop"}, own);  // the program looks into them
  Program program = images.program();
  Options options;
  options.go_release = given;
  try {
    take_runtime(program, NoMemory(), "", given_release(options));
  } catch (const Error& error) {
    return error.what();
  }
  return program.version().text + (program.release_given() ? ", as given" : "");
}

TEST(GivenRelease, IsTakenIfTheProgramDoesNotSayItsOwn) {
  EXPECT_THAT(version_of("", ""), HasSubstr("say it with --go-release"));
  EXPECT_EQ(version_of("", "1.26"), "go1.26, as given");
  EXPECT_EQ(version_of("", "1.25.3"), "go1.25.3, as given");
  EXPECT_THAT(version_of("", "1.99"), HasSubstr("--go-release: \"1.99\" is none of the Go releases"));
}

TEST(GivenRelease, MustNotContradictTheProgram) {
  EXPECT_EQ(version_of("go1.26.8", "1.26"), "go1.26.8");
  EXPECT_EQ(version_of("go1.26.8", "1.26.8"), "go1.26.8");
  EXPECT_EQ(version_of("go1.26.8", "1.25"), "--go-release go1.25: /bin/shop says itself that go1.26.8 made it");
}

TEST(GivenRelease, IsOnlyForTheImagesThatDoNotSayTheirOwn) {
  const ClosedImages images({"/lib/a.so", "/lib/b.so"});
  const auto found = find_runtimes(images.program(), NoMemory(), go::named_release("1.25"));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].go_version, "go1.26.8");
}

TEST(Runtimes, AllAreKeptInTheProgram) {
  const ClosedImages images({"/lib/a.so", "/lib/b.so"});
  Program program = images.program();
  take_runtime(program, NoMemory(), "b.so", std::nullopt);
  EXPECT_THAT(program.runtimes(), ElementsAre(heap::GoRuntime{"/lib/a.so", "go1.26.8", std::nullopt, false},
                                              heap::GoRuntime{"/lib/b.so", "go1.26.8", std::nullopt, true}));
  EXPECT_EQ(program.version().text, "go1.26.8");
}

}  // namespace
}  // namespace holdfast::capture
