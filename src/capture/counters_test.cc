#include "capture/counters.h"

#include <gmock/gmock.h>

namespace holdfast::capture {
namespace {

using heap::CounterRule;

TEST(Counters, MayDifferByWhatWasInFlightOnly) {
  EXPECT_EQ(compare("HeapObjects", 330, 165, 165).rule, CounterRule::kInFlight);
  EXPECT_EQ(compare("HeapObjects", 165, 330, 165).rule, CounterRule::kInFlight);
  EXPECT_EQ(compare("HeapObjects", 165, 330, 165).in_flight, 165U);
  EXPECT_EQ(compare("HeapObjects", 331, 165, 165).rule, CounterRule::kMustMatch);
  EXPECT_EQ(compare("HeapObjects", 165, 331, 165).rule, CounterRule::kMustMatch);
  EXPECT_EQ(compare("HeapObjects", 166, 165, 0).rule, CounterRule::kMustMatch);
  EXPECT_EQ(compare("HeapObjects", 165, 165, 165).rule, CounterRule::kMustMatch);
  EXPECT_EQ(compare("HeapObjects", 165, 165, 165).in_flight, 0U);
}

}  // namespace
}  // namespace holdfast::capture
