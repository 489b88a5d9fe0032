#include "capture/counter_watch.h"

#include <chrono>
#include <cmath>
#include <utility>

#include "capture/account.h"
#include "capture/frozen_memory.h"
#include "capture/running_program.h"
#include "capture/runtimes.h"
#include "go/goroutines.h"
#include "go/mem_stats.h"
#include "os/cgroup.h"
#include "os/file_mapping.h"
#include "os/host.h"
#include "os/process_numbers.h"

namespace holdfast::capture {
namespace {

using Clock = std::chrono::steady_clock;
using heap::CounterId;
using heap::CounterLook;

constexpr int kTries = 5;              // a sum of counters that move meanwhile can be torn
constexpr int kTriesForOneMoment = 3;  // of two readings that are alike
constexpr int kDearest = 100;          // the dear parts of looks take at most one part in so many of the time

std::uint64_t value_of(const CounterLook& look, CounterId id) {
  return static_cast<std::uint64_t>(look.of(id).value_or(0));
}

std::uint64_t difference(const CounterLook& a, const CounterLook& b, CounterId id) {
  const std::uint64_t x = value_of(a, id), y = value_of(b, id);
  return x > y ? x - y : y - x;
}

// The first that cannot be, as a sentence; empty if all can.
std::string contradiction(const CounterLook& look, const CounterLook* before) {
  constexpr std::pair<CounterId, CounterId> kAtMost[] = {
      {CounterId::kHeapAlloc, CounterId::kHeapSys},     {CounterId::kFrees, CounterId::kMallocs},
      {CounterId::kHeapReleased, CounterId::kHeapIdle}, {CounterId::kHeapSys, CounterId::kSys},
      {CounterId::kNumForcedGC, CounterId::kNumGC},
  };
  for (const auto& [less, more] : kAtMost)
    if (value_of(look, less) > value_of(look, more))
      return fmt::format("{} of {}", value_of(look, less), value_of(look, more));
  if (before == nullptr) return "";
  for (const CounterId id : {CounterId::kTotalAlloc, CounterId::kNumGC, CounterId::kPauseTotalNs})
    if (value_of(look, id) < value_of(*before, id))
      return fmt::format("{} after {}", value_of(look, id), value_of(*before, id));
  return "";
}

void add_runtime(const go::Runtime& runtime, CounterLook& look) {
  const go::MemStats stats = go::read_mem_stats(runtime);
  if (!stats.find("HeapAlloc")) fail(ErrorCode::kUnsupported, "the runtime's counters were not found");
  for (const auto& [field, value] : stats.fields)
    if (const auto id = heap::counter_of_mem_stats(field)) look.set(*id, value);
  if (const auto pace = go::read_collector_pace(runtime)) {
    look.set(CounterId::kLive, pace->marked);
    look.set(CounterId::kGCPercent, static_cast<std::uint64_t>(std::int64_t{pace->gc_percent}));
    look.set(CounterId::kMemoryLimit, pace->memory_limit);
    look.set(CounterId::kCountedForLimit, pace->mapped_ready);
    look.set(CounterId::kProcessors, pace->processors);
    look.set(CounterId::kGCCPUFraction, static_cast<std::uint64_t>(std::llround(pace->cpu_fraction * 1e9)));
  }
  const go::CollectorTimes times = go::read_collector_times(runtime);
  look.set(CounterId::kMarking, times.marking);
  look.set(CounterId::kLastPause, times.last_pause_ns);
  look.set(CounterId::kLongestPause, times.longest_pause_ns);
  look.set(CounterId::kCollectorTime, times.collector_ns);
  look.set(CounterId::kAssistTime, times.assist_ns);
  look.set(CounterId::kScavengeTime, times.scavenge_ns);
  look.set(CounterId::kAllTime, times.all_ns);
  look.set(CounterId::kLimiterCycle, times.limiter_cycle);
  look.set(CounterId::kGoroutines, go::number_of_goroutines(runtime));
}

void add_process(pid_t pid, CounterLook& look) {
  const os::ProcessNumbers numbers = os::read_process_numbers(pid);
  look.set(CounterId::kRss, numbers.rss);
  look.set(CounterId::kRssAnonymous, numbers.rss_anonymous);
  look.set(CounterId::kRssFiles, numbers.rss_files);
  look.set(CounterId::kRssShared, numbers.rss_shared);
  look.set(CounterId::kPeakRss, numbers.peak_rss);
  look.set(CounterId::kAddressSpace, numbers.address_space);
  look.set(CounterId::kSwap, numbers.swap);
  look.set(CounterId::kThreads, numbers.threads);
  look.set(CounterId::kOpenFiles, numbers.open_files);
  look.set(CounterId::kMostOpenFiles, numbers.most_open_files);
  look.set(CounterId::kMinorFaults, numbers.minor_faults);
  look.set(CounterId::kMajorFaults, numbers.major_faults);
  look.set(CounterId::kProcessorTime, numbers.processor_ns);
  const os::MemoryCgroup group = os::read_memory_cgroup(pid);
  if (group.usage > 0) {
    look.set(CounterId::kGroupUsage, group.usage);
    look.set(CounterId::kGroupReclaimable, group.reclaimable);
  }
  if (group.limit > 0) look.set(CounterId::kGroupLimit, group.limit);
}

}  // namespace

class CounterWatch::State {
 public:
  State(os::ProcessStatus status, const Options& options) : status_(std::move(status)) {
    os::require_readable(status_);
    watched([&] {
      running_.emplace(status_, options, losses_);
      identified_ = identify_taken(running_->program(), running_->layers(), *running_->layouts().source,
                                   go::Motion::kRunning, losses_);
      program_file_ = os::map_file(os::open_exe(status_.pid), status_.exe);
    });
  }

  CounterLook look() {
    CounterLook look;
    watched([&] {
      look = read_runtime();
      running_->require_same();
    });
    look.at_ns = os::wall_clock_ns();
    add_process(status_.pid, look);
    if (may_walk()) walk_pages();
    look.walked_at_ns = walked_.walked_at_ns;
    for (std::size_t i = 0; i < heap::kCounterIds; ++i)
      if (walked_.values[i]) look.values[i] = walked_.values[i];
    last_ = look;
    return look;
  }

  const os::ProcessStatus& status() const { return status_; }
  const std::string& go_version() const { return running_->program().version().text; }

 private:
  // Runs work that looks at the process. If it fails because the process ended or became another one, the error says
  // that.
  template <typename Work>
  void watched(Work&& work) {
    try {
      work();
    } catch (const Error&) {
      if (const auto became = os::what_became_of(status_)) fail(ErrorCode::kTargetGone, "{}", *became);
      if (running_) running_->require_same();
      throw;
    }
  }

  // All memory that is read for this is fetched once, in blocks.
  CounterLook read_once() {
    const FrozenMemory memory([this](Address from, std::span<std::byte> to) { return running_->fetch(from, to); }, {},
                              running_->readable());
    const LayeredMemory layered(running_->files(), memory);
    const go::Runtime& known = *identified_.runtime;
    CounterLook look;
    add_runtime({layered, known.layouts, known.version, known.modules, known.vars}, look);
    return look;
  }

  CounterLook read_possible() {
    for (int attempt = 1;; ++attempt) {
      std::string wrong;
      try {
        CounterLook look = read_once();
        wrong = contradiction(look, last_ ? &*last_ : nullptr);
        if (wrong.empty()) return look;
      } catch (const Error&) {
        running_->require_same();
        if (attempt == kTries) throw;
        running_->read_mappings();  // what could not be read may lie in a mapping that is new
      }
      if (!wrong.empty() && attempt == kTries)
        fail(ErrorCode::kUnsupported, "the counters contradict each other ({}): the layouts of {} do not fit", wrong,
             identified_.runtime->layouts.name());
    }
  }

  CounterLook read_runtime() {
    CounterLook look = read_possible();
    for (int attempt = 0; attempt < kTriesForOneMoment; ++attempt) {
      CounterLook again = read_possible();
      again.of_one_moment = again.values == look.values;
      again.heap_moved = difference(look, again, CounterId::kHeapAlloc);
      again.allocated_meanwhile = difference(look, again, CounterId::kTotalAlloc);
      look = std::move(again);
      if (look.of_one_moment) break;
    }
    return look;
  }

  bool may_walk() const { return !last_ || walking_ * kDearest <= Clock::now() - first_; }

  void walk_pages() {
    const Clock::time_point begin = Clock::now();
    if (!last_) first_ = begin;
    walked_ = {};
    walked_.walked_at_ns = os::wall_clock_ns();
    walked_.set(CounterId::kProgramCached, program_file_->cached());
    if (const auto sums = os::read_mapped_sums(status_.pid)) {
      walked_.set(CounterId::kProportional, sums->proportional);
      walked_.set(CounterId::kPrivateDirty, sums->private_dirty);
      walked_.set(CounterId::kLazyFree, sums->lazy_free);
      walked_.set(CounterId::kHugePages, sums->huge);
    }
    if (const auto residency = read_residency(status_.pid, identified_.runtime.get(), losses_);
        residency && residency->c_heap.facts.recognised) {
      walked_.set(CounterId::kCHeapUsed, residency->c_heap.facts.used_bytes);
      walked_.set(CounterId::kCHeapFree, residency->c_heap.facts.free_bytes);
    }
    walking_ += Clock::now() - begin;
  }

  os::ProcessStatus status_;
  LossLedger losses_;
  std::optional<RunningProgram> running_;
  go::Identified identified_;
  std::shared_ptr<const os::FileMapping> program_file_;
  std::optional<CounterLook> last_;
  CounterLook walked_;  // what takes the system long, and nothing else
  Clock::time_point first_;
  Clock::duration walking_{};  // all of it so far
};

CounterWatch::CounterWatch(const os::ProcessStatus& status, const Options& options)
    : state_(std::make_unique<State>(status, options)) {}
CounterWatch::~CounterWatch() = default;

CounterLook CounterWatch::look() {
  return state_->look();
}
const os::ProcessStatus& CounterWatch::process() const {
  return state_->status();
}
const std::string& CounterWatch::go_version() const {
  return state_->go_version();
}

}  // namespace holdfast::capture
