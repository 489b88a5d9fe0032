#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::kSecond;
using detect::testing::report_of;
using heap::testing::HeapBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using view::Report;

// Of a program with a limit of 80 MiB, for which `counted` bytes count.
Report report_of_limited(std::uint64_t counted) {
  HeapBuilder heap;
  add_ballast(heap);
  heap::Pace& pace = heap.snapshot().pace;
  pace.known = true;
  pace.memory_limit = 80 << 20;
  pace.counted = counted;
  pace.processors = 2;
  pace.recent_intervals = 75;
  pace.recent_ns = 10 * kSecond;
  pace.last_cycle_ns = 100'000'000;
  pace.last_work_ns = 90'000'000;
  return report_of(heap.build());
}

TEST(MemoryLimit, IsWhatTheCollectorWorksAgainst) {
  const Report report = report_of_limited(79 << 20);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings[0].id, "memory-limit");
  EXPECT_EQ(report.findings[0].title.full, "the collector works against the memory limit of 80.0 MiB");
  EXPECT_EQ(report.findings[0].because.full,
            "79.0 MiB count for the limit; 7.5 collections a second, and the last one took 45 % of all processor time "
            "since the one before");
  EXPECT_EQ(report.findings[0].bytes, 79U << 20);
}

TEST(MemoryLimit, IsLeftAloneWhileItIsFarAway) {
  EXPECT_THAT(report_of_limited(40 << 20).findings, IsEmpty());
}

}  // namespace
}  // namespace holdfast::detect
