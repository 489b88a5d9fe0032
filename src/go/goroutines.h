// Goroutines, threads and processors of the Go scheduler, read from runtime.allgs and related lists (reference 5.1).
// Each function runs on one thread; the results are values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "go/function_tables.h"
#include "go/goroutine_record.h"
#include "go/processors.h"
#include "go/runtime.h"
#include "go/wait_reason.h"

namespace holdfast::go {

enum class WaitTargetKind : std::uint8_t { kChannel, kSemaphore, kCond };

// What a parked goroutine waits for.
struct WaitTarget {
  WaitTargetKind kind = WaitTargetKind::kChannel;
  bool is_select = false;  // one of several cases of a select
  Address sudog;
  Address object;          // runtime.hchan; the semaphore word (a field of a mutex, wait group ...); or the notifyList
  Address elem;            // for channels: where the value goes to or comes from; null if it is dropped
  bool is_queued = false;  // for semaphores: it stands in the runtime's table
};

struct Goroutine {
  Address g;
  std::uint64_t goid = 0;
  std::uint64_t parent_goid = 0;  // 0 before Go 1.21 and for the runtime's own
  GoroutineStatus status = GoroutineStatus::kIdle;
  bool async_safe_point = false;               // a preemption signal stopped it between two calls
  bool system = false;                         // the runtime's own, see is_system()
  WaitReason wait_reason = WaitReason::kZero;  // kZero unless waiting or leaked
  // CLOCK_MONOTONIC nanoseconds, written when a collection first sees it wait: when the collection before that one was
  // about to end, so perhaps long before it came to wait. 0 = not yet.
  std::int64_t wait_since = 0;
  AddressRange stack;                      // empty if it has none
  Address sched_pc, sched_sp, sched_ctxt;  // where it goes on; out of date while it runs
  Address syscall_pc, syscall_sp;          // not null in a system call or a call of C
  Address stack_top_sp;                    // SP after the outermost frame has returned (stktopsp)
  Address go_pc;                           // behind the go statement that made it
  Address start_pc;                        // the entry of its function
  Address m, locked_m;                     // the runtime.m that it runs on, and the one it is locked to
  Address defers, panics;                  // the innermost _defer and _panic
  Address labels;                          // pprof labels
  Address waiting;                         // the first runtime.sudog of what it waits for
  bool is_between = false;                 // it is about to wait, or another goroutine has already decided to wake it
  Address param;
  bool running_cleanups = false;  // 1.25+: it calls the program's cleanups
  Address extended_registers;     // 1.26+: vector registers that an asynchronous preemption saved
  std::uint32_t first_wait = 0;   // Scheduler::waits[first_wait .. + wait_count)
  std::uint32_t wait_count = 0;

  bool waits() const { return status == GoroutineStatus::kWaiting || status == GoroutineStatus::kLeaked; }
  // Whether it is on no thread, so that its stack stands still and must unwind completely.
  bool parked() const {
    return waits() || status == GoroutineStatus::kRunnable || status == GoroutineStatus::kPreempted;
  }
  bool dead() const { return is_dead(status); }
};

// runtime.m: a thread that runs Go.
struct Machine {
  Address m;
  std::uint64_t thread_id = 0;  // procid, in the pid namespace of the process; 0 = it has not started yet
  Address g0, gsignal, curg;
  AddressRange g0_stack, signal_stack;
  Address processor;
  std::int64_t mallocing = 0;
  bool in_cgo = false;
  Address vdso_sp, vdso_pc;  // those of the Go caller, during a vDSO call
};

struct Scheduler {
  std::vector<Goroutine> goroutines;  // in the order of runtime.allgs, dead ones included
  std::vector<WaitTarget> waits;
  std::vector<Machine> machines;  // by address
  std::vector<Processor> processors;

  const Machine* machine(Address m) const;
};

// Fails with kNotFound if runtime.allgs is not known and with kDamaged if the list itself cannot be read. A goroutine
// that cannot be read is a loss. No list is followed further than it can be long.
Scheduler read_scheduler(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses);

// Counts goroutines that have not ended, the runtime's own included. It only reads the state of each, so it may be
// asked of a running process; goroutines whose records cannot be read do not count. Fails like list_goroutines.
std::uint64_t count_goroutines(const Runtime& runtime);

// Returns what runtime.NumGoroutine says: those that the program has started and that have not ended. It reads a
// counter for each processor, however many goroutines there are, so of a running process it may be off by those that
// start and end meanwhile. None if the counters are not found. Source: gcount in src/runtime/proc.go of Go 1.19-1.27.
std::optional<std::uint64_t> number_of_goroutines(const Runtime& runtime);

// Returns the channels that goroutines wait for, ascending, each once. Channels without a buffer lie among pointer-free
// objects, so a live target is stopped while these are listed and copied. Empty if the layouts do not tell.
std::vector<Address> waited_channels(const Runtime& runtime);

// Follows the runtime's own rule: the first function is in package runtime, but is not runtime.main, nor the finalizer
// or cleanup loop while that runs the program's code.
bool is_system(const Goroutine& goroutine, const FunctionTables& functions);

}  // namespace holdfast::go
