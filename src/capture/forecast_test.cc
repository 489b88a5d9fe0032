#include "capture/forecast.h"

#include <gtest/gtest.h>

#include "go/heap_model.h"

namespace holdfast::capture {
namespace {

Effort small() {
  return {.bytes = 1 << 20,
          .record_bytes = 64 << 10,
          .graph = {1000, 600, 900, 300},
          .goroutines = 4,
          .threads = 5,
          .modules = 1,
          .opened_rss = 20 << 20,
          .records_ms = 2,
          .ms_per_byte = 1e-6};
}

void add(auto& member, const auto& more) {
  member += more;
}
void add(GraphSize& graph, const GraphSize& more) {
  graph.objects += more.objects;
  graph.pointerful += more.pointerful;
  graph.references += more.references;
  graph.repeated += more.repeated;
}

// What the pause is longer by when one thing is more.
template <class Member>
double longer(Member Effort::*member, Member more) {
  Effort effort = small();
  const double before = foretell_pause(effort).alone_ms;
  add(effort.*member, more);
  return foretell_pause(effort).alone_ms - before;
}

// With the margin for what is only an estimate.
std::uint64_t and_margin(std::uint64_t bytes) {
  return bytes + bytes / 20;
}

// How much more memory is needed when there is more of one thing.
template <class Member>
std::uint64_t larger(Member Effort::*member, Member more) {
  Effort effort = small();
  const std::uint64_t before = foretold_memory(effort);
  add(effort.*member, more);
  return foretold_memory(effort) - before;
}

TEST(Forecast, ThePauseIsThatOfThreadsRecordsAndBytes) {
  EXPECT_NEAR(foretell_pause({}).alone_ms, 0.3, 1e-9);
  EXPECT_NEAR(longer(&Effort::threads, 1000U), 10, 1e-6);
  EXPECT_NEAR(longer(&Effort::records_ms, 7.0), 7, 1e-6);
  EXPECT_NEAR(longer(&Effort::bytes, std::uint64_t{1000000}), 1, 1e-6);
  EXPECT_NEAR(longer(&Effort::ms_per_byte, 1e-6), 1.048576, 1e-6);
}

// Time goes by what has to be copied and read. What is made of it afterwards does not hold up the target.
TEST(Forecast, ThePauseDoesNotGoByWhatIsDoneAfterwards) {
  EXPECT_EQ(longer(&Effort::graph, GraphSize{1000000000, 1000000000, 1000000000, 1000000000}), 0);
  EXPECT_EQ(longer(&Effort::goroutines, 1U << 20), 0);
  EXPECT_EQ(longer(&Effort::opened_rss, std::uint64_t{1} << 30), 0);
}

TEST(Forecast, ASecondReaderHelpsWithLargeCopiesOnly) {
  Effort effort = small();
  const double alone = foretell_pause(effort).alone_ms;
  effort.readers = 2;
  EXPECT_EQ(foretell_pause(effort).alone_ms, alone);
  effort.bytes = 115'000'000;
  EXPECT_NEAR(foretell_pause(effort).alone_ms, 0.3 + 0.05 + 2 + 100, 1e-6);
  effort.readers = 1;
  EXPECT_NEAR(foretell_pause(effort).alone_ms, 0.3 + 0.05 + 2 + 115, 1e-6);
}

constexpr std::uint64_t kMega = 1000000;

// Whoever wants the processors besides delays each thread that is to stop, and the copy.
TEST(Forecast, ThePauseIsLongerOnABusyMachine) {
  Effort effort = small();
  effort.load = {2, 2};
  const PauseForecast idle = foretell_pause(effort);
  EXPECT_NEAR(idle.least_ms, idle.alone_ms / 2, 1e-9);
  EXPECT_NEAR(idle.most_ms, 2 + idle.alone_ms * 1.5, 1e-9);
  effort.load = {12, 2};
  const PauseForecast busy = foretell_pause(effort);
  EXPECT_EQ(busy.alone_ms, idle.alone_ms);
  EXPECT_EQ(busy.least_ms, idle.least_ms);
  EXPECT_NEAR(busy.most_ms - idle.most_ms, 5 * 9 + 2.5 * idle.alone_ms, 1e-9);
  effort.load = {12, 16};
  EXPECT_EQ(foretell_pause(effort).most_ms, idle.most_ms);
}

TEST(Forecast, SomeMemoryIsTakenWhateverTheHeapIs) {
  EXPECT_EQ(larger(&Effort::opened_rss, std::uint64_t{1000}), 1000U);
  EXPECT_EQ(larger(&Effort::content_bytes, std::uint64_t{1000}), 1000U);
  EXPECT_EQ(larger(&Effort::deep_stack_bytes, std::uint64_t{1000}), 6000U);
  EXPECT_EQ(larger(&Effort::goroutines, 1000U), 512000U);
  EXPECT_EQ(larger(&Effort::modules, std::size_t{1}), std::uint64_t{6} << 20);
  EXPECT_EQ(larger(&Effort::spans, std::uint64_t{1000}), 2000 * sizeof(go::MSpan));
  EXPECT_EQ(larger(&Effort::threads, 1000U), 0U);
}

// Where there are hardly any objects, nothing is larger than the copy and the room for what fills until the stop.
TEST(Forecast, MemoryOfFewObjectsIsTheCopy) {
  Effort effort = small();
  effort.bytes = 320 * kMega;
  const std::uint64_t before = foretold_memory(effort);
  effort.bytes += 16 * kMega;
  EXPECT_EQ(foretold_memory(effort) - before, and_margin(17 * kMega));
  effort.record_bytes += 16 * kMega;
  EXPECT_EQ(foretold_memory(effort) - before, and_margin(34 * kMega));
  effort.graph.references += 100;
  EXPECT_EQ(foretold_memory(effort) - before, and_margin(34 * kMega));
}

TEST(Forecast, TheReferencesOfOneObjectAreInHandTwice) {
  Effort effort = small();
  effort.bytes = 160 * kMega;
  effort.graph = {100, 100, 20 * kMega, 0, 20 * kMega};
  const std::uint64_t fixed = effort.opened_rss + (6U << 20) + 4 * 512;
  EXPECT_EQ(foretold_memory(effort), fixed + and_margin(effort.all_bytes() + 2 * 5 * 20 * kMega + 4 * 100 + 50));
}

// Types and dominators side by side: the copy, 4 bytes per object, 5 per edge, 24 per object with pointers, 4 per
// other.
TEST(Forecast, MemoryOfAListIsEverythingAtOnce) {
  Effort list = small();
  list.bytes = 160 * kMega;
  list.graph = {10 * kMega, 10 * kMega, 10 * kMega, 0};
  EXPECT_TRUE(fit_side_by_side(list.all_bytes(), list.graph));
  const std::uint64_t columns = 10 * kMega * (4 + 5 + 4 + 20) + 5 * kMega;
  EXPECT_EQ(foretold_memory(list), list.opened_rss + (6U << 20) + 4 * 512 + and_margin(list.all_bytes() + columns));
}

// 20 references per object: what is kept of them would not fit beside the copy.
TEST(Forecast, ManyReferencesMakeDominatorsWaitForTheEndOfTheCopy) {
  Effort effort = small();
  effort.bytes = 100 * kMega;
  effort.graph = {2 * kMega, kMega, 20 * kMega, 19 * kMega};
  EXPECT_FALSE(fit_side_by_side(effort.all_bytes(), effort.graph));
  const std::uint64_t graph = 4 * kMega + 5 * 20 * kMega + kMega;
  const std::uint64_t dominators = 20 * kMega + 4 * kMega + 12 * 19 * kMega;
  EXPECT_EQ(foretold_memory(effort),
            effort.opened_rss + (6U << 20) + 4 * 512 + and_margin(graph + 8 * kMega + dominators));
  const std::uint64_t before = foretold_memory(effort);
  effort.bytes += kMega;
  EXPECT_EQ(foretold_memory(effort), before);
}

TEST(Forecast, NoForecastOfWhatFitsIsAboveThePromise) {
  for (std::uint64_t references = 0; references <= 40; ++references)
    for (std::uint64_t bytes = 16; bytes <= 1024; bytes *= 2) {
      const GraphSize graph{kMega, kMega / 2, references * kMega / 2, references * kMega / 2};
      if (!fit_side_by_side(bytes * kMega, graph)) continue;
      Effort effort;
      effort.bytes = bytes * kMega;
      effort.graph = graph;
      EXPECT_LE(foretold_memory(effort), and_margin(bytes * kMega * 13 / 10 + 32 * kMega + (2U << 20)))
          << references << " " << bytes;
    }
}

}  // namespace
}  // namespace holdfast::capture
