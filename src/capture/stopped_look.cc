#include "capture/stopped_look.h"

#include <ctime>
#include <utility>

#include "base/architecture.h"
#include "base/ranges.h"
#include "capture/nearby.h"
#include "go/needed_memory.h"

namespace holdfast::capture {
namespace {

std::uint64_t clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000U + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

StoppedLook::StoppedLook(const go::Runtime& runtime, const MemorySource& files, const TargetRanges& target,
                         LookPlan plan, const LeavesWanted& leaves, LossLedger& losses)
    : runtime_(runtime),
      target_(target),
      plan_(std::move(plan)),
      leaves_(leaves),
      losses_(losses),
      frozen_([this](Address from, std::span<std::byte> to) { return fetch(from, to); },
              [this](std::span<const os::RangeCopy> copies) { return stopped_->copy_ranges(copies, kReaders).holes; },
              target.readable),
      layered_(files, frozen_) {}

void StoppedLook::run(const StopTarget& stop, const ReadableNow& readable_now, PassTimes& times) {
  times.run("prepare", [&] { prepare(); });
  // It ends with this function, and so does the pause, even if reading fails.
  const std::unique_ptr<os::Frozen> frozen = times.run("freeze", stop);
  stopped_ = frozen.get();
  try {
    read(readable_now(), times);
  } catch (...) {
    stopped_ = nullptr;
    throw;
  }
  times.run("thaw", [&] { frozen->thaw(); });
  stopped_ = nullptr;
  frozen_.close();
  monotonic_ns_ = clock_ns();
  pause_ms_ = frozen->pause_ms();
}

void StoppedLook::prepare() {
  std::vector<AddressRange> ranges = plan_.ranges;
  ranges.insert(ranges.end(), plan_.blocks.begin(), plan_.blocks.end());
  ranges = without_overlaps(std::move(ranges));
  frozen_.prepare(ranges, without(ranges, plan_.empty));
}

std::uint64_t StoppedLook::fetch(Address from, std::span<std::byte> to) const {
  const os::RangeCopy copy{{from, from + to.size()}, to.data()};
  const auto holes = stopped_->copy_ranges({&copy, 1}, 1).holes;
  return holes.empty() ? to.size() : holes.front().begin - from;
}

// Reads the records of the runtime first (all that the earlier look needed, in one go), then what they say is the heap.
// A block that the runtime has unmapped since is not missing: the runtime has moved it, and says where.
void StoppedLook::read(std::vector<AddressRange> readable, PassTimes& times) {
  note_threads();
  frozen_.set_readable(readable);
  const go::Runtime runtime{layered_, runtime_.layouts, runtime_.version, runtime_.modules, runtime_.vars};
  times.run("read records", [&] { note_holes(frozen_.read_bulk(within(plan_.blocks, readable))); });
  // What cannot be read of the records is counted when the copy is read again for the snapshot.
  LossLedger counted_later;
  const auto heap =
      times.run("read spans", [&] { return go::HeapModel::read(runtime, go::Motion::kStopped, counted_later); });
  times.run("read heap", [&] { read_heap(runtime, heap, readable); });
  if (leaves_.near)
    times.run("read nearby", [&] {
      note_holes(frozen_.read_bulk(within(nearby_leaves(layered_, heap.in_use(), *leaves_.near), readable)));
    });
  times.run("read leftovers", [&] {
    touch_records(runtime, heap, frozen_, counted_later);
    go::visit_type_masks(runtime, heap, counted_later);
  });
}

void StoppedLook::read_heap(const go::Runtime& runtime, const go::HeapModel& heap,
                            const std::vector<AddressRange>& readable) {
  std::vector<AddressRange> ranges = go::heap_memory(runtime, heap, leaves_.all);
  ranges.insert(ranges.end(), target_.variables.begin(), target_.variables.end());
  const auto outside = within(plan_.outside, readable);
  ranges.insert(ranges.end(), outside.begin(), outside.end());
  const Filled filled = [this](const std::vector<AddressRange>& wanted) { return filled_now(wanted); };
  note_holes(frozen_.read_bulk(without_overlaps(std::move(ranges)), filled));
  std::vector<Address> stack_pointers;
  stack_pointers.reserve(threads_.size());
  for (const go::ThreadRegisters& thread : threads_) stack_pointers.push_back(thread.registers.sp());
  note_holes(frozen_.read_bulk(within(go::stack_memory(runtime, stack_pointers), readable), filled));
}

void StoppedLook::note_threads() {
  for (const os::FrozenThread& thread : stopped_->threads()) {
    if (!thread.stopped) {
      losses_.add(LossKind::kThreadNotStopped, Address());
      continue;
    }
    threads_.push_back({static_cast<std::uint64_t>(thread.tid_in_namespace), thread.registers});
  }
}

// Only asks about what held nothing a moment ago: elsewhere asking takes longer than reading.
std::vector<AddressRange> StoppedLook::filled_now(const std::vector<AddressRange>& wanted) const {
  const auto doubtful = within(wanted, plan_.empty);
  if (doubtful.empty()) return wanted;
  auto filled = without(wanted, doubtful);
  for (const AddressRange& range :
       filled_of(doubtful, [this](AddressRange hull) { return stopped_->present_ranges(hull); }))
    filled.push_back(range);
  return joined(std::move(filled));
}

void StoppedLook::note_holes(const std::vector<AddressRange>& holes) const {
  for (const AddressRange& hole : holes)
    losses_.add(LossKind::kUnreadablePage, hole.begin, (hole.size() + kSystemPage - 1) / kSystemPage);
}

}  // namespace holdfast::capture
