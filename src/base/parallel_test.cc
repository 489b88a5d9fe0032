#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>

#include "base/error.h"

namespace holdfast {
namespace {

constexpr unsigned kParts = 64;

std::uint64_t rows_done_by_each_part() {
  std::atomic<std::uint64_t> done = 0;
  for_each_part(1000, kParts, [&](unsigned, std::uint64_t begin, std::uint64_t end) { done += end - begin; });
  return done;
}

unsigned parts_taken_in_order() {
  unsigned taken = 0;
  for_each_in_order(
      kParts, [](unsigned, unsigned) {}, [&](unsigned, unsigned) { ++taken; });
  return taken;
}

// What fails beside it ends a piece of work only where that asks whether it shall: a loop never does half of its parts
// and returns.
TEST(RunBoth, LeavesTheLoopsOfOneWholeWhenTheOtherFails) {
  std::atomic<bool> begun = false;
  std::uint64_t loops = 0, short_loops = 0;
  const auto goes_on = [&] {
    begun = true;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    for (; std::chrono::steady_clock::now() < end; ++loops) {
      const bool is_whole = rows_done_by_each_part() == 1000 && parts_taken_in_order() == kParts;
      short_loops += is_whole ? 0 : 1;
      run_both([&] { ++loops; }, [] {});
    }
  };
  const auto fails = [&] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    while (!begun && std::chrono::steady_clock::now() < end) {
    }
    fail(ErrorCode::kDamaged, "it fails");
  };
  for (int round = 0; round < 4; ++round) EXPECT_THROW(run_both(fails, goes_on), Error);
  EXPECT_GT(loops, 0U);
  EXPECT_EQ(short_loops, 0U);
}

// A loop over things of which the first that is asked for is made under a lock, by a loop of its own: the thread that
// makes it must not come back to the outer loop, where it would ask for the lock again.
TEST(RunAlone, KeepsAThreadThatWaitsFromOtherWork) {
  for (int round = 0; round < 20; ++round) {
    std::mutex mutex;
    std::uint64_t made = 0;
    std::atomic<unsigned> taken = 0, entered_again = 0;
    for_each_part(kParts, kParts, [&](unsigned, std::uint64_t, std::uint64_t) {
      static thread_local bool is_making = false;
      if (is_making) {
        ++entered_again;
        return;
      }
      const std::lock_guard lock(mutex);
      is_making = true;
      if (made == 0) run_alone([&] { made = rows_done_by_each_part(); });
      is_making = false;
      taken += made == 1000 ? 1 : 0;
    });
    EXPECT_EQ(entered_again, 0U);
    EXPECT_EQ(taken, kParts);
  }
}

}  // namespace
}  // namespace holdfast
