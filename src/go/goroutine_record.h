// Says where the fields of runtime.g lie, looked up once for all goroutines, and reads the two parts of it that more
// than one pass needs. Everything that reads a runtime.g does it through this. Several threads may share it. Source:
// src/runtime/runtime2.go of Go 1.19-1.27 (reference 5.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "go/record.h"

namespace holdfast::go {

// The values of runtime.g.atomicstatus, without the scan bit.
enum class GoroutineStatus : std::uint8_t {
  kIdle = 0,
  kRunnable = 1,
  kRunning = 2,
  kSyscall = 3,
  kWaiting = 4,
  kDead = 6,
  kCopyStack = 8,
  kPreempted = 9,
  kLeaked = 10,     // 1.26+: it waits, and the runtime's own leak finder found it unreachable
  kDeadExtra = 11,  // 1.26+: the goroutine of a thread that C made, while the thread is not in Go
};

// Whether it has ended or not begun, so that it has no stack that anybody looks at.
constexpr bool is_dead(GoroutineStatus status) {
  return status == GoroutineStatus::kDead || status == GoroutineStatus::kDeadExtra || status == GoroutineStatus::kIdle;
}

// Fails with kUnsupported if the layouts lack a field that every release has.
struct GoroutineFields {
  explicit GoroutineFields(const LayoutSource& layouts) : layouts_(layouts) {}

  const LayoutSource& layouts_;
  const std::uint64_t size = layouts_.get_size("runtime.g");
  const FieldLayout stack_lo = need("stack.lo"), stack_hi = need("stack.hi");
  const FieldLayout sched_sp = need("sched.sp"), sched_pc = need("sched.pc"), sched_ctxt = need("sched.ctxt");
  const FieldLayout syscall_sp = need("syscallsp"), syscall_pc = need("syscallpc"), top_sp = need("stktopsp");
  const FieldLayout status = need("atomicstatus"), goid = need("goid"), wait_reason = need("waitreason");
  const FieldLayout wait_since = need("waitsince"), go_pc = need("gopc"), start_pc = need("startpc");
  const FieldLayout m = need("m"), locked_m = need("lockedm"), waiting = need("waiting"), param = need("param");
  const FieldLayout defers = need("_defer"), panics = need("_panic"), labels = need("labels");
  const FieldLayout async_safe_point = need("asyncSafePoint");
  const MaybeField parent_goid = find("parentGoid");          // 1.21+
  const MaybeField extended_registers = find("xRegs.state");  // 1.26+
  const MaybeField select_done = find("selectDone"), parking = find("parkingOnChan");
  const MaybeField running_cleanups = find("runningCleanups");  // 1.25+

  static constexpr std::uint32_t kScanBit = 0x1000;  // runtime._Gscan: the collector scans its stack

  // Whether a word can be an atomicstatus; where no goroutine is, it can be anything.
  static bool is_status(std::uint64_t word) {
    return (word & ~kScanBit) <= static_cast<std::uint64_t>(GoroutineStatus::kDeadExtra);
  }
  static GoroutineStatus status_of(std::uint64_t word) { return static_cast<GoroutineStatus>(word & ~kScanBit & 0xff); }
  GoroutineStatus status_of(const Record& g) const { return status_of(g.number(status)); }
  // Returns nothing for a goroutine without a stack.
  AddressRange stack_of(const Record& g) const { return {g.pointer(stack_lo), g.pointer(stack_hi)}; }

 private:
  FieldLayout need(std::string_view field) const { return layouts_.get("runtime.g", field); }
  MaybeField find(std::string_view field) const { return layouts_.find("runtime.g", field); }
};

}  // namespace holdfast::go
