#include "base/parallel.h"

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>

#include <memory>
#include <thread>

#include "base/cancel.h"

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
  tbb::parallel_for(
      0U, parts,
      [&](unsigned part) {
        throw_if_cancelled();
        body(part, rows * part / parts, rows * (part + 1) / parts);
      },
      tbb::simple_partitioner());
}

void run_both(const std::function<void()>& a, const std::function<void()>& b) {
  // Isolated, so that a loop within one piece that waits for its parts does not pick up the other piece meanwhile.
  tbb::parallel_invoke([&] { tbb::this_task_arena::isolate(a); }, [&] { tbb::this_task_arena::isolate(b); });
}

}  // namespace holdfast
