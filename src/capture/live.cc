#include <fmt/format.h>

#include <ctime>

#include "base/architecture.h"
#include "base/parallel.h"
#include "base/ranges.h"
#include "base/units.h"
#include "capture/build.h"
#include "capture/capture.h"
#include "capture/forecast.h"
#include "capture/frozen_memory.h"
#include "capture/graph_estimate.h"
#include "capture/layered_memory.h"
#include "capture/layouts.h"
#include "capture/moment.h"
#include "capture/runtimes.h"
#include "capture/symbol_files.h"
#include "capture/target.h"
#include "go/goroutines.h"
#include "go/mem_stats.h"
#include "go/needed_memory.h"
#include "os/cgroup.h"
#include "os/file_mapping.h"
#include "os/maps.h"
#include "os/process_memory.h"
#include "os/processor_load.h"
#include "os/stopper.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kReadThreads = 2;
// The look at a running process can be torn, since its heap changes underneath; then it is repeated.
constexpr int kTries = 5;
constexpr std::uint64_t kDeepStack = 64 << 10;

std::vector<FilePart> file_parts(const std::vector<os::ProcessMapping>& maps) {
  std::vector<FilePart> parts;
  for (const auto& mapping : maps)
    if (mapping.is_file() && !mapping.permissions.shared)
      parts.push_back({mapping.range, mapping.file_offset, mapping.path});
  return parts;
}

std::vector<AddressRange> readable_ranges(const std::vector<os::ProcessMapping>& maps) {
  std::vector<AddressRange> ranges;
  for (const auto& mapping : maps)
    if (mapping.is_readable()) ranges.push_back(mapping.range);
  return joined(std::move(ranges));
}

// Returns the ranges in which a page that holds nothing is zero. Those of files are not: their pages come when they are
// read.
std::vector<AddressRange> anonymous_ranges(const std::vector<os::ProcessMapping>& maps) {
  std::vector<AddressRange> ranges;
  for (const auto& mapping : maps)
    if (!mapping.is_file() && mapping.permissions.write && !mapping.permissions.shared) ranges.push_back(mapping.range);
  return joined(std::move(ranges));
}

// Returns the parts of `ranges` (ascending, apart) that are in memory or swapped out. Asks about several ranges at once
// if they are near each other.
std::vector<AddressRange> filled_of(const std::vector<AddressRange>& ranges,
                                    const std::function<std::vector<AddressRange>(AddressRange)>& present) {
  constexpr std::uint64_t kNear = 256 << 10;
  std::vector<AddressRange> filled;
  for (std::size_t i = 0; i < ranges.size();) {
    AddressRange hull = ranges[i];
    for (++i; i < ranges.size() && ranges[i].begin - hull.end <= kNear; ++i) hull.end = ranges[i].end;
    for (const AddressRange& range : present(hull)) filled.push_back(range);
  }
  return within(ranges, filled);
}

std::uint64_t clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000U + static_cast<std::uint64_t>(now.tv_nsec);
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
      : status_(status), with_content_(options.with_content), losses_(losses), memory_(status.pid) {
    note_load();
    read_mappings();
    program_ = Program::open(
        file_parts(maps_), status.exe, [this](const FilePart& part) { return open(part); }, losses);
    program_->add_read_only(files_);
    files_.seal();
    take_runtime(*program_, memory_layers(), options.image, given_release(options));
    if (!options.symbols.empty()) add_symbols(*program_, options.symbols);
    layouts_ = open_layouts(*program_, options.use_dwarf, losses);
    opened_rss_ = os::own_peak_rss();
    note_load();
    look();
    require_same();
  }

  // What the look at the running process gave: what would be read, the blocks of runtime records that this needs, and
  // what of the first holds nothing.
  const std::vector<AddressRange>& plan() const { return plan_; }
  const std::vector<AddressRange>& blocks() const { return blocks_; }
  const std::vector<AddressRange>& empty() const { return empty_; }
  // What it takes to copy that and to make a snapshot of it.
  const Effort& effort() const { return effort_; }
  std::uint64_t count_collections() const;

  const os::ProcessStatus& status() const { return status_; }
  bool with_content() const { return with_content_; }
  const Program& program() const { return *program_; }
  const binary::DwarfInfo* dwarf() const { return layouts_.dwarf.get(); }
  const go::Identified& identified() const { return identified_; }
  const MemoryImage& files() const { return files_; }
  const std::vector<AddressRange>& readable() const { return readable_; }
  LossLedger& losses() const { return losses_; }

  // Fails with kTargetGone unless the process still is what was opened. Everything that was learned of a process that
  // has become another one is wrong, and an error that came of that would mislead.
  void require_same() const {
    if (const auto became = os::what_became_of(status_)) fail(ErrorCode::kTargetGone, "{}", *became);
    if (memory_.is_gone())
      fail(ErrorCode::kTargetGone, "process {} has started its program {} anew", status_.pid, status_.exe);
  }

 private:
  FileBytes open(const FilePart& part) const {
    const bool is_exe = part.path == status_.exe;
    if (is_exe) {
      auto file = os::map_file(os::open_exe(status_.pid), part.path);
      return {file->bytes(), file};
    }
    for (const auto& mapping : maps_) {
      if (mapping.range != part.range) continue;
      auto file = os::map_file(os::open_mapped_file(status_.pid, mapping), part.path);
      return {file->bytes(), file};
    }
    fail(ErrorCode::kNotFound, "{} is not mapped", part.path);
  }

  void read_mappings() {
    maps_ = os::read_maps(status_.pid);
    readable_ = readable_ranges(maps_);
  }

  // One moment can be quieter than those around it.
  void note_load() {
    const os::ProcessorLoad now = os::processor_load();
    if (now.wanting >= load_.wanting) load_ = now;
  }

  void look() {
    for (int attempt = 1;; ++attempt) {
      try {
        FrozenMemory probe([this](Address from, std::span<std::byte> to) { return fetch(from, to); }, {}, readable_);
        const LayeredMemory layered(files_, probe);
        LossLedger ignored;  // torn reads of a moving process are no loss
        if (!identified_.runtime)
          identified_ = identify_taken(*program_, memory_layers(), *layouts_.source, go::Motion::kRunning, ignored);
        const go::Runtime& known = *identified_.runtime;
        const go::Runtime runtime{layered, known.layouts, known.version, known.modules, known.vars};
        plan_from(runtime, probe, ignored);
        return;
      } catch (const Error& error) {
        require_same();
        if (error.code() == ErrorCode::kTargetGone || attempt == kTries) throw;
        // What could not be read may lie in a mapping that is new, as the runtime's list of spans does when it has
        // grown.
        read_mappings();
      }
    }
  }

  void plan_from(const go::Runtime& runtime, const FrozenMemory& probe, LossLedger& ignored) {
    const double begin_ms = worked_ms();
    const auto heap = go::HeapModel::read(runtime, go::Motion::kRunning, ignored);
    touch_records(runtime, heap, probe, ignored);
    effort_ = {};
    effort_.records_ms = worked_ms() - begin_ms;
    plan_ = go::heap_memory(runtime, heap, with_content_);
    for (const AddressRange& range : program_->writable()) plan_.push_back(range);
    // The stacks of running threads are not known yet.
    const auto stacks = go::stack_memory(runtime, os::waiting_stack_pointers(status_.pid));
    const auto readable_stacks = within(stacks, readable_);
    plan_.insert(plan_.end(), readable_stacks.begin(), readable_stacks.end());
    for (const AddressRange& range : readable_stacks)
      if (range.size() > kDeepStack) effort_.deep_stack_bytes += range.size();
    plan_ = joined(std::move(plan_));
    blocks_ = without(probe.blocks(), plan_);
    const auto zeros = within(plan_, anonymous_ranges(maps_));
    empty_ = without(zeros, filled_of(zeros, [this](AddressRange range) { return memory_.present_ranges(range); }));
    effort_.bytes = total_bytes(plan_) - total_bytes(empty_);
    effort_.opened_rss = opened_rss_;
    effort_.record_bytes = total_bytes(blocks_);
    effort_.spans = heap.in_use().size() + heap.manual().size();
    if (with_content_) effort_.content_bytes = effort_.bytes;
    const go::Runtime running{memory_layers(), runtime.layouts, runtime.version, runtime.modules, runtime.vars};
    effort_.graph = estimate_graph(running, heap, empty_);
    effort_.ms_per_byte = measure_copy();
    effort_.readers = kReadThreads;
    effort_.workers = worker_count();
    note_load();
    effort_.load = load_;
    effort_.goroutines = static_cast<std::uint32_t>(go::count_goroutines(runtime));
    effort_.threads = status_.threads;
    effort_.modules = runtime.modules.size();
  }

  double measure_copy() const;

  std::uint64_t fetch(Address from, std::span<std::byte> to) const {
    if (memory_.try_read(from, to)) return to.size();
    std::uint64_t got = 0;
    while (got < to.size()) {
      const std::uint64_t n = std::min<std::uint64_t>(to.size() - got, kSystemPage - (from + got).value % kSystemPage);
      if (!memory_.try_read(from + got, to.subspan(got, n))) break;
      got += n;
    }
    return got;
  }

  const MemorySource& memory_layers() {
    if (!running_) running_ = std::make_unique<LayeredMemory>(files_, memory_);
    return *running_;
  }

 public:
  // Makes the memory keep the runtime's small records, which passes read after the target has gone on.
  static void touch_records(const go::Runtime& runtime, const go::HeapModel& heap, const FrozenMemory& memory,
                            LossLedger& losses) {
    go::visit_small_records(
        runtime, heap, [&](AddressRange range) { memory.touch(range); }, losses);
  }

 private:
  const os::ProcessStatus& status_;
  bool with_content_;
  LossLedger& losses_;
  std::vector<os::ProcessMapping> maps_;
  os::ProcessMemory memory_;
  std::optional<Program> program_;
  MemoryImage files_;
  ProgramLayouts layouts_;
  std::vector<AddressRange> readable_;
  std::unique_ptr<LayeredMemory> running_;
  go::Identified identified_;
  std::uint64_t opened_rss_ = 0;
  os::ProcessorLoad load_;
  std::vector<AddressRange> plan_;
  std::vector<AddressRange> blocks_;
  std::vector<AddressRange> empty_;
  Effort effort_;
};

std::uint64_t LiveProcess::count_collections() const {
  require_same();
  const auto count = go::count_collections(*identified_.runtime);
  if (!count) fail(ErrorCode::kUnsupported, "the counter of collections of process {} cannot be read", status_.pid);
  return *count;
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
  for (const AddressRange& range : without(plan_, empty_)) {
    if (bytes == kSample) break;
    ranges.push_back({range.begin, range.begin + std::min(range.size(), kSample - bytes)});
    bytes += ranges.back().size();
  }
  if (bytes == 0) return 0;
  const Mapping room(bytes);
  os::populate({room.data(), bytes});
  const double begin_ms = worked_ms();
  memory_.read_ranges(ranges, {room.data(), bytes}, 1);
  return (worked_ms() - begin_ms) / static_cast<double>(bytes);
}

// The pause: stops the target, reads, and lets it go on.
class Freeze {
 public:
  Freeze(const LiveProcess& live, PassTimes& times) : live_(live), times_(times) {
    frozen_ = std::make_unique<FrozenMemory>(
        [this](Address from, std::span<std::byte> to) { return fetch(from, to); },
        [this](std::span<const os::RangeCopy> copies) { return stopped_->copy_ranges(copies, kReadThreads).holes; },
        live.readable());
    layered_ = std::make_unique<LayeredMemory>(live.files(), *frozen_);
  }

  void run(heap::Snapshot& snapshot) {
    times_.run("prepare", [&] {
      std::vector<AddressRange> ranges = live_.plan();
      ranges.insert(ranges.end(), live_.blocks().begin(), live_.blocks().end());
      ranges = without_overlaps(std::move(ranges));
      frozen_->prepare(ranges, without(ranges, live_.empty()));
    });
    times_.run("freeze", [&] { stopped_ = std::make_unique<os::StoppedProcess>(live_.status().pid); });
    live_.require_same();
    read();
    times_.run("thaw", [&] { stopped_->thaw(); });
    frozen_->close();
    monotonic_ns_ = clock_ns();
    note_moment(snapshot.target);
    const PauseForecast foretold = foretell_pause(live_.effort());
    snapshot.pause.predicted_ms = foretold.alone_ms;
    snapshot.pause.predicted_least_ms = foretold.least_ms;
    snapshot.pause.predicted_most_ms = foretold.most_ms;
    snapshot.pause.measured_ms = stopped_->pause_ms();
    snapshot.pause.bytes_read = frozen_->bytes_read();
  }

  const MemorySource& memory() const { return *layered_; }
  const std::vector<go::ThreadRegisters>& threads() const { return threads_; }
  std::uint64_t monotonic_ns() const { return monotonic_ns_; }
  std::uint64_t bytes_read() const { return frozen_->bytes_read(); }

 private:
  std::uint64_t fetch(Address from, std::span<std::byte> to) const {
    const os::RangeCopy copy{{from, from + to.size()}, to.data()};
    const auto holes = stopped_->copy_ranges({&copy, 1}, 1).holes;
    return holes.empty() ? to.size() : holes.front().begin - from;
  }

  void read() {
    for (const auto& thread : stopped_->threads()) {
      if (!thread.stopped) {
        live_.losses().add(LossKind::kThreadNotStopped, Address());
        continue;
      }
      threads_.push_back({static_cast<std::uint64_t>(thread.tid_in_namespace), thread.registers});
    }
    const auto readable = readable_ranges(os::read_maps(live_.status().pid));
    frozen_->set_readable(readable);
    const go::Runtime& known = *live_.identified().runtime;
    const go::Runtime runtime{*layered_, known.layouts, known.version, known.modules, known.vars};
    // Reads the records of the runtime first (all that the earlier look needed, in one go), then what they say is the
    // heap. A block that the runtime has unmapped since is not missing: the runtime has moved it, and says where.
    times_.run("read records", [&] { note(frozen_->read_bulk(within(live_.blocks(), readable))); });
    const auto heap =
        times_.run("read spans", [&] { return go::HeapModel::read(runtime, go::Motion::kStopped, live_.losses()); });
    times_.run("read heap", [&] {
      std::vector<AddressRange> ranges = go::heap_memory(runtime, heap, live_.with_content());
      for (const AddressRange& range : live_.program().writable()) ranges.push_back(range);
      const Filled filled = [this](const std::vector<AddressRange>& wanted) { return filled_now(wanted); };
      note(frozen_->read_bulk(without_overlaps(std::move(ranges)), filled));
      std::vector<Address> stack_pointers;
      for (const go::ThreadRegisters& thread : threads_) stack_pointers.push_back(thread.registers.sp());
      note(frozen_->read_bulk(within(go::stack_memory(runtime, stack_pointers), readable), filled));
    });
    times_.run("read leftovers", [&] {
      LossLedger counted_later;
      LiveProcess::touch_records(runtime, heap, *frozen_, counted_later);
      go::visit_type_masks(runtime, heap, counted_later);
    });
  }

  // Only asks about what held nothing a moment ago: elsewhere asking takes longer than reading.
  std::vector<AddressRange> filled_now(const std::vector<AddressRange>& wanted) const {
    const auto doubtful = within(wanted, live_.empty());
    if (doubtful.empty()) return wanted;
    auto filled = without(wanted, doubtful);
    for (const AddressRange& range :
         filled_of(doubtful, [this](AddressRange hull) { return stopped_->present_ranges(hull); }))
      filled.push_back(range);
    return joined(std::move(filled));
  }

  void note(const std::vector<AddressRange>& holes) const {
    for (const AddressRange& hole : holes)
      live_.losses().add(LossKind::kUnreadablePage, hole.begin, (hole.size() + kSystemPage - 1) / kSystemPage);
  }

  const LiveProcess& live_;
  PassTimes& times_;
  std::unique_ptr<os::StoppedProcess> stopped_;
  std::unique_ptr<FrozenMemory> frozen_;
  std::unique_ptr<LayeredMemory> layered_;
  std::vector<go::ThreadRegisters> threads_;
  std::uint64_t monotonic_ns_ = 0;
};

class ProcessTarget final : public Target {
 public:
  ProcessTarget(std::string name, os::ProcessStatus status, const Options& options)
      : Target(std::move(name)), status_(std::move(status)), options_(options) {}

  TargetForm form() const override { return TargetForm::kProcess; }
  const os::ProcessStatus* process() const override { return &status_; }

  Prediction predict(PassTimes& times) override {
    open(times);
    const Effort& effort = live_->effort();
    return {foretell_pause(effort),  effort.load,       effort.all_bytes(),
            effort.graph.objects,    effort.goroutines, effort.threads,
            foretold_memory(effort), os::memory_room(), live_->program().runtimes()};
  }

  std::uint64_t count_collections(PassTimes& times) override {
    open(times);
    std::uint64_t count = 0;
    watched([&] { count = live_->count_collections(); });
    return count;
  }

  std::unique_ptr<Target> anew() const override { return process_target(name(), status_, options_); }

  heap::Snapshot snapshot(const Callbacks& callbacks, PassTimes& times) override {
    open(times);
    // Which process this is about, which of its runtimes, and what its layouts are, is final. Nothing has been stopped.
    if (!options_.force) require_room(foretold_memory(live_->effort()), os::memory_room());
    heap::Snapshot snapshot;
    snapshot.target.kind = heap::TargetKind::kLive;
    snapshot.target.pid = status_.pid;
    snapshot.target.name = status_.name;
    snapshot.target.memory_limit = os::read_memory_cgroup(status_.pid).limit;
    Freeze freeze(*live_, times);
    watched([&] { freeze.run(snapshot); });
    // The target has gone on. Its memory is final: from here on only the copy is read.
    auto residency =
        times.run("residency", [&] { return read_residency(status_.pid, live_->identified().runtime.get(), losses_); });
    const auto identified =
        times.run("identify", [&] { return go::identify_again(live_->identified(), freeze.memory(), losses_); });
    const FrozenTarget target{&live_->program(),    &identified,    freeze.threads(),   freeze.monotonic_ns(),
                              std::move(residency), live_->dwarf(), freeze.bytes_read()};
    build(target, options_, callbacks, snapshot, losses_, times);
    snapshot.losses = losses_.sorted();
    return snapshot;
  }

 private:
  void open(PassTimes& times) {
    if (live_) return;
    watched([&] {
      os::require_readable(status_);
      times.run("open", [&] { live_.emplace(status_, options_, losses_); });
    });
  }

  // Runs work that looks at the process. If it fails because the process ended or became another one, the error says
  // that.
  template <typename Work>
  void watched(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      if (const auto became = os::what_became_of(status_)) fail(ErrorCode::kTargetGone, "{}", *became);
      if (live_) live_->require_same();
      throw;
    }
  }

  os::ProcessStatus status_;
  Options options_;
  LossLedger losses_;
  std::optional<LiveProcess> live_;
};

}  // namespace

std::unique_ptr<Target> process_target(std::string name, os::ProcessStatus status, const Options& options) {
  return std::make_unique<ProcessTarget>(std::move(name), std::move(status), options);
}

}  // namespace holdfast::capture
