// Measures what it costs to hold a target still: stop it, copy all of its anonymous memory, let it go. Compares that
// with memcpy of the same bytes in our own memory, which nobody can beat.
//
//   pause_bench [MiB, default 1024] [runs, default 5]
//
// The target is a forked child that has touched that much memory, once in 4 KiB pages and once in huge pages. It has 8
// threads, one of which keeps writing.

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "base/huge_array.h"
#include "os/process_memory.h"
#include "os/stopper.h"

namespace holdfast {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Times of several runs. The best is what the machine can do, the median what others on it left us.
struct Times {
  double best = 0;
  double median = 0;
};

Times summary(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2]};
}

struct Target {
  pid_t pid = 0;
  AddressRange memory;
};

[[noreturn]] void run_target(std::byte* memory, std::uint64_t bytes, int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpriority(PRIO_PROCESS, 0, 0);
  for (std::uint64_t at = 0; at < bytes; at += 64) std::memcpy(memory + at, &at, sizeof at);
  std::vector<std::jthread> threads;
  threads.reserve(7);
  for (int i = 0; i < 6; ++i) threads.emplace_back([] { pause(); });
  threads.emplace_back([=] {
    constexpr std::uint64_t kStep = std::uint64_t{257} * 4096;
    for (std::uint64_t at = 0;; at = (at + kStep) % bytes) {
      memory[at] ^= std::byte{1};
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  });
  if (write(ready, "r", 1) != 1) _exit(1);
  for (;;) pause();
}

Target start_target(std::uint64_t bytes, int advice) {
  // The memory is reserved before the fork, so that we know where it is; only the child touches it.
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  madvise(memory, bytes, advice);
  int ends[2];
  if (memory == MAP_FAILED || pipe(ends) != 0) std::abort();
  const pid_t pid = fork();
  if (pid == 0) run_target(static_cast<std::byte*>(memory), bytes, ends[1]);
  char byte = 0;
  if (read(ends[0], &byte, 1) != 1) std::abort();
  munmap(memory, bytes);
  const Address begin(reinterpret_cast<std::uint64_t>(memory));
  return {pid, {begin, begin + bytes}};
}

// Returns the milliseconds of copying `from` to `to` with 1 or 2 threads.
Times memcpy_ms(const HugeArray<std::byte>& from, HugeArray<std::byte>& to, unsigned threads, int runs) {
  std::vector<double> times;
  for (int run = 0; run < runs; ++run) {
    const auto begin = Clock::now();
    const std::uint64_t half = threads == 2 ? from.size() / 2 : from.size();
    std::jthread second([&] { std::memcpy(to.data() + half, from.data() + half, from.size() - half); });
    std::memcpy(to.data(), from.data(), half);
    second.join();
    times.push_back(ms_since(begin));
  }
  return summary(times);
}

void measure(const char* pages, const Target& target, HugeArray<std::byte>& to, unsigned threads, int runs,
             Times memcpy_time) {
  std::vector<double> stops;
  std::vector<double> lists;
  std::vector<double> pauses;
  for (int run = 0; run < runs; ++run) {
    os::StoppedProcess stopped(target.pid);
    const auto begin = Clock::now();
    const auto present = stopped.present_ranges(target.memory);
    lists.push_back(ms_since(begin));
    std::vector<os::RangeCopy> copies;
    std::byte* place = to.data();
    for (const AddressRange& range : present) {
      copies.push_back({range, place});
      place += range.size();
    }
    const os::RangesRead read = stopped.copy_ranges(copies, threads);
    stopped.thaw();
    if (read.bytes != target.memory.size()) std::printf("read %lu of %lu bytes\n", read.bytes, target.memory.size());
    stops.push_back(stopped.stop_ms());
    pauses.push_back(stopped.pause_ms());
  }
  const Times pause = summary(pauses);
  std::printf(
      "%-5s %u thread(s)  pause %6.1f ms, best %6.1f (stop %.2f, list pages %.2f)  memcpy %6.1f, best %6.1f  "
      "ratio %.2f, best %.2f\n",
      pages, threads, pause.median, pause.best, summary(stops).median, summary(lists).median, memcpy_time.median,
      memcpy_time.best, pause.median / memcpy_time.median, pause.best / memcpy_time.best);
}

void run(std::uint64_t bytes, int runs) {
  setpriority(PRIO_PROCESS, 0, -15);  // as during a pause, so that both compete alike
  HugeArray<std::byte> to(bytes);
  os::populate(to.span());
  Times memcpy_times[2];
  {
    HugeArray<std::byte> from(bytes);
    os::populate(from.span());
    for (const unsigned threads : {1U, 2U}) memcpy_times[threads - 1] = memcpy_ms(from, to, threads, runs);
  }
  for (const bool huge : {false, true}) {
    const Target target = start_target(bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    for (const unsigned threads : {1U, 2U})
      measure(huge ? "2 MiB" : "4 KiB", target, to, threads, runs, memcpy_times[threads - 1]);
    kill(target.pid, SIGKILL);
    waitpid(target.pid, nullptr, 0);
  }
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  const unsigned long mib = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1024;
  const int runs = argc > 2 ? std::atoi(argv[2]) : 5;
  holdfast::run(std::max(mib, 1UL) << 20, std::max(runs, 1));
}
