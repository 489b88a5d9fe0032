#include "profile/change.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "profile/profile_for_tests.h"

namespace holdfast::profile {
namespace {

constexpr std::int64_t kPeriod = 524288, kSize = 1024;

// One site with so many recorded objects of 1 KiB, allocated and in use.
FilteredProfile heap(std::int64_t allocated, std::int64_t in_use, std::int64_t period = kPeriod) {
  ProfileWriter writer;
  for (const char* name : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"})
    writer.sample_type(name, std::string(name).ends_with("space") ? "bytes" : "count");
  writer.period("space", "bytes", period);
  writer.location(1, 0x10, {{writer.function("main.f", "f.go"), 1}});
  const double each = period == 1 ? 1 : 1 / -std::expm1(-static_cast<double>(kSize) / static_cast<double>(period));
  const auto scaled = [&](std::int64_t recorded) { return std::llround(static_cast<double>(recorded) * each); };
  writer.sample({1}, {scaled(allocated), scaled(allocated) * kSize, scaled(in_use), scaled(in_use) * kSize}, kSize);
  return FilteredProfile(std::make_shared<const Profile>(writer.profile()));
}

Change change(FilteredProfile before, FilteredProfile after, std::size_t type) {
  const std::vector<FilteredProfile> both = {std::move(before), std::move(after)};
  const std::vector<Sums> sums = sum_up_apart(both, By::kFunction);
  return Changes(sums[0], sums[1], both[0].profile().sample_types()).of(0, type);
}

TEST(Change, TakesFewSamplesForChance) {
  EXPECT_TRUE(change(heap(10, 10), heap(14, 14), 3).is_noise()) << "4 came: 1 of 16 times all go one way";
  EXPECT_FALSE(change(heap(10, 10), heap(20, 20), 3).is_noise());
  EXPECT_TRUE(change(heap(100, 100), heap(300, 110), 3).is_noise()) << "110 came and 100 went";
  EXPECT_FALSE(change(heap(100, 100), heap(110, 110), 3).is_noise()) << "10 came and none went";
}

TEST(Change, IsAsSureOfCountersAsOfWhatWasRecordedBetween) {
  const Change counter = change(heap(1000, 0), heap(1100, 0), 0);
  EXPECT_EQ(counter.samples, 100U);
  const double error = static_cast<double>(*counter.most - *counter.least) / 2 / 1.96;
  EXPECT_NEAR(error / static_cast<double>(counter.value), 0.1, 0.01) << "the square root of 100 of 100";
}

TEST(Change, IsExactWhereEachObjectIsRecorded) {
  const Change exact = change(heap(10, 10, 1), heap(12, 12, 1), 3);
  EXPECT_EQ(exact.value, 2 * kSize);
  EXPECT_FALSE(exact.least) << "nothing is estimated";
  EXPECT_FALSE(exact.is_noise());
}

TEST(Change, TrustsProfilesOfTwoRunsLess) {
  const Change of_one = change(heap(100, 100), heap(200, 200), 3), of_two = change(heap(300, 100), heap(200, 200), 3);
  EXPECT_EQ(of_one.value, of_two.value);
  EXPECT_GT(*of_two.most - *of_two.least, *of_one.most - *of_one.least);
}

TEST(Change, StaysAtTheLimitOfNumbersThatNoProgramHas) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max(),
                         kLeast = std::numeric_limits<std::int64_t>::min();
  const auto of = [](std::int64_t value) {
    ProfileWriter writer;
    for (const char* name : {"alloc_objects", "alloc_space"}) writer.sample_type(name, "count");
    writer.location(1, 0x10, {{writer.function("main.f", "f.go"), 1}});
    writer.sample({1}, {value, value});
    return FilteredProfile(std::make_shared<const Profile>(writer.profile()));
  };
  EXPECT_EQ(change(of(kMost), of(kMost), 0).value, 0);
  EXPECT_EQ(change(of(kLeast), of(kMost), 0).value, kMost);
  EXPECT_EQ(change(of(kMost), of(kLeast), 0).value, kLeast);
}

TEST(Change, SeesShrinking) {
  const Change shrank = change(heap(100, 100), heap(100, 50), 2);
  EXPECT_LT(*shrank.most, 0);
  EXPECT_FALSE(shrank.is_noise());
}

}  // namespace
}  // namespace holdfast::profile
