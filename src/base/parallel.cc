#include "base/parallel.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/parallel_pipeline.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <memory>
#include <mutex>
#include <numeric>
#include <vector>

#include "base/cancel.h"

// Work that fails cancels its group, and the library then leaves out what is still to be done in loops of the groups
// below, without a word to whoever called them. So each loop here has a group that nothing above it cancels: it does
// all its parts, or it throws.

namespace holdfast {
namespace {

std::unique_ptr<tbb::global_control>& control() {
  static std::unique_ptr<tbb::global_control> limit;
  return limit;
}

}  // namespace

void set_thread_limit(unsigned threads) {
  control().reset();
  if (threads > 0)
    control() = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, threads);
}

unsigned worker_count() {
  return static_cast<unsigned>(tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism));
}

void for_each_part(std::uint64_t rows, unsigned parts,
                   const std::function<void(unsigned, std::uint64_t, std::uint64_t)>& body) {
  if (rows == 0 || parts == 0) return;
  const Cancellation* const cancellation = current_cancellation();
  tbb::task_group_context group(tbb::task_group_context::isolated);
  tbb::parallel_for(
      0U, parts,
      [&](unsigned part) {
        const CancellationScope scope(cancellation);
        throw_if_cancelled();
        body(part, rows * part / parts, rows * (part + 1) / parts);
      },
      tbb::simple_partitioner(), group);
}

void for_each_in_order(unsigned parts, const std::function<void(unsigned, unsigned)>& make,
                       const std::function<void(unsigned, unsigned)>& take) {
  struct Token {  // without initial values: the library keeps it in a union
    unsigned part;
    unsigned lane;
  };
  const unsigned lanes = worker_count();
  std::vector<unsigned> free_lanes(lanes);
  std::iota(free_lanes.begin(), free_lanes.end(), 0U);
  std::mutex mutex;  // guards free_lanes, which two stages of the pipeline use
  unsigned next = 0;
  const Cancellation* const cancellation = current_cancellation();
  const auto begin = [&](tbb::flow_control& flow) -> Token {
    const CancellationScope scope(cancellation);
    throw_if_cancelled();
    if (next == parts) {
      flow.stop();
      return Token{0, 0};
    }
    const std::lock_guard lock(mutex);
    const unsigned lane = free_lanes.back();
    free_lanes.pop_back();
    return Token{next++, lane};
  };
  const auto work = [&](Token token) {
    const CancellationScope scope(cancellation);
    make(token.part, token.lane);
    return token;
  };
  const auto finish = [&](Token token) {
    const CancellationScope scope(cancellation);
    take(token.part, token.lane);
    const std::lock_guard lock(mutex);
    free_lanes.push_back(token.lane);
  };
  tbb::task_group_context group(tbb::task_group_context::isolated);
  tbb::parallel_pipeline(lanes,
                         tbb::make_filter<void, Token>(tbb::filter_mode::serial_in_order, begin) &
                             tbb::make_filter<Token, Token>(tbb::filter_mode::parallel, work) &
                             tbb::make_filter<Token, void>(tbb::filter_mode::serial_in_order, finish),
                         group);
}

void run_alone(const std::function<void()>& work) {
  tbb::this_task_arena::isolate(work);
}

void run_both(const std::function<void()>& a, const std::function<void()>& b) {
  // Both are isolated, so that a loop in one of them that waits for its parts does not pick up the other one meanwhile.
  const Cancellation* const cancellation = current_cancellation();
  const auto run = [&](const std::function<void()>& work) {
    const CancellationScope scope(cancellation);
    tbb::this_task_arena::isolate(work);
  };
  tbb::task_group_context group(tbb::task_group_context::isolated);
  tbb::parallel_invoke([&] { run(a); }, [&] { run(b); }, group);
}

}  // namespace holdfast
