#include "profile/filtered_profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "profile/profile_for_tests.h"

namespace holdfast::profile {
namespace {

using testing::ElementsAre;

// Stacks, leaf first: a b(inlined) c, where b is inlined into c; d c; and one of an unnamed place in /bin/prog.
class FilteredProfileTest : public testing::Test {
 protected:
  FilteredProfileTest() {
    ProfileWriter writer;
    writer.sample_type("inuse_space", "bytes");
    const std::uint64_t program = writer.mapping("/bin/prog");
    const std::uint64_t a = writer.function("main.a", "/src/a.go"), b = writer.function("main.b", "/src/b.go"),
                        c = writer.function("main.c", "/src/c.go"), d = writer.function("main.d", "/lib/d.go");
    writer.location(1, 0x10, {{a, 1}}, program);
    writer.location(2, 0x20, {{b, 2}, {c, 3}});
    writer.location(3, 0x30, {{d, 4}});
    writer.location(4, 0x40, {{c, 5}});
    writer.sample({1, 2}, {1}, 16);
    writer.sample({3, 4}, {10}, 64 << 10);
    profile = std::make_shared<const Profile>(writer.profile());
  }
  // Each sample's functions, the leaf first, and its value.
  std::vector<std::string> stacks(const StackQuery& query) const {
    std::vector<std::string> out;
    const FilteredProfile filtered(profile, query);
    filtered.for_each_sample([&](const Sample& sample) {
      std::string& text = out.emplace_back();
      for (const std::uint32_t location : sample.locations)
        for (const Line& line : filtered.lines(location)) text += profile->functions()[line.function].name.substr(5);
      text += std::to_string(sample.values[0]);
    });
    return out;
  }
  std::shared_ptr<const Profile> profile;
};

TEST_F(FilteredProfileTest, KeepsStacksInFocusWithoutThoseThatAreIgnored) {
  EXPECT_THAT(stacks({}), ElementsAre("abc1", "dc10"));
  EXPECT_THAT(stacks({.focus = "main.b"}), ElementsAre("abc1"));
  EXPECT_THAT(stacks({.focus = "^/lib/"}), ElementsAre("dc10")) << "files count, too";
  EXPECT_THAT(stacks({.focus = "bin/prog"}), ElementsAre("abc1")) << "and programs";
  EXPECT_THAT(stacks({.ignore = "main.d"}), ElementsAre("abc1"));
  EXPECT_THAT(stacks({.focus = "main.c", .ignore = "a$"}), ElementsAre("dc10"));
}

TEST_F(FilteredProfileTest, LeavesCallsOut) {
  EXPECT_THAT(stacks({.hide = "main.b"}), ElementsAre("ac1", "dc10"));
  EXPECT_THAT(stacks({.show = "main.[bd]"}), ElementsAre("b1", "d10"));
  EXPECT_THAT(stacks({.show = "main.b"}), ElementsAre("b1")) << "what has no call left goes";
  EXPECT_THAT(stacks({.show_from = "main.b"}), ElementsAre("ab1"));
  EXPECT_THAT(stacks({.show_from = "main.c"}), ElementsAre("abc1", "dc10"));
}

TEST_F(FilteredProfileTest, PicksByLabels) {
  EXPECT_THAT(stacks({.tag_focus = "64kb:"}), ElementsAre("dc10"));
  EXPECT_THAT(stacks({.tag_ignore = "bytes=64kb"}), ElementsAre("abc1"));
}

TEST_F(FilteredProfileTest, SaysWhatMatchesNothingAndRefusesWhatIsNoExpression) {
  EXPECT_THAT(FilteredProfile(profile, {.focus = "x.y.z", .hide = "main"}).idle_options(), ElementsAre("--focus"));
  EXPECT_THROW(FilteredProfile(profile, {.hide = "("}), Error);
}

TEST_F(FilteredProfileTest, CountsWhatIsLeftOut) {
  int left_out = 0;
  FilteredProfile(profile, {.focus = "main.b"})
      .for_each_sample([](const Sample&) {}, [&](const Sample&) { ++left_out; });
  EXPECT_EQ(left_out, 1);
}

}  // namespace
}  // namespace holdfast::profile
