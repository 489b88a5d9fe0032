#include "formats/stack_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "profile/profile_for_tests.h"

namespace holdfast::formats {
namespace {

using profile::Combine;
using profile::FilteredProfile;
using profile::Profile;
using testing::HasSubstr;
using testing::Not;

FilteredProfile profile_of(std::int64_t value, const profile::StackQuery& query = {}) {
  profile::ProfileWriter writer;
  writer.sample_type("inuse_space", "bytes");
  const std::uint64_t inner = writer.function("main.inner[<T>]", "/src/main.go"),
                      outer = writer.function("main.outer", "/src/main.go");
  writer.location(7, 0x10, {{inner, 3}, {outer, 9}}, writer.mapping("/bin/prog"));
  writer.sample({7}, {value}, 16);
  writer.sample({7}, {1}, 16);
  return FilteredProfile(std::make_shared<const Profile>(writer.profile()), query);
}

Profile read(const std::string& file) {
  return Profile::parse(std::as_bytes(std::span(file)), "written.pb.gz");
}

std::vector<std::int64_t> values(const Profile& profile) {
  std::vector<std::int64_t> out;
  profile.for_each_sample([&](const profile::Sample& sample) { out.push_back(sample.values[0]); });
  return out;
}

StackPicture picture(std::vector<FilteredProfile>& profiles, Combine combine) {
  return {"inuse_space: <x>", "bytes", profile::call_tree(profiles, profile::By::kFunction, 0, combine),
          combine == Combine::kDifference};
}

std::string written(void (*write)(const StackPicture&, Stream&), std::vector<FilteredProfile> profiles,
                    Combine combine) {
  std::string text;
  Stream out([&](std::string_view bytes) { text += bytes; });
  write(picture(profiles, combine), out);
  out.flush();
  return text;
}

TEST(StackFiles, PprofHasWhatWasRead) {
  const std::vector<FilteredProfile> one = {profile_of(41)};
  const Profile profile = read(stacks_as_pprof(one, Combine::kSum));
  EXPECT_THAT(values(profile), testing::ElementsAre(42)) << "equal stacks are one";
  ASSERT_EQ(profile.locations().size(), 1U);
  EXPECT_EQ(profile.locations()[0].address, 0x10U);
  EXPECT_EQ(profile.mappings()[profile.locations()[0].mapping].file, "/bin/prog");
  ASSERT_EQ(profile.lines().size(), 2U);
  EXPECT_EQ(profile.functions()[profile.lines()[0].function].name, "main.inner[<T>]");
  EXPECT_EQ(profile.lines()[0].line, 3);
}

TEST(StackFiles, PprofHasWhatIsShown) {
  const std::vector<FilteredProfile> one = {profile_of(41, {.hide = "inner"})};
  const Profile profile = read(stacks_as_pprof(one, Combine::kSum));
  ASSERT_EQ(profile.lines().size(), 1U);
  EXPECT_EQ(profile.functions()[profile.lines()[0].function].name, "main.outer");
}

TEST(StackFiles, PprofOfADifferenceMayBeNegative) {
  const std::vector<FilteredProfile> two = {profile_of(41), profile_of(11)};
  EXPECT_THAT(values(read(stacks_as_pprof(two, Combine::kDifference))), testing::ElementsAre(-30));
}

TEST(StackFiles, SpeedscopeGetsTwoProfilesOfADifference) {
  const auto document =
      nlohmann::json::parse(written(write_speedscope, {profile_of(41), profile_of(11)}, Combine::kDifference));
  ASSERT_EQ(document["profiles"].size(), 2U);
  EXPECT_EQ(document["profiles"][1]["weights"], nlohmann::json({30}));
  const auto sum = nlohmann::json::parse(written(write_speedscope, {profile_of(41)}, Combine::kSum));
  ASSERT_EQ(sum["profiles"].size(), 1U);
  EXPECT_EQ(sum["profiles"][0]["unit"], "bytes");
  EXPECT_EQ(sum["profiles"][0]["samples"][0].size(), 2U) << "what was inlined has a frame of its own";
}

TEST(StackFiles, FlameGraphIsOneFileThatHoldsNoTextOfTheTargetAsMarkup) {
  const std::string svg = written(write_flame_svg, {profile_of(41)}, Combine::kSum);
  EXPECT_THAT(svg, testing::StartsWith("<svg "));
  EXPECT_THAT(svg, HasSubstr("main.inner[&lt;T>]"));
  EXPECT_THAT(svg, Not(HasSubstr("<T>")));
  EXPECT_THAT(svg, Not(HasSubstr("blue")));
  EXPECT_THAT(svg, Not(HasSubstr("src=")));
  EXPECT_THAT(written(write_flame_svg, {profile_of(41), profile_of(11)}, Combine::kDifference),
              HasSubstr("blue, below: shrank"));
}

}  // namespace
}  // namespace holdfast::formats
