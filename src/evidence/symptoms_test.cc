#include "evidence/symptoms.h"

#include <gmock/gmock.h>

#include <functional>

namespace holdfast::evidence {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// A service that is well: 40 MiB of the Go heap, 20 MiB of which live, and 20 MiB beside it.
Look healthy() {
  Look look;
  look.account.known = true;
  look.account.live = look.live = 20 * kMiB;
  look.account.garbage = look.garbage = 12 * kMiB;
  look.account.free = 8 * kMiB;
  look.account.free_pages = 6 * kMiB;
  look.account.stacks = kMiB;
  look.account.runtime = 3 * kMiB;
  look.account.files = 14 * kMiB;
  look.account.c_heap = 2 * kMiB;
  look.account.rss = 60 * kMiB;
  look.account.next_gc = 41 * kMiB;
  look.pace.known = true;
  look.pace.gc_percent = 100;
  look.goroutines = 40;
  look.spans_in_use = 34 * kMiB;
  look.objects_in_spans = 32 * kMiB;
  look.profiled = heap::EstimatedNumber{24 * kMiB, 16 * kMiB, 36 * kMiB};
  look.is_profiling = true;
  look.profile_rate = 512 * 1024;
  look.at_ns = 1'000'000'000;
  return look;
}

std::vector<std::string> there(const std::vector<SymptomRow>& rows) {
  std::vector<std::string> out;
  for (const SymptomRow& row : rows)
    if (row.presence >= Presence::kPresent) out.push_back(std::string(id_of(row.symptom)));
  return out;
}

std::vector<SymptomRow> after(const std::function<void(Look&)>& change) {
  const Look before = healthy();
  Look now = healthy();
  now.at_ns += 60'000'000'000;
  change(now);
  return judge({.now = &now, .before = &before});
}

TEST(Symptoms, AServiceThatIsWellHasNone) {
  const auto rows = after([](Look&) {});
  EXPECT_EQ(rows.size(), view::kSymptoms);
  EXPECT_THAT(there(rows), IsEmpty());
}

// What ordinary collections and caches do between two looks.
TEST(Symptoms, APhaseOfTheCollectorIsNone) {
  EXPECT_THAT(there(after([](Look& look) {
                look.account.garbage += 3 * kMiB;
                look.garbage += 3 * kMiB;
                look.account.rss += 3 * kMiB;
              })),
              IsEmpty());
  EXPECT_THAT(there(after([](Look& look) {
                look.account.live += kMiB;
                look.live += kMiB;
              })),
              IsEmpty());
  EXPECT_THAT(there(after([](Look& look) { look.goroutines += 30; })), IsEmpty());
}

TEST(Symptoms, MappingsThatGrowAreNoHeap) {
  const auto rows = after([](Look& look) {
    look.account.mappings += 50 * kMiB;
    look.account.rss += 50 * kMiB;
  });
  ASSERT_THAT(there(rows), ElementsAre("rss-grows-heap-flat"));
  EXPECT_EQ(rows[0].presence, Presence::kGrows);
  EXPECT_EQ(rows[0].stage, Stage::kSystem);
  EXPECT_EQ(rows[0].grown, 50 * kMiB);
  EXPECT_EQ(rows[0].cause, "what grows is mappings");
}

// Both are true; that the C heap grows says why the RSS does.
TEST(Symptoms, TheCauseComesFirst) {
  EXPECT_THAT(there(after([](Look& look) {
                look.account.c_heap += 50 * kMiB;
                look.account.rss += 50 * kMiB;
              })),
              ElementsAre("c-grows", "rss-grows-heap-flat"));
  EXPECT_THAT(there(after([](Look& look) {
                look.account.stacks += 50 * kMiB;
                look.account.rss += 50 * kMiB;
                look.goroutines += 5000;
              })),
              ElementsAre("goroutines-grow", "rss-grows-heap-flat"));
}

TEST(Symptoms, WhatLivesIsToldByTheGraph) {
  const auto rows = after([](Look& look) {
    look.account.live += 60 * kMiB;
    look.live += 60 * kMiB;
    look.account.rss += 60 * kMiB;
    look.profiled = heap::EstimatedNumber{80 * kMiB, 64 * kMiB, 98 * kMiB};
  });
  ASSERT_THAT(there(rows), ElementsAre("live-grows"));
  EXPECT_EQ(rows[0].stage, Stage::kSurvival);
  EXPECT_EQ(rows[0].bytes, 80 * kMiB);
  EXPECT_THAT(rows[0].evidence.front(), HasSubstr("grew by 60.0 MiB, from 20.0 MiB to 80.0 MiB in 1 min"));
}

// Memory that was allocated and never written to is not resident, and alive.
TEST(Symptoms, WhatIsNotInMemoryGrowsToo) {
  const auto rows = after([](Look& look) {
    look.live += 60 * kMiB;
    look.profiled = heap::EstimatedNumber{80 * kMiB, 64 * kMiB, 98 * kMiB};
  });
  ASSERT_THAT(there(rows), ElementsAre("live-grows"));
  EXPECT_EQ(rows[0].bytes, 80 * kMiB);
}

TEST(Symptoms, GarbageIsBlamedOnTheCollectorOnlyIfItIsToldToWait) {
  const auto grow = [](Look& look) {
    look.account.garbage += 60 * kMiB;
    look.garbage += 60 * kMiB;
    look.account.rss += 60 * kMiB;
  };
  const auto usual = after(grow);
  ASSERT_THAT(there(usual), ElementsAre("garbage-grows", "heap-grows-profile-flat"));
  EXPECT_EQ(usual[0].stage, Stage::kAllocation);
  for (const std::int64_t percent : {-1, 400}) {
    const auto rows = after([&](Look& look) {
      grow(look);
      look.pace.gc_percent = percent;
    });
    ASSERT_THAT(there(rows), ElementsAre("garbage-grows", "heap-grows-profile-flat"));
    EXPECT_EQ(rows[0].stage, Stage::kCollection);
  }
}

TEST(Symptoms, AProfilerThatIsOffSaysNothingOfWhatComes) {
  const auto rows = after([](Look& look) {
    look.account.live += 60 * kMiB;
    look.live += 60 * kMiB;
    look.account.rss += 60 * kMiB;
    look.is_profiling = false;
  });
  ASSERT_THAT(there(rows), ElementsAre("live-grows", "heap-grows-profile-flat"));
  EXPECT_EQ(rows[1].cause, "the profiler is off, so what is allocated now is not recorded");
}

TEST(Symptoms, GoroutinesThatCanNeverGoOnAreToldByOneLook) {
  Look now = healthy();
  now.goroutines = 700;
  now.leaked = 600;
  now.leaked_bytes = 40 * kMiB;
  now.account.free_pages += 100 * kMiB;  // which time heals
  now.garbage += 100 * kMiB;             // and this, too
  const auto rows = judge({.now = &now});
  EXPECT_THAT(there(rows),
              ElementsAre("goroutines-grow", "garbage-grows", "heap-grows-profile-flat", "released-not-returned"));
  EXPECT_EQ(rows[0].presence, Presence::kPresent);
  EXPECT_THAT(rows[0].evidence.back(), HasSubstr("600 of them can never go on, and alone hold 40.0 MiB"));
}

TEST(Symptoms, FreeMemoryThatStays) {
  const auto rows = after([](Look& look) {
    look.account.free += 60 * kMiB;
    look.account.free_pages += 60 * kMiB;
    look.account.rss += 60 * kMiB;
  });
  ASSERT_THAT(there(rows), ElementsAre("released-not-returned"));
  EXPECT_EQ(rows[0].presence, Presence::kGrows);
  EXPECT_EQ(rows[0].stage, Stage::kSystem);
}

TEST(Symptoms, RoomUpToTheNextCollectionIsNone) {
  EXPECT_THAT(there(after([](Look& look) {
                look.account.free += 60 * kMiB;
                look.account.free_pages += 60 * kMiB;
                look.account.rss += 60 * kMiB;
                look.account.next_gc = 120 * kMiB;
              })),
              IsEmpty());
}

TEST(Symptoms, SpansThatFewObjectsKeep) {
  const auto rows = after([](Look& look) {
    look.spans_in_use += 60 * kMiB;
    look.account.free += 60 * kMiB;
    look.account.rss += 60 * kMiB;
  });
  ASSERT_THAT(there(rows), ElementsAre("fragmentation"));
  EXPECT_EQ(rows[0].grown, 60 * kMiB);
}

TEST(Symptoms, OneLookDoesNotTellGrowth) {
  const Look now = healthy();
  for (const SymptomRow& row : judge({.now = &now}))
    EXPECT_EQ(row.presence, row.symptom == Symptom::kLiveGrows || row.symptom == Symptom::kGoroutinesGrow
                                ? Presence::kUnknown
                                : Presence::kAbsent)
        << id_of(row.symptom);
}

TEST(Symptoms, TheCollectorsOwnLinesTellGrowth) {
  const Look now = healthy();
  const auto presence = [&](std::vector<std::uint64_t> live) {
    collector::Series series;
    for (const std::uint64_t mib : live) {
      collector::Cycle& cycle = series.cycles.emplace_back();
      cycle.number = series.cycles.size();
      cycle.since_start = cycle.number * 1'000'000'000;
      cycle.live = mib * kMiB;
    }
    const CollectorEvidence evidence{"gctrace.txt", collector::trend_of(series)};
    const auto rows = judge({.now = &now, .collector = &evidence});
    return std::ranges::find(rows, Symptom::kLiveGrows, &SymptomRow::symptom)->presence;
  };
  EXPECT_EQ(presence({4, 6, 9, 14, 18, 22, 27, 31, 36}), Presence::kGrows);
  EXPECT_EQ(presence({4, 20, 20, 21, 20, 20, 21, 20, 20}), Presence::kAbsent) << "it was only warm by then";
  EXPECT_EQ(presence({20, 30, 20, 30, 20, 30, 20, 30, 20}), Presence::kAbsent);
  EXPECT_EQ(presence({4, 30, 60}), Presence::kUnknown) << "three say nothing";
}

// Looks at counters, one each second: goroutines go from 100 on by so many, and the RSS stays.
view::CounterTrend watched(std::uint64_t goroutines_more) {
  view::CounterTrend trend;
  for (std::uint64_t i = 0; i < 10; ++i) {
    heap::CounterLook look;
    look.at_ns = static_cast<std::int64_t>(i * 1'000'000'000);
    look.set(heap::CounterId::kGoroutines, 100 + i * goroutines_more);
    look.set(heap::CounterId::kRss, 60 * kMiB);
    trend.add(look);
  }
  return trend;
}

TEST(Symptoms, CountersThatWereWatchedTellGrowthWithoutAnEarlierLook) {
  Look now = healthy();
  for (const std::uint64_t more : {0, 300}) {
    const view::CounterTrend trend = watched(more);
    const auto rows = judge({.now = &now, .watched = &trend});
    const SymptomRow& goroutines = *std::ranges::find(rows, Symptom::kGoroutinesGrow, &SymptomRow::symptom);
    EXPECT_EQ(goroutines.presence, more > 0 ? Presence::kGrows : Presence::kAbsent);
    EXPECT_THAT(goroutines.evidence.front(),
                HasSubstr(more > 0 ? "goroutines went from 100 to 2,800" : "did not grow"));
    const SymptomRow& live = *std::ranges::find(rows, Symptom::kLiveGrows, &SymptomRow::symptom);
    EXPECT_EQ(live.presence, Presence::kUnknown) << "no collection was seen";
  }
}

TEST(Symptoms, WithoutAnAccountNothingIsSaidOfIt) {
  Look now = healthy();
  now.account = {};
  for (const SymptomRow& row : judge({.now = &now})) {
    if (row.symptom == Symptom::kRssGrowsHeapFlat || row.symptom == Symptom::kCGrows) {
      EXPECT_EQ(row.presence, Presence::kUnknown);
    }
  }
}

}  // namespace
}  // namespace holdfast::evidence
