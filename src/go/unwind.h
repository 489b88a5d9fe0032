// Walks the stack of a goroutine from its innermost frame to runtime.goexit by the runtime's own rules (reference 5.4,
// 5.7): it uses the SP deltas of the function tables and not frame pointers.
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

// One physical frame. The return address lies below fp if a call pushes it (base/architecture.h); arguments on the
// stack begin at fp.
struct StackFrame {
  Address pc;
  Address continue_pc;  // the pc whose liveness holds; null = the code trapped and will not go on, so nothing is live
  Address sp;
  Address fp;    // SP of the caller after the return
  Address varp;  // end of the locals
  FunctionRef function;
  // True if pc is where a call returns to. Otherwise (stopped between calls, trap, not started) the instruction itself
  // is meant.
  bool is_return_address = false;

  Address argp() const { return fp; }
};

enum class StackEnd : std::uint8_t {
  kTop,            // the outermost frame was reached, and SP is where the goroutine began
  kNoStack,        // it is dead, or has no stack
  kNoStart,        // it runs, and nothing tells where
  kStackMismatch,  // the outermost frame was reached, but SP is not where the goroutine began
  kUnknownPc,      // no Go function holds the return address
  kSpWrite,        // it reached a function that changes stacks
  kNoFrameSize,    // the function's table has no frame size for this place
  kOutsideStack,   // SP left the stack
  kUnreadable,     // the memory of the stack is not there
  kTooManyFrames,
};
std::string_view text_of(StackEnd end);

// Where the walk begins.
enum class StackStart : std::uint8_t {
  kNone,
  kParked,       // g.sched
  kSyscall,      // g.syscallpc, syscallsp: it is in a system call, or in C
  kRegisters,    // its thread was stopped in the goroutine's own code, between two calls
  kSystemStack,  // its thread works for it on the system stack; g.sched was saved when it changed over
  kVdso,         // its thread is in a vDSO call
};

struct Stack {
  std::vector<StackFrame> frames;  // innermost first
  StackStart start = StackStart::kNone;
  StackEnd end = StackEnd::kNoStack;
  // Those of the thread if it runs the goroutine; those of the interrupted code if a signal handler runs.
  std::optional<Registers> registers;
  AddressRange system_stack;  // for kSystemStack and kVdso: the part of g0's stack that is in use
  Address low_water;          // everything of the stack below it is free; null if there is no stack

  // Whether it was walked to its outermost frame.
  bool complete() const { return end == StackEnd::kTop; }
  // Whether it is not at a safe point, so that the stack map of the innermost frame does not tell everything that it
  // holds.
  bool running() const {
    return start == StackStart::kRegisters || start == StackStart::kSystemStack || start == StackStart::kVdso;
  }
};

// A stopped thread of the target.
struct ThreadRegisters {
  std::uint64_t thread_id = 0;  // in the pid namespace of the target, as runtime.m.procid has it
  Registers registers;
};

constexpr std::uint32_t kMostFrames = 1U << 20;

// Several threads may use it. It refers to its arguments, which must outlive it. Nothing throws.
class Unwinder {
 public:
  Unwinder(const Runtime& runtime, const FunctionTables& functions, const Scheduler& scheduler,
           std::span<const ThreadRegisters> threads)
      : runtime_(runtime), functions_(functions), scheduler_(scheduler), threads_(threads) {}

  Stack unwind(const Goroutine& goroutine) const;
  // Unwinds what a thread does on its own stack, up to where it came from its goroutine's. There are no frames if it is
  // not on that stack.
  Stack unwind_system_stack(const Machine& machine) const;
  // Returns the registers of the thread, or of the code that a signal handler on it interrupted; none if not known.
  std::optional<Registers> registers_of(const Machine& machine) const;

 private:
  struct Start;
  class Walk;

  Start start_of(const Goroutine& goroutine) const;
  std::optional<Start> start_of_thread(const Goroutine& goroutine) const;
  std::optional<Start> start_of_race_call(const Goroutine& goroutine, const Registers& registers,
                                          const AddressRange& system_stack) const;
  std::optional<Registers> interrupted_registers(const Machine& machine, Address sp) const;
  bool is_place(const Goroutine& goroutine, Address pc, Address sp) const;

  const Runtime& runtime_;
  const FunctionTables& functions_;
  const Scheduler& scheduler_;
  std::span<const ThreadRegisters> threads_;
};

}  // namespace holdfast::go
