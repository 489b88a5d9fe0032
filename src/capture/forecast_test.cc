#include "capture/forecast.h"

#include <gtest/gtest.h>

namespace holdfast::capture {
namespace {

Effort small() {
  return {.bytes = 1 << 20,
          .record_bytes = 64 << 10,
          .objects = 1000,
          .pointerful = 600,
          .references = 900,
          .goroutines = 4,
          .threads = 5,
          .modules = 1,
          .opened_rss = 20 << 20,
          .records_ms = 2,
          .ms_per_byte = 1e-6};
}

// What the pause is longer by when one thing is more.
template <class Member>
double longer(Member Effort::*member, Member more) {
  Effort effort = small();
  const double before = foretold_pause_ms(effort);
  effort.*member += more;
  return foretold_pause_ms(effort) - before;
}

// How much more memory is needed when there is more of one thing.
template <class Member>
std::uint64_t larger(Member Effort::*member, Member more) {
  Effort effort = small();
  const std::uint64_t before = foretold_memory(effort);
  effort.*member += more;
  return foretold_memory(effort) - before;
}

TEST(Forecast, ThePauseIsThatOfThreadsRecordsAndBytes) {
  EXPECT_NEAR(foretold_pause_ms({}), 0.3, 1e-9);
  EXPECT_NEAR(longer(&Effort::threads, 1000U), 10, 1e-6);
  EXPECT_NEAR(longer(&Effort::records_ms, 7.0), 7, 1e-6);
  EXPECT_NEAR(longer(&Effort::bytes, std::uint64_t{1000000}), 1, 1e-6);
  EXPECT_NEAR(longer(&Effort::ms_per_byte, 1e-6), 1.048576, 1e-6);
}

// Time goes by what has to be copied and read. What is made of it afterwards does not hold up the target.
TEST(Forecast, ThePauseDoesNotGoByWhatIsDoneAfterwards) {
  EXPECT_EQ(longer(&Effort::objects, std::uint64_t{1} << 30), 0);
  EXPECT_EQ(longer(&Effort::references, std::uint64_t{1} << 30), 0);
  EXPECT_EQ(longer(&Effort::goroutines, 1U << 20), 0);
  EXPECT_EQ(longer(&Effort::opened_rss, std::uint64_t{1} << 30), 0);
}

TEST(Forecast, ASecondReaderHelpsWithLargeCopiesOnly) {
  Effort effort = small();
  const double alone = foretold_pause_ms(effort);
  effort.readers = 2;
  EXPECT_EQ(foretold_pause_ms(effort), alone);
  effort.bytes = 115'000'000;
  EXPECT_NEAR(foretold_pause_ms(effort), 0.3 + 0.05 + 2 + 100, 1e-6);
  effort.readers = 1;
  EXPECT_NEAR(foretold_pause_ms(effort), 0.3 + 0.05 + 2 + 115, 1e-6);
}

TEST(Forecast, MemoryIsTheCopyAndWhatIsMadeOfIt) {
  EXPECT_EQ(foretold_memory({}), 0U);
  EXPECT_EQ(larger(&Effort::opened_rss, std::uint64_t{1000}), 1000U);
  EXPECT_EQ(larger(&Effort::bytes, std::uint64_t{1000}), 1000U);
  EXPECT_EQ(larger(&Effort::record_bytes, std::uint64_t{1000}), 1000U);
  EXPECT_EQ(larger(&Effort::content_bytes, std::uint64_t{1000}), 1000U);
  EXPECT_EQ(larger(&Effort::deep_stack_bytes, std::uint64_t{1000}), 6000U);
  EXPECT_EQ(larger(&Effort::goroutines, 1000U), 512000U);
  EXPECT_EQ(larger(&Effort::objects, std::uint64_t{1000}), 12000U);
  EXPECT_EQ(larger(&Effort::pointerful, std::uint64_t{1000}), 14000U);
  EXPECT_EQ(larger(&Effort::references, std::uint64_t{1000}), 14000U);
  EXPECT_EQ(larger(&Effort::modules, std::size_t{1}), std::uint64_t{6} << 20);
  EXPECT_EQ(larger(&Effort::threads, 1000U), 0U);
}

}  // namespace
}  // namespace holdfast::capture
