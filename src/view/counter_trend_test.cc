#include "view/counter_trend.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace holdfast::view {
namespace {

using heap::CounterId;
using heap::CounterLook;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMiB = 1 << 20;
constexpr int kLooks = 12;

// A healthy program: 40 MiB live, a heap that goes up to the goal and down again, twice in the time.
CounterLook healthy(int i) {
  const auto step = static_cast<std::uint64_t>(i);
  const std::uint64_t alloc = (44 + step % 6 * 6) * kMiB;
  CounterLook look;
  look.at_ns = std::int64_t{1'000'000'000} * (100 + i);
  look.set(CounterId::kHeapAlloc, alloc);
  look.set(CounterId::kHeapInuse, alloc + 4 * kMiB);
  look.set(CounterId::kHeapIdle, 90 * kMiB - alloc);
  look.set(CounterId::kHeapReleased, 4 * kMiB);
  look.set(CounterId::kSys, 110 * kMiB);
  look.set(CounterId::kLive, 40 * kMiB);
  look.set(CounterId::kNextGC, 80 * kMiB);
  look.set(CounterId::kNumGC, 7 + step / 3);
  look.set(CounterId::kGCPercent, 100);
  look.set(CounterId::kGoroutines, 12 + step % 3);
  look.set(CounterId::kRss, 104 * kMiB + step % 2 * kMiB);
  look.set(CounterId::kLazyFree, 0);
  return look;
}

CounterTrend trend_of(const std::function<void(CounterLook&, std::uint64_t)>& change) {
  CounterTrend trend;
  for (int i = 0; i < kLooks; ++i) {
    CounterLook look = healthy(i);
    change(look, static_cast<std::uint64_t>(i));
    trend.add(look);
  }
  return trend;
}

std::vector<std::string> symptoms(const std::function<void(CounterLook&, std::uint64_t)>& change) {
  std::vector<std::string> names;
  for (const TrendFinding& finding : trend_of(change).findings()) names.emplace_back(id_of(finding.symptom));
  return names;
}

TEST(CounterTrend, FindsNothingInASawTooth) {
  EXPECT_THAT(symptoms([](CounterLook&, std::uint64_t) {}), IsEmpty());
}

TEST(CounterTrend, FindsNothingInTwoLooks) {
  CounterTrend trend;
  trend.add(healthy(0));
  CounterLook look = healthy(1);
  look.set(CounterId::kGoroutines, 1'000'000);
  trend.add(look);
  EXPECT_THAT(trend.findings(), IsEmpty());
  EXPECT_THAT(trend.remark(), HasSubstr("three looks"));
}

TEST(CounterTrend, TellsWhatGrowsBesideGo) {
  const auto grow = [](CounterLook& look, std::uint64_t i) {
    look.set(CounterId::kRss, (104 + 3 * i) * kMiB);
    look.set(CounterId::kRssFiles, (10 + 3 * i) * kMiB);
  };
  EXPECT_THAT(symptoms(grow), ElementsAre("rss-grows-heap-flat"));
  const TrendFinding finding = trend_of(grow).findings().front();
  EXPECT_EQ(finding.stage, Stage::kSystem);
  EXPECT_EQ(finding.bytes, 33 * kMiB);
  EXPECT_NEAR(finding.per_second, 3.0 * kMiB, 1);
  EXPECT_THAT(finding.because, HasSubstr("from 104.0 MiB to 137.0 MiB, 3.0 MiB a second"));
  EXPECT_THAT(finding.because, HasSubstr("33.0 MiB pages of files"));
}

TEST(CounterTrend, TellsMallocFromOtherMemory) {
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t i) {
                look.set(CounterId::kRss, (104 + 3 * i) * kMiB);
                look.set(CounterId::kCHeapUsed, (8 + 2 * i) * kMiB);
                look.set(CounterId::kCHeapFree, i * kMiB);
              }),
              ElementsAre("rss-grows-heap-flat", "c-grows"));
}

TEST(CounterTrend, DoesNotWaitForMallocAtEachLook) {
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t i) {
                look.set(CounterId::kRss, (104 + 3 * i) * kMiB);
                look.walked_at_ns = static_cast<std::int64_t>(1 + i / 5);  // the last one was at look 10
                if (i > 10) return;
                look.set(CounterId::kCHeapUsed, (8 + 3 * (i / 5 * 5)) * kMiB);
                look.set(CounterId::kCHeapFree, 0);
              }),
              ElementsAre("rss-grows-heap-flat", "c-grows"));
}

TEST(CounterTrend, DoesNotTakeAHeapThatIsTouchedForOtherMemory) {
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t i) {
                look.set(CounterId::kRss, (20 + 5 * i) * kMiB);
                look.set(CounterId::kHeapInuse, (16 + 5 * i) * kMiB);
                look.set(CounterId::kHeapAlloc, (12 + 5 * i) * kMiB);
                look.set(CounterId::kLive, 12 * kMiB);
              }),
              IsEmpty());
}

TEST(CounterTrend, LooksAtWhatLivesFromCollectionToCollection) {
  const auto grow = [](CounterLook& look, std::uint64_t i) { look.set(CounterId::kLive, (30 + i / 3 * 8) * kMiB); };
  EXPECT_THAT(symptoms(grow), ElementsAre("live-grows"));
  const CounterGrowth live = trend_of(grow).live_by_collection();
  EXPECT_EQ(live.points, 4U);
  EXPECT_EQ(live.change(), static_cast<std::int64_t>(24 * kMiB));
  // While a collection is under way the figure is being counted.
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t i) {
                look.set(CounterId::kMarking, i % 3 == 0);
                if (i % 3 == 0) look.set(CounterId::kLive, i * 9 * kMiB);
              }),
              IsEmpty());
}

TEST(CounterTrend, SaysWhenThereWereTooFewCollections) {
  EXPECT_THAT(trend_of([](CounterLook& look, std::uint64_t) { look.set(CounterId::kNumGC, 3); }).remark(),
              HasSubstr("1 collection seen"));
}

TEST(CounterTrend, TellsGarbageFromWhatLives) {
  const auto grow = [](CounterLook& look, std::uint64_t i) {
    look.set(CounterId::kHeapAlloc, (44 + 6 * i) * kMiB);
    look.set(CounterId::kHeapInuse, (46 + 6 * i) * kMiB);
    look.set(CounterId::kHeapIdle, 8 * kMiB);
    look.set(CounterId::kNumGC, 7);
  };
  EXPECT_THAT(symptoms([&](CounterLook& look, std::uint64_t i) {
                grow(look, i);
                look.set(CounterId::kGCPercent, static_cast<std::uint64_t>(-1));
              }),
              ElementsAre("garbage-grows"));
  EXPECT_THAT(symptoms([&](CounterLook& look, std::uint64_t i) {
                grow(look, i);
                look.set(CounterId::kGCPercent, 400);
              }),
              ElementsAre("garbage-grows"));
  EXPECT_THAT(symptoms([&](CounterLook& look, std::uint64_t i) {
                grow(look, i);
                look.set(CounterId::kNextGC, 50 * kMiB);
              }),
              ElementsAre("garbage-grows"))
      << "it is beyond its goal";
  EXPECT_THAT(symptoms([&](CounterLook& look, std::uint64_t i) {
                grow(look, i);
                look.set(CounterId::kNextGC, 400 * kMiB);
              }),
              IsEmpty())
      << "it is on its way to the goal";
}

TEST(CounterTrend, CountsGoroutines) {
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t i) { look.set(CounterId::kGoroutines, 20 + 40 * i); }),
              ElementsAre("goroutines-grow"));
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t i) { look.set(CounterId::kGoroutines, 20 + 2 * i); }),
              IsEmpty());
}

TEST(CounterTrend, SeesFreeHeapThatStays) {
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t) {
                look.set(CounterId::kHeapIdle, 200 * kMiB);
                look.set(CounterId::kRss, 280 * kMiB);
              }),
              ElementsAre("released-not-returned"));
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t) { look.set(CounterId::kLazyFree, 60 * kMiB); }),
              ElementsAre("released-not-returned"));
}

TEST(CounterTrend, SeesSpansWithLittleInThem) {
  EXPECT_THAT(symptoms([](CounterLook& look, std::uint64_t) {
                look.set(CounterId::kHeapInuse, 90 * kMiB);
                look.set(CounterId::kHeapIdle, 8 * kMiB);
                look.set(CounterId::kHeapAlloc, 42 * kMiB);
              }),
              ElementsAre("fragmentation"));
}

TEST(CounterTrend, KeepsItsMemoryBounded) {
  CounterTrend trend;
  for (int i = 0; i < 20'000; ++i) trend.add(healthy(i));
  EXPECT_EQ(trend.count(), 20'000U);
  EXPECT_LT(trend.looks().size(), 4096U);
  EXPECT_GT(trend.looks().size(), 1000U);
  EXPECT_EQ(trend.looks().front().at_ns, healthy(0).at_ns);
  EXPECT_TRUE(std::ranges::is_sorted(trend.looks(), {}, &CounterLook::at_ns));
}

TEST(CounterTrend, SurvivesLooksThatKnowNothing) {
  CounterTrend trend;
  for (int i = 0; i < 5; ++i) trend.add({});
  EXPECT_THAT(trend.findings(), IsEmpty());
  EXPECT_EQ(trend.growth(CounterId::kRss).points, 0U);
}

TEST(Sparkline, ShowsTheWay) {
  EXPECT_EQ(sparkline({0, 10, 20, 70}, 10), "▁▂▃█");
  EXPECT_EQ(sparkline({0, 10, 20, 70}, 2), "▁█");
  EXPECT_EQ(sparkline({5, std::nullopt, 5}, 10), "▁ ▁");
  EXPECT_EQ(sparkline({}, 10), "");
  EXPECT_EQ(sparkline({1, 2}, 0), "");
}

}  // namespace
}  // namespace holdfast::view
