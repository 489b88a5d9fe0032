#include "collector/execution_trace.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::collector {
namespace {

std::string number(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}

std::string record(std::uint8_t kind, std::initializer_list<std::uint64_t> numbers) {
  std::string out(1, static_cast<char>(kind));
  for (const std::uint64_t one : numbers) out += number(one);
  return out;
}

std::string batch(std::uint64_t time, const std::string& records) {
  return record(1, {1, 7, time, records.size()}) + records;
}

std::string header(const std::string& release) {
  std::string out = "go 1." + release + " trace";
  out.resize(16);
  return out;
}

Series read(const std::string& bytes) {
  return read_series(std::as_bytes(std::span(bytes)), "trace");
}

// One tick is a microsecond. A cycle from 100 to 200, with stops of 5 and of 8.
std::string cycle_in_batches() {
  return header("26") + batch(0, record(8, {1'000'000})) +
         // Of another thread, and earlier than what stands before it.
         batch(150, record(37, {1, 9000}) + record(16, {1, 5, 6})) +
         batch(90, record(38, {0, 10'000}) + record(37, {2, 8000}) + record(29, {8, 1, 2}) + record(26, {10, 2, 3}) +
                       record(27, {5}) + record(26, {83, 1, 3}) + record(37, {1, 7000}) + record(30, {1, 2}) +
                       record(27, {6})) +
         std::string(1, 52);
}

TEST(ExecutionTrace, HasCyclesWithTheirStops) {
  const Series series = read(cycle_in_batches());
  ASSERT_EQ(series.cycles.size(), 1U);
  const Cycle& cycle = series.cycles.front();
  EXPECT_EQ(cycle.since_start, 10'000U);  // since the first of all
  EXPECT_EQ(cycle.goal, 10'000U);
  EXPECT_EQ(cycle.heap_at_start, 8000U);
  EXPECT_EQ(cycle.heap_at_end, 9000U);
  EXPECT_EQ(cycle.live, 7000U);
  EXPECT_EQ(cycle.sweep_stop, 5000U);
  EXPECT_EQ(cycle.mark, 83'000U);
  EXPECT_EQ(cycle.mark_stop, 8000U);
  EXPECT_EQ(cycle.paused, 13'000U);
}

TEST(ExecutionTrace, OfTheOlderFormatSaysTheSame) {
  const auto of = [](std::uint8_t kind, std::initializer_list<std::uint64_t> numbers) {
    return record(static_cast<std::uint8_t>(kind | (numbers.size() - 1) << 6), numbers);
  };
  const Series series =
      read(header("19") + of(1, {0, 90}) + of(34, {0, 10'000}) + of(33, {2, 8000}) + of(7, {8, 1, 2}) + of(9, {10, 1}) +
           of(10, {5}) + of(33, {35, 9000}) + of(9, {48, 0}) + of(33, {1, 7000}) + of(8, {1}) + of(10, {6}) +
           of(2, {1'000'000}) + record(37, {1, 3}) + "abc");
  ASSERT_EQ(series.cycles.size(), 1U);
  EXPECT_EQ(series.cycles[0].heap_at_end, 9000U);
  EXPECT_EQ(series.cycles[0].live, 7000U);
  EXPECT_EQ(series.cycles[0].paused, 13'000U);
}

TEST(ExecutionTrace, HasNoTimesBeyondWhatNsCanSay) {
  const Series series =
      read(header("26") + batch(0, record(8, {1})) +
           batch(0, record(37, {0, 1}) + record(29, {~std::uint64_t{0} - 1, 1, 2}) + record(30, {1, 2})));
  ASSERT_EQ(series.cycles.size(), 1U);
  EXPECT_EQ(series.cycles[0].since_start, 9'000'000'000'000'000'000U);
}

TEST(ExecutionTrace, ThatIsCutOffHasWhatCameBefore) {
  const Series series = read(cycle_in_batches() + batch(300, std::string(50, '\1')).substr(0, 20));
  EXPECT_EQ(series.cycles.size(), 1U);
  EXPECT_NE(series.remark.find("cut off"), std::string::npos);
}

TEST(ExecutionTrace, OfNoKnownFormOrWithoutACycleIsRefused) {
  EXPECT_THROW(read(header("99")), Error);
  EXPECT_THROW(read(header("26")), Error);
  EXPECT_THROW(read(header("26") + batch(0, record(8, {1'000'000}))), Error);
  EXPECT_THROW(read(header("26") + "\x63"), Error);
  EXPECT_THROW(read(header("19") + std::string(1, '\0')), Error);
  EXPECT_FALSE(is_execution_trace(std::as_bytes(std::span(std::string_view("go 1.26 trace")))));
}

}  // namespace
}  // namespace holdfast::collector
