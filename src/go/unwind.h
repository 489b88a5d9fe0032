// Walks the stack of a goroutine from its innermost frame to runtime.goexit, by the runtime's own rules (reference 5.4,
// 5.7): SP deltas of the function tables, not frame pointers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/registers.h"
#include "go/function_tables.h"
#include "go/goroutines.h"
#include "go/runtime.h"

namespace holdfast::go {

// One physical frame. amd64: the return address lies at fp - 8, arguments begin at fp.
struct StackFrame {
  Address pc;
  Address continue_pc;  // the pc whose liveness holds; null = the frame trapped and will not go on: it holds nothing
  Address sp;
  Address fp;    // SP of the caller after the return
  Address varp;  // end of the locals
  FunctionRef function;
  bool is_return_address = false;  // false: the instruction at pc itself is meant (innermost frame, trap)

  Address argp() const { return fp; }
};

enum class StackEnd : std::uint8_t {
  kTop,            // the outermost frame was reached, and SP is where the goroutine began
  kNoStack,        // dead, or without a stack
  kNoStart,        // it runs, and nothing tells where
  kStackMismatch,  // the outermost frame was reached, but SP is not where the goroutine began
  kUnknownPc,      // no Go function holds the return address
  kSpWrite,        // a function that changes stacks
  kNoFrameInfo,    // a function without frame sizes
  kOutsideStack,   // SP left the stack
  kUnreadable,     // the memory of the stack is not there
  kTooManyFrames,
};
std::string_view text_of(StackEnd end);

// Where an unwind begins.
enum class StackStart : std::uint8_t {
  kNone,
  kParked,       // g.sched
  kSyscall,      // g.syscallpc, syscallsp
  kRegisters,    // a thread stopped in the goroutine's own code: not at a safe point
  kSignal,       // the same, but a signal handler runs; registers are those of the interrupted code
  kSystemStack,  // its thread is on g0 on its behalf; g.sched is fresh
  kVdso,         // in a vDSO call
};

struct Stack {
  std::vector<StackFrame> frames;  // innermost first
  StackStart start = StackStart::kNone;
  StackEnd end = StackEnd::kNoStack;
  std::optional<Registers> registers;  // of the running code, for kRegisters and kSignal
  Address low_water;                   // lowest address of the stack that can be in use; null if there is no stack

  // Walked to its outermost frame.
  bool complete() const { return end == StackEnd::kTop; }
  // The innermost frame was stopped between two calls: its stack map does not tell all that it holds.
  bool running() const {
    return start != StackStart::kNone && start != StackStart::kParked && start != StackStart::kSyscall;
  }
};

// A thread of the target, stopped.
struct ThreadRegisters {
  std::uint64_t thread_id = 0;  // in the pid namespace of the target, as runtime.m.procid has it
  Registers registers;
};

constexpr std::uint32_t kMaxFrames = 1U << 20;

// Safe to use from several threads. Refers to its arguments, which must outlive it.
class Unwinder {
 public:
  Unwinder(const Runtime& runtime, const FunctionTables& functions, const Scheduler& scheduler,
           std::span<const ThreadRegisters> threads);

  Stack unwind(const Goroutine& goroutine) const;
  // Registers of the thread that runs as `machine`; nullptr if it was not given.
  const Registers* registers_of(const Machine& machine) const;

 private:
  struct Start {
    StackStart kind = StackStart::kNone;
    Address pc, sp;
    std::optional<Registers> registers;
  };
  Start start_of(const Goroutine& goroutine) const;
  Start start_of_running(const Goroutine& goroutine) const;
  std::optional<Registers> interrupted_registers(const Machine& machine, Address sp) const;
  bool plausible(const Goroutine& goroutine, Address pc, Address sp) const;
  void walk(const Goroutine& goroutine, const Start& start, Stack& stack) const;

  const Runtime& runtime_;
  const FunctionTables& functions_;
  const Scheduler& scheduler_;
  std::span<const ThreadRegisters> threads_;
};

}  // namespace holdfast::go
