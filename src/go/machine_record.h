// Says where the fields of runtime.m lie (a thread that runs Go), and how to recognise one in memory. Several threads
// may share it. Source: src/runtime/runtime2.go and proc.go of Go 1.19-1.27 (reference 5.1).
#pragma once

#include <cstdint>

#include "go/goroutine_record.h"
#include "go/runtime.h"

namespace holdfast::go {

// Fails with kUnsupported if the layouts lack a field that every release has.
struct MachineFields {
  explicit MachineFields(const LayoutSource& layouts) : layouts_(layouts) {}

  const LayoutSource& layouts_;
  const std::uint64_t size = layouts_.get_size("runtime.m");
  const FieldLayout g0 = need("g0"), link = need("alllink");
  const MaybeField thread_id = find("procid"), signal_g = find("gsignal"), current_g = find("curg");
  const MaybeField processor = find("p"), mallocing = find("mallocing"), in_cgo = find("incgo");
  const MaybeField vdso_sp = find("vdsoSP"), vdso_pc = find("vdsoPC");

 private:
  FieldLayout need(std::string_view field) const { return layouts_.get("runtime.m", field); }
  MaybeField find(std::string_view field) const { return layouts_.find("runtime.m", field); }
};

// Tells records of threads from other memory, also those of threads that have ended. Those are on no list, yet they and
// their goroutines stay marked as long as the collector remembers them (reference 9.4). Several threads may share it.
class ThreadRecords {
 public:
  explicit ThreadRecords(const Runtime& runtime)
      : memory_(runtime.memory),
        machine_(runtime.layouts),
        goroutine_(runtime.layouts),
        self_(runtime.layouts.offset("runtime.g", "sched") + runtime.layouts.offset("runtime.gobuf", "g")) {}

  std::uint64_t machine_bytes() const { return machine_.size; }
  std::uint64_t goroutine_bytes() const { return goroutine_.size; }
  // The offset of the first pointer of a runtime.m, which is its system goroutine.
  std::uint32_t first_pointer() const { return machine_.g0.offset; }

  // Whether a runtime.m is at `at` whose thread was started: its system goroutine names it and also itself (g0.sched.g,
  // runtime.mstart1).
  bool is_started_thread(Address at) const {
    const Address g0 = memory_.try_pointer(at + machine_.g0.offset).value_or(Address());
    return g0 && memory_.try_pointer(g0 + goroutine_.m.offset) == at && memory_.try_pointer(g0 + self_) == g0;
  }
  // Returns the runtime.m that the runtime.g at `g` names; null if there is none or it cannot be read.
  Address thread_of(Address g) const { return memory_.try_pointer(g + goroutine_.m.offset).value_or(Address()); }

 private:
  const MemorySource& memory_;
  MachineFields machine_;
  GoroutineFields goroutine_;
  std::uint32_t self_;
};

}  // namespace holdfast::go
