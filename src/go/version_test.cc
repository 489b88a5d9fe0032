#include "go/version.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::go {
namespace {

TEST(GoVersion, ReadsBothFormsOfExperiments) {
  const GoVersion old_form = parse_version("go1.25.12 X:greenteagc,synctest");
  EXPECT_EQ(old_form.minor, 25);
  EXPECT_EQ(old_form.patch, 12);
  EXPECT_TRUE(old_form.green_tea());
  EXPECT_TRUE(old_form.has_experiment("synctest"));
  const GoVersion new_form = parse_version("go1.26.11-X:nogreenteagc");
  EXPECT_EQ(new_form.minor, 26);
  EXPECT_FALSE(new_form.green_tea());
  EXPECT_TRUE(parse_version("go1.26.8").green_tea());
  EXPECT_FALSE(parse_version("go1.25.0").green_tea());
  EXPECT_FALSE(parse_version("go1.24.4 X:noswissmap").swiss_maps());
  EXPECT_EQ(parse_version("devel go1.28-abcdef Tue").minor, 28);
  EXPECT_EQ(parse_version("go1.27rc2").minor, 27);
}

TEST(GoVersion, TellsBehavioursApartAtTheReleaseThatChangedThem) {
  EXPECT_FALSE(parse_version("go1.19").grow_slice_takes_type_last());
  EXPECT_TRUE(parse_version("go1.20").grow_slice_takes_type_last());
  EXPECT_FALSE(parse_version("go1.20.3").limit_headroom_grows());
  EXPECT_TRUE(parse_version("go1.21.0").limit_headroom_grows());
  EXPECT_FALSE(parse_version("go1.26.8").maps_list_strides());
  EXPECT_TRUE(parse_version("go1.27.0").maps_list_strides());
  EXPECT_EQ(parse_version("go1.19.13").wait_reason_numbering(), 0);
  EXPECT_EQ(parse_version("go1.21.0").wait_reason_numbering(), 1);
  EXPECT_EQ(parse_version("go1.22.0").wait_reason_numbering(), 2);
  EXPECT_EQ(parse_version("go1.26.0").wait_reason_numbering(), 6);
  EXPECT_EQ(parse_version("go1.27.0").wait_reason_numbering(), 6);
}

TEST(GoVersion, TakesAReleaseWithoutPatchNumberAsTheFirstAndADevelopmentBuildAsTheLast) {
  EXPECT_TRUE(parse_version("go1.20").is_before_patch(1));
  EXPECT_TRUE(parse_version("go1.22.0").is_before_patch(1));
  EXPECT_FALSE(parse_version("go1.22.1").is_before_patch(1));
  EXPECT_FALSE(parse_version("devel go1.20-abcdef Tue").is_before_patch(1));
  EXPECT_FALSE(parse_version("go1.27rc1").is_before_patch(1));
}

TEST(GoVersion, OfANewerReleaseTheLayoutsOfTheNewestKnownAreUsed) {
  EXPECT_EQ(parse_version("go1.21.4").layout_release(), "go1.21");
  EXPECT_TRUE(parse_version("go1.27.1").known());
  EXPECT_EQ(parse_version("go1.28").layout_release(), "go1.27");
  EXPECT_FALSE(parse_version("go1.28").known());
}

TEST(GoVersion, RefusesWhatIsOlderOrNoVersion) {
  EXPECT_THROW(parse_version("go1.18.10"), Error);
  EXPECT_THROW(parse_version("rustc 1.95"), Error);
  EXPECT_THROW(parse_version("go1.x"), Error);
}

TEST(NamedRelease, IsReadWithOrWithoutPatch) {
  EXPECT_EQ(named_release("1.26").text, "go1.26");
  EXPECT_EQ(named_release("1.26").patch, -1);
  EXPECT_EQ(named_release("go1.26.8").text, "go1.26.8");
  EXPECT_EQ(named_release("1.26.8").minor, 26);
  EXPECT_EQ(named_release("1.26.8").patch, 8);
}

TEST(NamedRelease, OthersAreRefused) {
  for (const char* text :
       {"", "26", "1", "1.", "1.x", "1.26.", "1.26x", "1.26.8.1", "2.26", "1.18", "1.99", "go", "devel"})
    EXPECT_THROW(named_release(text), Error) << text;
}

TEST(NamedRelease, AgreesWithVersionsOfItsMinorAndPatch) {
  const GoVersion version = parse_version("go1.26.8");
  EXPECT_TRUE(version.may_be(named_release("1.26")));
  EXPECT_TRUE(version.may_be(named_release("1.26.8")));
  EXPECT_FALSE(version.may_be(named_release("1.26.7")));
  EXPECT_FALSE(version.may_be(named_release("1.25")));
  EXPECT_TRUE(parse_version("devel go1.26-0123abcd").may_be(named_release("1.26.7")));
}

}  // namespace
}  // namespace holdfast::go
