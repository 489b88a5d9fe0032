#include "view/counter_warnings.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <string>

#include "view/counter_fields.h"

namespace holdfast::view {
namespace {

using heap::CounterId;
using heap::CounterLook;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint64_t kMiB = 1 << 20;

// Nothing of it invites to be misread.
CounterLook plain() {
  CounterLook look;
  look.set(CounterId::kHeapAlloc, 42 * kMiB);
  look.set(CounterId::kHeapInuse, 44 * kMiB);
  look.set(CounterId::kHeapIdle, 10 * kMiB);
  look.set(CounterId::kHeapReleased, 6 * kMiB);
  look.set(CounterId::kHeapSys, 54 * kMiB);
  look.set(CounterId::kSys, 60 * kMiB);
  look.set(CounterId::kLive, 40 * kMiB);
  look.set(CounterId::kNextGC, 80 * kMiB);
  look.set(CounterId::kGCPercent, 100);
  look.set(CounterId::kMemoryLimit, heap::Pace::kNoLimit);
  look.set(CounterId::kCountedForLimit, 54 * kMiB);
  look.set(CounterId::kRss, 56 * kMiB);
  look.set(CounterId::kRssAnonymous, 50 * kMiB);
  look.set(CounterId::kRssFiles, 6 * kMiB);
  return look;
}

struct Case {
  const char* id;
  std::function<void(CounterLook&)> change;
  const char* figures;  // that the sentence must have
};

const Case kCases[] = {
    {"moving",
     [](CounterLook& look) {
       look.of_one_moment = false;
       look.heap_moved = 3 * kMiB;
     },
     "3.0 MiB"},
    {"heap_inuse_is_not_live", [](CounterLook& look) { look.set(CounterId::kHeapInuse, 70 * kMiB); }, "(70.0 MiB)"},
    {"heap_alloc_has_dead_objects",
     [](CounterLook& look) {
       look.set(CounterId::kHeapAlloc, 60 * kMiB);
       look.set(CounterId::kHeapInuse, 61 * kMiB);
     },
     "20.0 MiB beyond the 40.0 MiB"},
    {"free_slots",
     [](CounterLook& look) {
       look.set(CounterId::kHeapInuse, 60 * kMiB);
       look.set(CounterId::kLive, 41 * kMiB);
     },
     "18.0 MiB of heap_inuse (60.0 MiB)"},
    {"sys_is_address_space", [](CounterLook& look) { look.set(CounterId::kSys, 200 * kMiB); }, "sys (200.0 MiB)"},
    {"released_is_in_rss", [](CounterLook& look) { look.set(CounterId::kLazyFree, 9 * kMiB); }, "9.0 MiB of rss"},
    {"idle_is_not_returned", [](CounterLook& look) { look.set(CounterId::kHeapIdle, 36 * kMiB); }, "30.0 MiB of the"},
    {"swapped", [](CounterLook& look) { look.set(CounterId::kSwap, 5 * kMiB); }, "5.0 MiB"},
    {"memory_beside_go",
     [](CounterLook& look) {
       look.set(CounterId::kRss, 90 * kMiB);
       look.set(CounterId::kRssAnonymous, 84 * kMiB);
     },
     "30.0 MiB of rss (90.0 MiB)"},
    {"rss_has_files",
     [](CounterLook& look) {
       look.set(CounterId::kRss, 80 * kMiB);
       look.set(CounterId::kRssFiles, 30 * kMiB);
     },
     "30.0 MiB of rss (80.0 MiB)"},
    {"memory_limit_is_near", [](CounterLook& look) { look.set(CounterId::kMemoryLimit, 56 * kMiB); }, "(56.0 MiB)"},
    {"group_limit_is_near",
     [](CounterLook& look) {
       look.set(CounterId::kGroupLimit, 60 * kMiB);
       look.set(CounterId::kMemoryLimit, 60 * kMiB);
     },
     "(60.0 MiB)"},
    {"collector_knows_no_limit", [](CounterLook& look) { look.set(CounterId::kGroupLimit, 900 * kMiB); },
     "GOMEMLIMIT is not set"},
    {"group_counts_more",
     [](CounterLook& look) {
       look.set(CounterId::kGroupUsage, 300 * kMiB);
       look.set(CounterId::kGroupLimit, 900 * kMiB);
     },
     "has 300.0 MiB"},
    {"collector_is_off", [](CounterLook& look) { look.set(CounterId::kGCPercent, static_cast<std::uint64_t>(-1)); },
     "42.0 MiB"},
    {"collector_is_held_back",
     [](CounterLook& look) {
       look.set(CounterId::kLimiterCycle, 98);
       look.set(CounterId::kNumGC, 100);
     },
     "Collection 98 of 100"},
};

TEST(CounterWarnings, SayNothingOfAPlainProcess) {
  EXPECT_THAT(counter_warnings(plain()), IsEmpty());
  EXPECT_THAT(counter_warnings({}), IsEmpty());
}

TEST(CounterWarnings, SayWhatTheFiguresInviteTo) {
  for (const Case& one : kCases) {
    CounterLook look = plain();
    one.change(look);
    std::string sentence;
    for (const CounterWarning& warning : counter_warnings(look))
      if (warning.id == one.id) sentence = warning.sentence;
    EXPECT_THAT(sentence, HasSubstr(one.figures)) << one.id;
  }
}

TEST(CounterFields, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names, metrics;
  for (const CounterField& field : counter_fields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_TRUE(metrics.insert(field.metric).second) << field.metric;
    EXPECT_EQ(counter_named(field.name), &field);
    EXPECT_FALSE(field.meaning.empty() || field.meaning.ends_with('.')) << field.name;
    EXPECT_EQ(field.only_grows, field.metric.ends_with("_total")) << field.metric;
  }
  EXPECT_EQ(counter_named("rsss"), nullptr);
}

TEST(CounterFields, AreReadByPeople) {
  EXPECT_EQ(counter_text(*counter_named("rss"), std::nullopt), "-");
  EXPECT_EQ(counter_text(*counter_named("rss"), 3 << 20), "3.0 MiB");
  EXPECT_EQ(counter_text(*counter_named("gogc"), -1), "off");
  EXPECT_EQ(counter_text(*counter_named("gogc"), 150), "150 %");
  EXPECT_EQ(counter_text(*counter_named("memory_limit"), static_cast<std::int64_t>(heap::Pace::kNoLimit)), "none");
  EXPECT_EQ(counter_text(*counter_named("last_pause"), 12'300), "12.3 µs");
  EXPECT_EQ(counter_text(*counter_named("gc_cpu_fraction"), 4'500'000), "0.45 %");
  EXPECT_EQ(counter_text(*counter_named("last_gc"), 0), "never");
  EXPECT_EQ(counter_text(*counter_named("collecting"), 1), "yes");
}

}  // namespace
}  // namespace holdfast::view
