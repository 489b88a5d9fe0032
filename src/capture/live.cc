#include <fmt/format.h>

#include <ctime>

#include "base/architecture.h"
#include "base/parallel.h"
#include "base/ranges.h"
#include "base/units.h"
#include "capture/build.h"
#include "capture/capture.h"
#include "capture/content.h"
#include "capture/forecast.h"
#include "capture/frozen_memory.h"
#include "capture/graph_estimate.h"
#include "capture/layered_memory.h"
#include "capture/look_plan.h"
#include "capture/moment.h"
#include "capture/running_program.h"
#include "capture/runtimes.h"
#include "capture/stopped_look.h"
#include "capture/target.h"
#include "capture/unchanging_memory.h"
#include "go/goroutines.h"
#include "go/mem_stats.h"
#include "os/cgroup.h"
#include "os/maps.h"
#include "os/process_memory.h"
#include "os/processor_load.h"
#include "os/stopper.h"

namespace holdfast::capture {
namespace {

// The look at a running process can be torn, since its heap changes underneath; then it is repeated.
constexpr int kTries = 5;

// A gigabyte takes a few tenths of a second to copy, for which the process stands still.
constexpr std::uint64_t kMostOutside = std::uint64_t{256} << 20;

// Returns the ranges in which a page that holds nothing is zero. Those of files are not: their pages come when they are
// read.
std::vector<AddressRange> anonymous_ranges(const std::vector<os::ProcessMapping>& maps) {
  std::vector<AddressRange> ranges;
  for (const auto& mapping : maps)
    if (!mapping.is_file() && mapping.permissions.write && !mapping.permissions.shared) ranges.push_back(mapping.range);
  return joined(std::move(ranges));
}

// The milliseconds that all of our threads have worked. Who else wants the processors has no part in it: in the pause,
// we come first.
double worked_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// Everything about a live process that can be known while it runs.
class LiveProcess {
 public:
  LiveProcess(const os::ProcessStatus& status, const Options& options, LossLedger& losses)
      : with_content_(options.copies_all()), losses_(losses), running_(status, options, losses) {
    note_mappings();
    ranges_.variables = program().writable();
    if (options.outside) ranges_.most_outside = kMostOutside;
    opened_rss_ = os::own_peak_rss();
    note_load();
    look();
    require_same();
  }

  // What the look at the running process gave.
  const LookPlan& plan() const { return plan_; }
  const TargetRanges& ranges() const { return ranges_; }
  // What it takes to copy that and to make a snapshot of it.
  const Effort& effort() const { return effort_; }
  std::uint64_t count_collections() const;
  std::unique_ptr<UnchangingMemory> unchanging_since(const StoppedLook& look) const;

  const os::ProcessStatus& status() const { return running_.status(); }
  bool with_content() const { return with_content_; }
  const Program& program() const { return running_.program(); }
  const binary::DwarfInfo* dwarf() const { return running_.layouts().dwarf.get(); }
  const go::Identified& identified() const { return identified_; }
  const MemoryImage& files() const { return running_.files(); }
  LossLedger& losses() const { return losses_; }

  // See RunningProgram.
  void require_same() const { running_.require_same(); }

 private:
  void note_mappings() {
    ranges_.readable = running_.readable();
    ranges_.anonymous = anonymous_ranges(running_.mappings());
  }

  // One moment can be quieter than those around it.
  void note_load() {
    const os::ProcessorLoad now = os::processor_load();
    if (now.wanting >= load_.wanting) load_ = now;
  }

  void look() {
    for (int attempt = 1;; ++attempt) {
      try {
        FrozenMemory probe([this](Address from, std::span<std::byte> to) { return running_.fetch(from, to); }, {},
                           ranges_.readable);
        const LayeredMemory layered(files(), probe);
        LossLedger ignored;  // torn reads of a moving process are no loss
        if (!identified_.runtime)
          identified_ =
              identify_taken(program(), running_.layers(), *running_.layouts().source, go::Motion::kRunning, ignored);
        const go::Runtime& known = *identified_.runtime;
        const go::Runtime runtime{layered, known.layouts, known.version, known.modules, known.vars};
        plan_from(runtime, probe, ignored);
        return;
      } catch (const Error& error) {
        require_same();
        if (error.code() == ErrorCode::kTargetGone || attempt == kTries) throw;
        // What could not be read may lie in a mapping that is new, as the runtime's list of spans does when it has
        // grown.
        running_.read_mappings();
        note_mappings();
      }
    }
  }

  void plan_from(const go::Runtime& runtime, const FrozenMemory& probe, LossLedger& ignored) {
    const double begin_ms = worked_ms();
    const auto heap = go::HeapModel::read(runtime, go::Motion::kRunning, ignored);
    touch_records(runtime, heap, probe, ignored);
    effort_ = {};
    effort_.records_ms = worked_ms() - begin_ms;
    plan_ = plan_look(runtime, heap, probe, ranges_, os::waiting_stack_pointers(status().pid), with_content_,
                      [this](AddressRange range) { return memory().present_ranges(range); });
    effort_.bytes = total_bytes(plan_.ranges) - total_bytes(plan_.empty);
    effort_.deep_stack_bytes = plan_.deep_stack_bytes;
    effort_.opened_rss = opened_rss_;
    effort_.record_bytes = total_bytes(plan_.blocks);
    effort_.spans = heap.in_use().size() + heap.manual().size();
    if (with_content_) effort_.content_bytes = effort_.bytes;
    const go::Runtime running{running_.layers(), runtime.layouts, runtime.version, runtime.modules, runtime.vars};
    effort_.graph = estimate_graph(running, heap, plan_.empty);
    effort_.ms_per_byte = measure_copy();
    effort_.readers = StoppedLook::kReaders;
    effort_.workers = worker_count();
    note_load();
    effort_.load = load_;
    effort_.goroutines = static_cast<std::uint32_t>(go::count_goroutines(runtime));
    effort_.threads = status().threads;
    effort_.modules = runtime.modules.size();
  }

  double measure_copy() const;

  const os::ProcessMemory& memory() const { return running_.memory(); }

  bool with_content_;
  LossLedger& losses_;
  os::ProcessorLoad load_ = os::processor_load();
  RunningProgram running_;
  TargetRanges ranges_;
  go::Identified identified_;
  std::uint64_t opened_rss_ = 0;
  LookPlan plan_;
  Effort effort_;
};

std::uint64_t LiveProcess::count_collections() const {
  require_same();
  const auto count = go::count_collections(*identified_.runtime);
  if (!count) fail(ErrorCode::kUnsupported, "the counter of collections of process {} cannot be read", status().pid);
  return *count;
}

std::unique_ptr<UnchangingMemory> LiveProcess::unchanging_since(const StoppedLook& look) const {
  const go::Runtime& now = *identified_.runtime;
  const go::Runtime then{look.memory(), now.layouts, now.version, now.modules, now.vars};
  const auto count = [this] { return memory().is_gone() ? std::nullopt : go::count_collections(*identified_.runtime); };
  return std::make_unique<UnchangingMemory>(memory(), count, go::count_collections(then));
}

// In a container the kernel would kill the target rather than us.
void require_room(std::uint64_t need, const std::optional<os::MemoryRoom>& room) {
  if (!room || room->bytes >= need) return;
  if (room->group.empty())
    fail(ErrorCode::kSystem, "about {} of memory are needed and {} are left: make room, or go on with --force",
         format_bytes(need), format_bytes(room->bytes));
  fail(
      ErrorCode::kSystem,
      "about {} of memory are needed and {} are left in the control group {}: run holdfast outside of it, on the host, "
      "or go on with --force",
      format_bytes(need), format_bytes(room->bytes), room->group);
}

// Copies a little of what is planned as the pause will: to pages that are there, and each byte once, since what was
// copied a moment ago is still in the processor's caches.
double LiveProcess::measure_copy() const {
  constexpr std::uint64_t kSample = 16 << 20;
  std::vector<AddressRange> ranges;
  std::uint64_t bytes = 0;
  for (const AddressRange& range : without(plan_.ranges, plan_.empty)) {
    if (bytes == kSample) break;
    ranges.push_back({range.begin, range.begin + std::min(range.size(), kSample - bytes)});
    bytes += ranges.back().size();
  }
  if (bytes == 0) return 0;
  const Mapping room(bytes);
  os::populate({room.data(), bytes});
  const double begin_ms = worked_ms();
  memory().read_ranges(ranges, {room.data(), bytes}, 1);
  return (worked_ms() - begin_ms) / static_cast<double>(bytes);
}

heap::Pause pause_of(const StoppedLook& look, const Effort& effort) {
  const PauseForecast foretold = foretell_pause(effort);
  return {foretold.alone_ms, look.pause_ms(), look.bytes_read(), foretold.least_ms, foretold.most_ms};
}

// A process that was found, and what was opened of it.
struct OpenProcess {
  explicit OpenProcess(os::ProcessStatus found) : status(std::move(found)) {}

  os::ProcessStatus status;
  LossLedger losses;
  std::optional<LiveProcess> live;
};

// One moment of it, and what is known of that moment. It lasts as long as somebody asks for content.
struct Moment {
  Moment(std::shared_ptr<OpenProcess> of, const Options& options)
      : process(std::move(of)),
        live(*process->live),
        look(*live.identified().runtime, live.files(), live.ranges(), live.plan(), {options.copies_all(), options.near},
             process->losses) {}

  std::shared_ptr<OpenProcess> process;
  const LiveProcess& live;
  StoppedLook look;
  std::unique_ptr<UnchangingMemory> unchanging;
  go::Identified identified;
};

class ProcessTarget final : public Target {
 public:
  ProcessTarget(std::string name, os::ProcessStatus status, const Options& options)
      : Target(std::move(name)), process_(std::make_shared<OpenProcess>(std::move(status))), options_(options) {}

  TargetForm form() const override { return TargetForm::kProcess; }
  const os::ProcessStatus* process() const override { return &process_->status; }

  Prediction predict(PassTimes& times) override {
    const LiveProcess& live = open(times);
    const Effort& effort = live.effort();
    return {foretell_pause(effort),  effort.load,       effort.all_bytes(),
            effort.graph.objects,    effort.goroutines, effort.threads,
            foretold_memory(effort), os::memory_room(), live.program().runtimes()};
  }

  std::uint64_t count_collections(PassTimes& times) override {
    const LiveProcess& live = open(times);
    std::uint64_t count = 0;
    watched([&] { count = live.count_collections(); });
    return count;
  }

  std::unique_ptr<CounterWatch> watch_counters() const override {
    return std::make_unique<CounterWatch>(process_->status, options_);
  }

  std::unique_ptr<Target> anew() const override { return process_target(name(), process_->status, options_); }

  heap::Snapshot snapshot(const Callbacks& callbacks, PassTimes& times) override {
    const LiveProcess& live = open(times);
    const os::ProcessStatus& status = process_->status;
    LossLedger& losses = process_->losses;
    // Which process this is about, which of its runtimes, and what its layouts are, is final. Nothing has been stopped.
    if (!options_.force) require_room(foretold_memory(live.effort()), os::memory_room());
    heap::Snapshot snapshot;
    snapshot.target.kind = heap::TargetKind::kLive;
    snapshot.target.pid = status.pid;
    snapshot.target.name = status.name;
    snapshot.target.memory_limit = os::read_memory_cgroup(status.pid).limit;
    const auto moment = std::make_shared<Moment>(process_, options_);
    StoppedLook& look = moment->look;
    watched([&] {
      look.run([this] { return stop(); }, [&] { return readable_ranges(os::read_maps(status.pid)); }, times);
    });
    note_moment(snapshot.target);
    snapshot.pause = pause_of(look, live.effort());
    // The target has gone on. Its memory is final: from here on only the copy is read, and what has not changed since.
    moment->unchanging = live.unchanging_since(look);
    auto residency =
        times.run("residency", [&] { return read_residency(status.pid, live.identified().runtime.get(), losses); });
    const go::Identified& identified = moment->identified = times.run("identify", [&] {
      return go::identify_again(live.identified(), look.memory(), moment->unchanging.get(), losses);
    });
    const FrozenTarget target{
        &live.program(),
        &identified,
        look.threads(),
        look.monotonic_ns(),
        std::move(residency),
        live.dwarf(),
        look.bytes_read(),
        std::make_shared<FrozenContent>(look.memory(), *identified.functions, moment,
                                        options_.near ? "memory was not read" : "cannot be read")};
    build(target, options_, callbacks, snapshot, losses, times);
    snapshot.losses = losses.sorted();
    return snapshot;
  }

 private:
  const LiveProcess& open(PassTimes& times) {
    if (!process_->live)
      watched([&] {
        os::require_readable(process_->status);
        times.run("open", [&] { process_->live.emplace(process_->status, options_, process_->losses); });
      });
    return *process_->live;
  }

  std::unique_ptr<os::Frozen> stop() const {
    auto stopped = std::make_unique<os::StoppedProcess>(process_->status.pid);
    process_->live->require_same();
    return stopped;
  }

  // Runs work that looks at the process. If it fails because the process ended or became another one, the error says
  // that.
  template <typename Work>
  void watched(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      if (const auto became = os::what_became_of(process_->status)) fail(ErrorCode::kTargetGone, "{}", *became);
      if (process_->live) process_->live->require_same();
      throw;
    }
  }

  std::shared_ptr<OpenProcess> process_;
  Options options_;
};

}  // namespace

std::unique_ptr<Target> process_target(std::string name, os::ProcessStatus status, const Options& options) {
  return std::make_unique<ProcessTarget>(std::move(name), std::move(status), options);
}

}  // namespace holdfast::capture
