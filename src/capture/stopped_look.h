// The part of a look at a live process for which that stands still: everything that will be asked for is copied, and
// the process goes on. It goes on whatever happens here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/loss.h"
#include "base/timer.h"
#include "capture/layered_memory.h"
#include "capture/look_plan.h"
#include "go/unwind.h"
#include "os/stopper.h"

namespace holdfast::capture {

// Stops the target. Fails as os::StoppedProcess does, or if it is not what it was.
using StopTarget = std::function<std::unique_ptr<os::Frozen>()>;
// Returns what the target can read, asked while it stands still.
using ReadableNow = std::function<std::vector<AddressRange>()>;

// What of memory without pointers is copied.
struct LeavesWanted {
  bool all = false;
  std::optional<Address> near;  // otherwise: what lies near this object (capture/nearby.h); none: nothing
};

class StoppedLook {
 public:
  static constexpr unsigned kReaders = 2;  // threads that copy

  // `runtime` says where what is to be read lies; its memory is not used. `files` has what lies in the program's files.
  // All but the plan must outlive this.
  StoppedLook(const go::Runtime& runtime, const MemorySource& files, const TargetRanges& target, LookPlan plan,
              const LeavesWanted& leaves, LossLedger& losses);

  // Makes memory ready, stops the target, copies and lets it go, also if any of that fails: then it throws what the
  // copy did (kTargetGone, kCancelled, kDamaged, ...). What cannot be read, and a thread that would not stop, is a
  // loss.
  void run(const StopTarget& stop, const ReadableNow& readable_now, PassTimes& times);

  // These are of the moment, and may be used after run().
  const MemorySource& memory() const { return layered_; }
  const std::vector<go::ThreadRegisters>& threads() const { return threads_; }
  std::uint64_t monotonic_ns() const { return monotonic_ns_; }  // CLOCK_MONOTONIC
  std::uint64_t bytes_read() const { return frozen_.bytes_read(); }
  double pause_ms() const { return pause_ms_; }

 private:
  std::uint64_t fetch(Address from, std::span<std::byte> to) const;
  void prepare();
  void read(std::vector<AddressRange> readable, PassTimes& times);
  void read_heap(const go::Runtime& runtime, const go::HeapModel& heap, const std::vector<AddressRange>& readable);
  void note_threads();
  void note_holes(const std::vector<AddressRange>& holes) const;
  std::vector<AddressRange> filled_now(const std::vector<AddressRange>& wanted) const;

  const go::Runtime& runtime_;
  const TargetRanges& target_;
  LookPlan plan_;
  LeavesWanted leaves_;
  LossLedger& losses_;
  FrozenMemory frozen_;
  LayeredMemory layered_;
  const os::Frozen* stopped_ = nullptr;  // null: it runs
  std::vector<go::ThreadRegisters> threads_;
  std::uint64_t monotonic_ns_ = 0;
  double pause_ms_ = 0;
};

}  // namespace holdfast::capture
