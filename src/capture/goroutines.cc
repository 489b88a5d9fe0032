#include "capture/goroutines.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/parallel.h"
#include "capture/mark_excuses.h"
#include "capture/wake_ups.h"
#include "go/goroutine_labels.h"
#include "go/mem_stats.h"
#include "go/package_names.h"
#include "heap/plumbing.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kParts = 32;

// What unwinding one goroutine gave. It is made in parallel and added in order.
struct Walked {
  go::Stack stack;
  std::vector<go::StackRoot> roots;
  std::vector<NamedByWord> named;
};

// A core does not say when it was written, but that was after everything that the runtime has noted the time of.
std::uint64_t least_time(const FrozenTarget& target, const go::Scheduler& scheduler) {
  if (target.monotonic_ns > 0) return target.monotonic_ns;
  std::uint64_t now = go::last_collection_clock(*target.identified->runtime);
  for (const go::Goroutine& goroutine : scheduler.goroutines)
    if (goroutine.waits() && goroutine.wait_since > 0)
      now = std::max(now, static_cast<std::uint64_t>(goroutine.wait_since));
  return now;
}

class GoroutinePass {
 public:
  GoroutinePass(const FrozenTarget& target, const go::Scheduler& scheduler, const go::ChannelQueues& queues,
                RootWriter& forest, heap::Snapshot& snapshot, LossLedger& losses)
      : target_(target),
        scheduler_(scheduler),
        queues_(queues),
        forest_(forest),
        snapshot_(snapshot),
        losses_(losses),
        functions_(*target.identified->functions),
        unwinder_(*target.identified->runtime, functions_, scheduler, target.threads),
        finder_(*target.identified->runtime, functions_, losses),
        now_ns_(least_time(target, scheduler)),
        collection_ends_(go::collection_end_clocks(*target.identified->runtime)) {}

  void run() {
    walk_all();
    add_rows();
    add_labels();
    add_roots();
    add_excuses();
    add_wake_ups(
        target_, scheduler_, queues_, forest_.index(), [&](std::size_t i) { return words_of(walked_[i]); }, snapshot_);
  }

 private:
  void walk_all() {
    walked_.resize(scheduler_.goroutines.size());
    for_each_part(walked_.size(), kParts, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t i = begin; i < end; ++i) {
        const go::Goroutine& g = scheduler_.goroutines[i];
        if (g.dead()) continue;
        walked_[i].stack = unwinder_.unwind(g);
        walked_[i].roots = finder_.roots(g, walked_[i].stack);
        // The registers of running code are what its innermost function works with.
        for (go::StackRoot& root : walked_[i].roots)
          if (root.kind == go::StackRootKind::kRegister && !walked_[i].stack.frames.empty()) root.frame = 0;
        if (has_run_since_mark(g, snapshot_.audit.gc_phase))
          walked_[i].named = named_by_words(*target_.identified->runtime, g, walked_[i].stack, walked_[i].roots,
                                            forest_.index(), snapshot_);
      }
    });
  }

  static std::optional<std::vector<Address>> words_of(const Walked& walked) {
    if (walked.stack.running()) return std::nullopt;
    std::vector<Address> words;
    words.reserve(walked.roots.size());
    for (const go::StackRoot& root : walked.roots) words.push_back(root.value);
    return words;
  }

  void add_rows() {
    for (std::size_t i = 0; i < walked_.size(); ++i) {
      const go::Goroutine& g = scheduler_.goroutines[i];
      heap::Goroutine row;
      row.g = g.g;
      row.goid = g.goid;
      row.parent_goid = g.parent_goid;
      row.state = state_of(g.status);
      row.system = g.system;
      row.locked_to_thread = static_cast<bool>(g.locked_m);
      row.stack = g.stack;
      row.unwound = walked_[i].stack.complete();
      if (!g.dead()) {
        add_frames(walked_[i].stack, row);
        name_waiting(g, row);
        name_creator(g, row);
        check_unwound(g, walked_[i].stack);
      }
      snapshot_.goroutines.push_back(row);
    }
  }

  // Goroutines mostly share their labels with those that made them.
  void add_labels() {
    const go::GoroutineLabelReader reader(*target_.identified->runtime);
    using Rows = std::vector<std::pair<StringId, StringId>>;
    std::unordered_map<Address, Rows> known;
    for (std::uint32_t i = 0; i < scheduler_.goroutines.size(); ++i) {
      const go::Goroutine& g = scheduler_.goroutines[i];
      if (g.dead() || !g.labels) continue;
      const auto [it, is_new] = known.try_emplace(g.labels);
      if (is_new) {
        const auto labels = reader.read(g.labels);
        if (!labels) losses_.add(LossKind::kUnreadableLabels, g.labels);
        for (const go::GoroutineLabel& label : labels.value_or(std::vector<go::GoroutineLabel>()))
          it->second.emplace_back(snapshot_.strings.add(label.key), snapshot_.strings.add(label.value));
      }
      for (const auto& [key, value] : it->second) snapshot_.goroutine_labels.push_back({GoroutineId(i), key, value});
    }
  }

  static heap::GoroutineState state_of(go::GoroutineStatus status) {
    switch (status) {
      case go::GoroutineStatus::kIdle:
        return heap::GoroutineState::kIdle;
      case go::GoroutineStatus::kRunnable:
        return heap::GoroutineState::kRunnable;
      case go::GoroutineStatus::kRunning:
        return heap::GoroutineState::kRunning;
      case go::GoroutineStatus::kSyscall:
        return heap::GoroutineState::kSyscall;
      case go::GoroutineStatus::kWaiting:
        return heap::GoroutineState::kWaiting;
      case go::GoroutineStatus::kDead:
        return heap::GoroutineState::kDead;
      case go::GoroutineStatus::kCopyStack:
        return heap::GoroutineState::kCopyStack;
      case go::GoroutineStatus::kPreempted:
        return heap::GoroutineState::kPreempted;
      case go::GoroutineStatus::kLeaked:
        return heap::GoroutineState::kLeaked;
      case go::GoroutineStatus::kDeadExtra:
        return heap::GoroutineState::kDeadExtra;
    }
    return heap::GoroutineState::kDead;
  }

  void add_frames(const go::Stack& stack, heap::Goroutine& row) {
    row.first_frame = static_cast<std::uint32_t>(snapshot_.frames.size());
    for (const go::StackFrame& frame : stack.frames) {
      const auto& sources = source_of(frame);
      for (const auto& source : sources) {
        heap::Frame out;
        out.pc = frame.pc;
        out.function = source.function;
        out.file = source.file;
        out.line = source.line;
        out.inlined = source.inlined;
        snapshot_.frames.push_back(out);
      }
      // The last source frame is that of the function itself, the others are inlined into it.
      if (const std::uint64_t size = frame.fp - frame.sp; !sources.empty() && frame.fp > frame.sp &&
                                                          row.stack.contains(frame.sp) &&
                                                          size > row.largest_frame_bytes && size <= row.stack.size()) {
        row.largest_frame_bytes = size;
        row.largest_frame = FrameId(static_cast<std::uint32_t>(snapshot_.frames.size() - 1));
      }
    }
    if (!stack.frames.empty() && row.stack.contains(stack.frames.front().sp))
      row.stack_used = row.stack.end - stack.frames.front().sp;
    row.frame_count = static_cast<std::uint32_t>(snapshot_.frames.size()) - row.first_frame;
  }

  // Keeps source frames by pc: thousands of goroutines stand at the same few places.
  const std::vector<heap::Frame>& source_of(const go::StackFrame& frame) {
    const auto key = std::make_pair(frame.pc, frame.is_return_address);
    const auto it = source_.find(key);
    if (it != source_.end()) return it->second;
    std::vector<heap::Frame>& out = source_[key];
    for (const auto& source : functions_.source_frames(frame.pc, frame.is_return_address)) {
      heap::Frame row;
      row.function = go::add_name(snapshot_.strings, source.function);
      row.file = snapshot_.strings.add(source.file);
      row.line = source.line;
      row.inlined = source.inlined;
      out.push_back(row);
    }
    return out;
  }

  void name_waiting(const go::Goroutine& g, heap::Goroutine& row) {
    go::WaitReason reason = g.wait_reason;
    if (reason == go::WaitReason::kSemacquire) {
      std::vector<std::string_view> names;
      for (std::uint32_t f = 0; f < std::min(row.frame_count, 16U); ++f)
        names.push_back(snapshot_.strings[snapshot_.frames[row.first_frame + f].function]);
      reason = go::refine_semacquire(names);
    }
    row.wait_reason = reason;
    if (g.wait_count > 0) row.waits_on = scheduler_.waits[g.first_wait].object;
    const bool waits = g.status == go::GoroutineStatus::kWaiting || g.status == go::GoroutineStatus::kLeaked;
    if (waits && g.wait_since > 0) row.waiting_ns = least_wait(static_cast<std::uint64_t>(g.wait_since));
  }

  // A goroutine has waited since the end of the collection that has seen it wait, at least. What the runtime has noted
  // is a moment before the end of the collection before that.
  std::optional<std::uint64_t> least_wait(std::uint64_t noted) const {
    const auto before = std::ranges::upper_bound(collection_ends_, noted);
    if (collection_ends_.end() - before < 2 || now_ns_ <= before[1]) return std::nullopt;
    return now_ns_ - before[1];
  }

  void name_creator(const go::Goroutine& g, heap::Goroutine& row) {
    if (!g.go_pc || g.goid == 1) return;  // no go statement made the main goroutine
    const auto frames = functions_.source_frames(g.go_pc, true);
    if (frames.empty()) return;
    row.created_by = go::add_name(snapshot_.strings, frames.front().function);
    row.created_file = snapshot_.strings.add(frames.front().file);
    row.created_line = frames.front().line;
  }

  void check_unwound(const go::Goroutine& g, const go::Stack& stack) {
    if (!g.parked() && g.status != go::GoroutineStatus::kSyscall) return;
    ++snapshot_.audit.goroutines_checked;
    if (!stack.complete()) snapshot_.audit.not_unwound.push_back(g.goid);
  }

  // Goroutines that stand at the same place in the same state for the same reason have the same key.
  std::string group_key(const heap::Goroutine& row) const {
    std::string key =
        fmt::format("{}/{}/{}/", static_cast<int>(row.state), static_cast<int>(row.wait_reason), row.created_by.row);
    for (std::uint32_t f = 0; f < row.frame_count; ++f) {
      const heap::Frame& frame = snapshot_.frames[row.first_frame + f];
      key += fmt::format("{}:{},", frame.function.row, frame.line);
    }
    return key;
  }

  heap::Label group_label(const heap::Goroutine& row) const {
    heap::Label label;
    label.basis = heap::Basis::kRuntime;
    label.members = heap::RootKind::kGoroutine;
    label.wait_reason = row.wait_reason;
    const heap::OwnerRules& rules = heap::OwnerRules::built_in();
    if (const heap::Frame* frame = heap::first_user_frame(snapshot_, rules, row.first_frame, row.frame_count)) {
      label.code.function = frame->function;
      label.code.file = frame->file;
      label.code.line = frame->line;
    }
    return label;
  }

  void add_roots() {
    std::map<std::string, std::vector<std::size_t>> groups;
    std::vector<const std::string*> order;
    for (std::size_t i = 0; i < walked_.size(); ++i) {
      if (scheduler_.goroutines[i].dead()) continue;
      const auto [it, is_new] = groups.try_emplace(group_key(snapshot_.goroutines[i]));
      if (is_new) order.push_back(&it->first);
      it->second.push_back(i);
    }
    for (const std::string* key : order) {
      const auto& members = groups[*key];
      RootId group;
      if (members.size() > 1)
        group = forest_.add(heap::RootKind::kGroup, RootId(), group_label(snapshot_.goroutines[members.front()]));
      for (const std::size_t i : members) add_goroutine_roots(i, group);
    }
  }

  void add_excuses() {
    std::vector<heap::MarkExcuse> excuses;
    for (std::size_t i = 0; i < walked_.size(); ++i) {
      if (walked_[i].named.empty()) continue;
      const std::vector<FrameId> rows = rows_of_frames(walked_[i].stack, snapshot_.goroutines[i]);
      for (const NamedByWord& word : walked_[i].named)
        excuses.push_back(
            {word.object, heap::MarkCause::kConservativeWord, word.frame < rows.size() ? rows[word.frame] : FrameId()});
    }
    add_word_excuses(std::move(excuses), snapshot_);
  }

  // Returns the row of each physical frame: that of the function which is not inlined, the last of those that share it.
  std::vector<FrameId> rows_of_frames(const go::Stack& stack, const heap::Goroutine& row) {
    std::vector<FrameId> rows;
    std::uint32_t next = row.first_frame;
    for (const go::StackFrame& frame : stack.frames) {
      const auto count = static_cast<std::uint32_t>(source_of(frame).size());
      next += count;
      rows.push_back(count == 0 ? FrameId() : FrameId(next - 1));
    }
    return rows;
  }

  void add_goroutine_roots(std::size_t i, RootId group) {
    const go::Goroutine& g = scheduler_.goroutines[i];
    heap::Goroutine& row = snapshot_.goroutines[i];
    const GoroutineId id(static_cast<std::uint32_t>(i));
    row.root = forest_.add(heap::RootKind::kGoroutine, group, g.g);
    forest_.current().goroutine = id;
    const Walked& walked = walked_[i];
    const std::vector<FrameId> rows = rows_of_frames(walked.stack, row);
    // The roots of one frame are one node; those without a frame are below the goroutine.
    std::vector<const go::StackRoot*> sorted;
    sorted.reserve(walked.roots.size());
    for (const go::StackRoot& root : walked.roots) sorted.push_back(&root);
    std::stable_sort(sorted.begin(), sorted.end(), [](const go::StackRoot* a, const go::StackRoot* b) {
      return std::make_pair(a->frame, a->conservative) < std::make_pair(b->frame, b->conservative);
    });
    for (std::size_t from = 0; from < sorted.size();) {
      std::size_t to = from;
      while (to < sorted.size() && sorted[to]->frame == sorted[from]->frame &&
             sorted[to]->conservative == sorted[from]->conservative)
        ++to;
      const std::uint32_t frame = sorted[from]->frame;
      add_frame_node(walked, row.root, id, {sorted.data() + from, to - from},
                     frame < rows.size() ? rows[frame] : FrameId());
      from = to;
    }
  }

  void add_frame_node(const Walked& walked, RootId goroutine, GoroutineId id,
                      std::span<const go::StackRoot* const> roots, FrameId frame) {
    const go::StackRoot& first = *roots.front();
    const bool has_frame = first.frame < walked.stack.frames.size();
    const Address sp = has_frame ? walked.stack.frames[first.frame].sp : Address();
    if (has_frame)
      forest_.add(heap::RootKind::kFrame, goroutine, frame_label(walked.stack.frames[first.frame]), sp);
    else
      forest_.add(kind_of(first.kind), goroutine, sp);
    forest_.current().goroutine = id;
    forest_.current().conservative = first.conservative;
    forest_.current().frame = frame;
    for (const go::StackRoot* root : roots) forest_.hold(root->value, root->slot && sp ? root->slot - sp : 0);
    forest_.drop_if_empty();
  }

  // Returns the kind of roots that belong to no frame.
  static heap::RootKind kind_of(go::StackRootKind kind) {
    switch (kind) {
      case go::StackRootKind::kDefer:
        return heap::RootKind::kDefer;
      case go::StackRootKind::kContext:
        return heap::RootKind::kStartClosure;
      case go::StackRootKind::kRegister:
        return heap::RootKind::kRegister;
      case go::StackRootKind::kSystemStack:
        return heap::RootKind::kSystemStack;
      default:
        return heap::RootKind::kStackSlot;
    }
  }

  heap::Label frame_label(const go::StackFrame& frame) {
    heap::Label label;
    label.basis = heap::Basis::kRuntime;
    const auto code = functions_.find(frame.pc);
    if (!code) {
      label.code.pc = frame.pc;
      return label;
    }
    label.code.function = go::add_name(snapshot_.strings, code->function.name);
    label.code.offset = frame.pc - code->function.entry;
    if (const auto& source = source_of(frame); !source.empty()) {
      label.code.file = source.back().file;
      label.code.line = source.back().line;
    }
    return label;
  }

  const FrozenTarget& target_;
  const go::Scheduler& scheduler_;
  const go::ChannelQueues& queues_;
  RootWriter& forest_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  const go::FunctionTables& functions_;
  go::Unwinder unwinder_;
  go::StackRootFinder finder_;
  const std::uint64_t now_ns_;                        // in the runtime's clock, at least
  const std::vector<std::uint64_t> collection_ends_;  // in the same clock, ascending
  std::vector<Walked> walked_;
  std::map<std::pair<Address, bool>, std::vector<heap::Frame>> source_;
};

}  // namespace

void add_goroutines(const FrozenTarget& target, const go::HeapModel& heap, const go::Scheduler& scheduler,
                    const go::ChannelQueues& queues, RootWriter& forest, heap::Snapshot& snapshot, LossLedger& losses) {
  GoroutinePass(target, scheduler, queues, forest, snapshot, losses).run();
  add_actors(target, heap, scheduler, forest.index(), snapshot, losses);
}

}  // namespace holdfast::capture
