#include "detect/known_leaks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace holdfast::detect {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kText =
    "# a remark\n"
    "\n"
    "example.com/log v1.2.0 v1.4.1 goroutine-leak example.com/log.(*Entry).scan https://example.com/1 the scanner "
    "waits for ever\n"
    "example.com/log - - * example.com/log.Registry|example.com/log.Register https://example.com/2 it only grows\n";

TEST(KnownLeaks, OrderVersionsAsTheGoCommandDoes) {
  constexpr const char* kAscending[] = {"(devel)",     "v0.0.0-20190101000000-abcdef",
                                        "v0.9.9",      "v1.0.0-alpha",
                                        "v1.0.0-rc.2", "v1.0.0-rc.10",
                                        "v1.0.0",      "v1.2.0",
                                        "v1.10.0",     "v2.0.0+incompatible",
                                        "v10.0.0"};
  for (std::size_t i = 0; i + 1 < std::size(kAscending); ++i) {
    EXPECT_LT(compare_versions(kAscending[i], kAscending[i + 1]), 0) << kAscending[i];
    EXPECT_GT(compare_versions(kAscending[i + 1], kAscending[i]), 0) << kAscending[i];
    EXPECT_EQ(compare_versions(kAscending[i], kAscending[i]), 0) << kAscending[i];
  }
  EXPECT_LT(compare_versions("go1.21rc2", "go1.21.0"), 0);
  EXPECT_LT(compare_versions("go1.21.13", "go1.22"), 0);
  EXPECT_EQ(compare_versions("go1.22", "go1.22.0"), 0);
}

TEST(KnownLeaks, AreReadFromLines) {
  const std::vector<KnownLeakRule> rules = parse_known_leaks(kText, "my.leaks");
  ASSERT_THAT(rules, SizeIs(2));
  EXPECT_EQ(rules[0].fixed_in, "v1.4.1");
  EXPECT_EQ(rules[0].words, "the scanner waits for ever");
  EXPECT_EQ(rules[1].from + rules[1].fixed_in + rules[1].detector, "");
}

TEST(KnownLeaks, RefuseALineThatIsNoRule) {
  for (const auto& [line, words] :
       {std::pair("example.com/log v1 - * place https://x", "MODULE FROM FIXED DETECTOR PLACE ISSUE WORDS"),
        std::pair("example.com/log 1.2.0 - * place https://x it grows", "\"1.2.0\" is no version")})
    try {
      parse_known_leaks(std::string("# first\n") + line, "my.leaks");
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::string("my.leaks, line 2: ") + words));
    }
}

TEST(KnownLeaks, ThatAreBuiltInAreOfDetectorsThatThereAre) {
  std::set<std::string_view> ids = {""};
  for (const Detector* detector : detectors()) ids.insert(detector->facts.id);
  for (const KnownLeakRule& rule : known_leaks()) EXPECT_TRUE(ids.contains(rule.detector)) << rule.detector;
}

struct Asked {
  std::string version = "v1.3.0", id = "goroutine-leak", place = "chan receive at example.com/log.(*Entry).scan x.go:9";
};

std::string known_words(const Asked& asked) {
  heap::Snapshot snapshot;
  snapshot.target.build_modules = {{"example.com/app", "(devel)"}, {"example.com/log", asked.version}};
  std::vector<Suspicion> suspicions(1);
  suspicions[0].finding.id = asked.id;
  suspicions[0].places = {asked.place};
  mark_known_leaks(snapshot, parse_known_leaks(kText, "my.leaks"), suspicions);
  return suspicions[0].finding.known ? suspicions[0].finding.known->words : "";
}

TEST(KnownLeaks, AreToldByVersionDetectorAndPlace) {
  EXPECT_EQ(known_words({}), "the scanner waits for ever");
  EXPECT_EQ(known_words({.version = "v1.2.0"}), "the scanner waits for ever");
  EXPECT_EQ(known_words({.version = "v1.1.9"}), "");
  EXPECT_EQ(known_words({.version = "v1.4.1"}), "");
  EXPECT_EQ(known_words({.version = "(devel)"}), "");
  EXPECT_EQ(known_words({.id = "sparse-map"}), "");
  EXPECT_EQ(known_words({.place = "chan receive at example.com/log.(*Entry).scanner x.go:9"}), "");
  EXPECT_EQ(known_words({.place = "chan receive at other.example.com/log.(*Entry).scan x.go:9"}), "");
  EXPECT_EQ(known_words({.id = "sparse-map", .place = "*example.com/log.Registry"}), "it only grows");
  EXPECT_EQ(known_words({.id = "sparse-map", .place = "global of example.com/log.Register, main.main (bss+0x2e8)"}),
            "it only grows");
  EXPECT_EQ(known_words({.id = "sparse-map", .place = "global of example.com/log.Registers (bss+0x2e8)"}), "");
}

}  // namespace
}  // namespace holdfast::detect
