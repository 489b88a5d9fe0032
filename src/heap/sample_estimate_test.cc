#include "heap/sample_estimate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace holdfast::heap {
namespace {

constexpr std::uint64_t kRate = 4096;

TEST(SampleEstimate, ObjectsThatAreAllSampledAreKnownExactly) {
  SampleEstimate sum(1);
  EXPECT_EQ(sum.bytes(), (EstimatedNumber{0, 0, 0}));
  for (int i = 0; i < 5; ++i) sum.add(64);
  EXPECT_EQ(sum.objects(), (EstimatedNumber{5, 5, 5}));
  EXPECT_EQ(sum.bytes(), (EstimatedNumber{320, 320, 320}));
}

// The limits of Poisson's distribution are chi2(.025, 2n) / 2 and chi2(.975, 2n + 2) / 2.
TEST(SampleEstimate, OfFewSmallObjectsHasTheExactLimits) {
  constexpr struct {
    std::uint64_t samples;
    double least, most;
  } kLimits[] = {
      {0, 0, 3.6889}, {1, 0.0253, 5.5716}, {3, 0.6187, 8.7673}, {9, 4.1154, 17.0848}, {150, 126.955, 176.02}};
  constexpr std::uint64_t kLarge = 1 << 20;  // beside which objects of 8 bytes are small
  for (const auto& limit : kLimits) {
    SampleEstimate sum(kLarge);
    for (std::uint64_t i = 0; i < limit.samples; ++i) sum.add(8);
    EXPECT_EQ(sum.samples(), limit.samples);
    EXPECT_NEAR(static_cast<double>(sum.bytes().least) / kLarge, limit.least, 0.002) << limit.samples;
    EXPECT_NEAR(static_cast<double>(sum.bytes().most) / kLarge, limit.most, 0.02) << limit.samples;
  }
}

TEST(SampleEstimate, LargeObjectsAreCertain) {
  SampleEstimate sum(kRate);
  for (int i = 0; i < 100; ++i) sum.add(1 << 20);
  EXPECT_EQ(sum.bytes().value, 100U << 20);
  EXPECT_EQ(sum.bytes().least, 100U << 20);
  EXPECT_LT(sum.bytes().most, (100U << 20) + 4 * kRate);
  EXPECT_EQ(sum.objects(), (EstimatedNumber{100, 100, 100}));
}

TEST(SampleEstimate, OfADamagedSizeIsANumber) {
  SampleEstimate sum(kRate);
  sum.add(0);
  sum.add(~std::uint64_t{0});
  EXPECT_GE(sum.bytes().most, sum.bytes().least);
}

struct Coverage {
  double bytes = 0, objects = 0;  // shares of the runs whose interval has the truth
};

// Objects of these sizes are sampled as the runtime does it. Runs without a sample count as well.
Coverage coverage(const std::vector<std::uint64_t>& sizes) {
  constexpr int kRuns = 2000;
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> uniform;
  std::uint64_t bytes = 0;
  for (const std::uint64_t size : sizes) bytes += size;
  const auto covers = [](const EstimatedNumber& number, std::uint64_t truth) {
    return number.least <= truth && truth <= number.most;
  };
  Coverage found;
  for (int run = 0; run < kRuns; ++run) {
    SampleEstimate sum(kRate);
    for (const std::uint64_t size : sizes)
      if (uniform(random) < sampling_probability(size, kRate)) sum.add(size);
    found.bytes += covers(sum.bytes(), bytes) ? 1.0 / kRuns : 0;
    found.objects += covers(sum.objects(), sizes.size()) ? 1.0 / kRuns : 0;
  }
  return found;
}

TEST(SampleEstimate, IntervalsHaveTheTruthInNineteenOfTwentyCases) {
  constexpr double kLeast = 0.945;  // of 2,000 runs, a standard deviation below 0.95
  for (const std::size_t count : {150U, 700U, 2000U, 8000U}) {
    const Coverage found = coverage(std::vector<std::uint64_t>(count, 128));
    EXPECT_GE(found.bytes, kLeast) << count;
    EXPECT_GE(found.objects, kLeast) << count;
  }
  EXPECT_GE(coverage({16}).bytes, kLeast) << "hardly ever sampled";
  EXPECT_GE(coverage(std::vector<std::uint64_t>(40, 4096)).bytes, kLeast) << "as large as the rate";
  EXPECT_GE(coverage(std::vector<std::uint64_t>(40, 4096)).objects, kLeast);
  std::vector<std::uint64_t> mixed(1000, 64);
  mixed.insert(mixed.end(), 200, 1024);
  mixed.insert(mixed.end(), 20, 8192);
  mixed.insert(mixed.end(), 5, 1 << 20);
  EXPECT_GE(coverage(mixed).bytes, kLeast);
}

TEST(SampleEstimate, IntervalsAreNoWiderThanTheyMust) {
  const Coverage found = coverage(std::vector<std::uint64_t>(8000, 128));
  EXPECT_LE(found.bytes, 0.97);
  EXPECT_LE(found.objects, 0.97);
}

}  // namespace
}  // namespace holdfast::heap
