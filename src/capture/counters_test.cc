#include "capture/counters.h"

#include <gmock/gmock.h>

namespace holdfast::capture {
namespace {

TEST(Counters, MayDifferByWhatWasInFlightOnly) {
  EXPECT_FALSE(compare("HeapObjects", 330, 165, 165).must_match);
  EXPECT_FALSE(compare("HeapObjects", 165, 330, 165).must_match);
  EXPECT_THAT(compare("HeapObjects", 165, 330, 165).note, testing::HasSubstr("165"));
  EXPECT_TRUE(compare("HeapObjects", 331, 165, 165).must_match);
  EXPECT_TRUE(compare("HeapObjects", 165, 331, 165).must_match);
  EXPECT_TRUE(compare("HeapObjects", 166, 165, 0).must_match);
  EXPECT_TRUE(compare("HeapObjects", 165, 165, 165).must_match);
  EXPECT_EQ(compare("HeapObjects", 165, 165, 165).note, "");
}

}  // namespace
}  // namespace holdfast::capture
