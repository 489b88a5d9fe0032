// For tests: a Go process built by hand, as it looks to whoever reads it while it runs and while it is stopped. What
// happens to it meanwhile, a test can change.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/ranges.h"
#include "capture/look_plan.h"
#include "go/heap_image_for_tests.h"
#include "go/stack_image_for_tests.h"
#include "os/stopper.h"

namespace holdfast::capture {

class RunningProcess {
 public:
  static constexpr unsigned kSlots64 = 6;  // the size class of 64 bytes
  static constexpr Address kVariables{0x800000};
  static constexpr std::uint64_t kVariableBytes = 0x2000;
  static constexpr std::uint64_t kPage = 4096;

  explicit RunningProcess(int minor = 26) : image(minor), heap(image) {
    image.map(kVariables, kVariableBytes);
    ranges.readable = {{Address(0x1000), Address(0x7fff00000000)}};
    ranges.anonymous = {{go::HeapImage::kHeap, go::HeapImage::kHeap + (1 << 20)}};
    ranges.variables = {{kVariables, kVariables + kVariableBytes}};
  }

  go::StackImage image;
  go::HeapImage heap;
  TargetRanges ranges;
  std::vector<AddressRange> absent;                // holds nothing
  std::vector<AddressRange> unreadable;            // fails to be read
  std::vector<os::FrozenThread> threads;           // when it is stopped
  std::function<void()> on_stop, on_copy = [] {};  // called as it stops, and before each copy that is made then
  bool stopped = false;                            // at this moment
  unsigned times_stopped = 0;
  std::vector<AddressRange> copied;  // while it was stopped

  std::vector<AddressRange> present(AddressRange range) const { return without({range}, absent); }

  // Reads [from, from + to.size()) up to the first page that cannot be read.
  std::uint64_t fetch(Address from, std::span<std::byte> to) {
    std::uint64_t got = 0;
    while (got < to.size()) {
      const std::uint64_t n = std::min<std::uint64_t>(to.size() - got, kPage - (from + got).value % kPage);
      const AddressRange part{from + got, from + got + n};
      if (!within({part}, unreadable).empty() || !image.runtime().memory.try_read(part.begin, to.subspan(got, n)))
        break;
      got += n;
    }
    return got;
  }

  // What is worked out while it runs.
  LookPlan plan(bool with_content = false) {
    const FrozenMemory records([this](Address from, std::span<std::byte> to) { return fetch(from, to); }, {},
                               ranges.readable);
    const go::Runtime& known = image.runtime();
    const go::Runtime runtime{records, known.layouts, known.version, known.modules, known.vars};
    LossLedger losses;
    const auto model = go::HeapModel::read(runtime, go::Motion::kRunning, losses);
    touch_records(runtime, model, records, losses);
    return plan_look(runtime, model, records, ranges, {}, with_content,
                     [this](AddressRange range) { return present(range); });
  }

  std::unique_ptr<os::Frozen> stop() { return std::make_unique<Stopped>(*this); }

 private:
  class Stopped final : public os::Frozen {
   public:
    explicit Stopped(RunningProcess& process) : process_(process) {
      process_.stopped = true;
      ++process_.times_stopped;
      if (process_.on_stop) process_.on_stop();
    }
    ~Stopped() override { process_.stopped = false; }

    const MemorySource& memory() const override { return process_.image.runtime().memory; }
    os::RangesRead copy_ranges(std::span<const os::RangeCopy> copies, unsigned /*threads*/) const override {
      HOLDFAST_CHECK(process_.stopped);
      process_.on_copy();
      os::RangesRead result;
      for (const os::RangeCopy& copy : copies) copy_one(copy, result);
      result.holes = joined(std::move(result.holes));
      return result;
    }
    std::vector<AddressRange> present_ranges(AddressRange range) const override { return process_.present(range); }
    const std::vector<os::FrozenThread>& threads() const override { return process_.threads; }
    void thaw() noexcept override { process_.stopped = false; }
    double pause_ms() const override { return 1.5; }

   private:
    void copy_one(const os::RangeCopy& copy, os::RangesRead& result) const {
      for (Address at = copy.from.begin; at < copy.from.end;) {
        std::byte* const to = copy.to + (at - copy.from.begin);
        const std::uint64_t got = process_.fetch(at, {to, copy.from.end - at});
        if (got > 0) process_.copied.push_back({at, at + got});
        at = at + got;
        if (at == copy.from.end) return;
        const Address next = std::min(copy.from.end, Address((at.value / kPage + 1) * kPage));
        result.holes.push_back({at, next});
        at = next;
      }
    }

    RunningProcess& process_;
  };
};

}  // namespace holdfast::capture
