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

TEST(GoVersion, RefusesWhatIsOlderOrNoVersion) {
  EXPECT_THROW(parse_version("go1.18.10"), Error);
  EXPECT_THROW(parse_version("rustc 1.95"), Error);
  EXPECT_THROW(parse_version("go1.x"), Error);
}

}  // namespace
}  // namespace holdfast::go
