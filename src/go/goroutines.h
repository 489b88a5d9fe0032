// Goroutines, threads and processors of the Go scheduler, read from runtime.allgs and its relatives (reference 5.1).
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

// What a parked goroutine waits for.
struct WaitTarget {
  enum class Kind : std::uint8_t { kChannel, kSemaphore, kCond };
  Kind kind = Kind::kChannel;
  bool is_select = false;  // one of several cases
  Address sudog;
  Address object;  // runtime.hchan; or the semaphore word (a field of the mutex, wait group ...); or the notifyList
  Address elem;    // where the value goes to or comes from, for channels; null if it is dropped
};

struct Goroutine {
  Address g;
  std::uint64_t goid = 0;
  std::uint64_t parent_goid = 0;  // 0 before Go 1.21 and for the runtime's own
  GoroutineStatus status = GoroutineStatus::kIdle;
  bool scanning = false;                       // the collector is scanning its stack
  bool async_safe_point = false;               // stopped by a preemption signal between two calls
  bool system = false;                         // the runtime's own: is_system() below
  WaitReason wait_reason = WaitReason::kZero;  // kZero unless waiting or leaked
  std::int64_t wait_since = 0;                 // CLOCK_MONOTONIC nanoseconds, written at a collection; 0 = not yet
  AddressRange stack;                          // empty if it has none
  Address sched_pc, sched_sp, sched_ctxt;      // where it goes on; stale while running
  Address syscall_pc, syscall_sp;              // non-null in a system call or a call of C
  Address stack_top_sp;                        // SP when the outermost frame has returned (stktopsp)
  Address go_pc;                               // after the go statement that made it
  Address start_pc;                            // entry of its function
  Address m, locked_m;                         // runtime.m it runs on, is wired to
  Address defers, panics;                      // innermost _defer, _panic
  Address labels;                              // pprof labels
  Address param;
  bool running_cleanups = false;  // 1.25+: calls the program's cleanups
  Address extended_registers;     // 1.26+: vector registers saved at an asynchronous preemption
  std::uint32_t first_wait = 0;   // Scheduler::waits[first_wait .. + wait_count)
  std::uint32_t wait_count = 0;

  bool waits() const { return status == GoroutineStatus::kWaiting || status == GoroutineStatus::kLeaked; }
  // Not on any thread, so its stack stands still and must unwind completely.
  bool parked() const {
    return waits() || status == GoroutineStatus::kRunnable || status == GoroutineStatus::kPreempted;
  }
  bool dead() const { return is_dead(status); }
};

// runtime.m: a thread that runs Go.
struct Machine {
  Address m;
  std::uint64_t thread_id = 0;  // procid, in the pid namespace of the process; 0 = has not started yet
  Address g0, gsignal, curg;
  AddressRange g0_stack, signal_stack;
  Address processor;
  std::int64_t mallocing = 0;
  bool in_cgo = false;
  Address vdso_sp, vdso_pc;  // of the Go caller, during a vDSO call
};

struct Scheduler {
  std::vector<Goroutine> goroutines;  // in order of runtime.allgs, dead ones included
  std::vector<WaitTarget> waits;
  std::vector<Machine> machines;  // by address
  std::vector<Processor> processors;

  const Machine* machine(Address m) const;
  const Machine* machine_of_thread(std::uint64_t thread_id) const;
};

// Fails with kNotFound if runtime.allgs is not known and with kDamaged if the list itself cannot be read; a goroutine
// that cannot be read is counted as a loss. Lists are followed no further than they can be long.
Scheduler read_scheduler(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses);

// Goroutines that have not ended, the runtime's own included. Reads no more of each than its state, so that it may be
// asked of a running process; those whose records cannot be read do not count. Fails like list_goroutines.
std::uint64_t count_goroutines(const Runtime& runtime);

// The channels that goroutines wait for, ascending, each once: a live target is held still for this, since channels
// without a buffer lie among pointer-free objects. Empty where the layouts do not tell.
std::vector<Address> waited_channels(const Runtime& runtime);

// The runtime's own rule: the first function is in package runtime, but is not runtime.main, nor the finalizer or
// cleanup loop while it runs the program's code.
bool is_system(const Goroutine& goroutine, const FunctionTables& functions);

}  // namespace holdfast::go
