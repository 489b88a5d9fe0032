#include "go/unwind.h"

#include <algorithm>

#include "base/architecture.h"
#include "go/stack_memory.h"

namespace holdfast::go {
namespace {

// This walk finds return addresses where a call pushes them. Elsewhere they lie at SP, and of the innermost function in
// a register.
constexpr std::uint64_t kPushed = kArchitecture.pushed_by_call;
static_assert(kPushed == kWord);

// Returns the registers of the code that a signal interrupted, from the kernel's struct ucontext at `at`.
std::optional<Registers> interrupted_registers_at(const StackMemory& stack, Address at) {
  Registers registers;
  for (std::size_t i = 0; i < registers.general.size(); ++i) {
    const auto value = stack.word(at + kArchitecture.signal_register[i]);
    if (!value) return std::nullopt;
    registers.general[i] = *value;
  }
  const auto pc = stack.word(at + kArchitecture.signal_pc);
  if (!pc) return std::nullopt;
  registers.pc = Address(*pc);
  return registers;
}

}  // namespace

std::string_view text_of(StackEnd end) {
  switch (end) {
    case StackEnd::kTop:
      return "outermost frame";
    case StackEnd::kNoStack:
      return "no stack";
    case StackEnd::kNoStart:
      return "running, place not known";
    case StackEnd::kStackMismatch:
      return "outermost frame at the wrong place";
    case StackEnd::kUnknownPc:
      return "return address outside Go code";
    case StackEnd::kSpWrite:
      return "function that changes stacks";
    case StackEnd::kNoFrameSize:
      return "function without frame size";
    case StackEnd::kOutsideStack:
      return "left the stack";
    case StackEnd::kUnreadable:
      return "unreadable stack";
    case StackEnd::kTooManyFrames:
      return "too many frames";
  }
  return {};
}

struct Unwinder::Start {
  StackStart kind = StackStart::kNone;
  Address pc, sp;
  std::optional<Registers> registers;
  AddressRange system_stack;
};

// One pass over one stack.
class Unwinder::Walk {
 public:
  Walk(const Unwinder& unwinder, const Goroutine& goroutine, const Start& start, Stack& out)
      : functions_(unwinder.functions_),
        goroutine_(goroutine),
        memory_(unwinder.runtime_.memory, goroutine.stack),
        start_(start),
        out_(out) {}

  StackEnd run() {
    Address pc = start_.pc;
    Address sp = start_.sp;
    // A call of a nil function has no code of its own, so the walk goes on in its caller.
    if (!pc) {
      const auto caller = memory_.word(sp);
      if (!caller) return StackEnd::kUnreadable;
      pc = Address(*caller);
      sp += kPushed;
    }
    while (out_.frames.size() < kMostFrames) {
      const auto end = step(pc, sp);
      if (end) return *end;
      sp = out_.frames.back().fp;
    }
    return StackEnd::kTooManyFrames;
  }

 private:
  // Adds the frame at pc and sp and moves pc on to its caller; or says why the walk ends there.
  std::optional<StackEnd> step(Address& pc, Address sp) {
    const auto code = functions_.find(pc);
    if (!code) return StackEnd::kUnknownPc;
    const auto delta = code->table->sp_delta(code->function, pc);
    if (!delta || *delta < 0 || *delta % static_cast<std::int32_t>(kWord) != 0) return StackEnd::kNoFrameSize;
    const Address fp = sp + static_cast<std::uint32_t>(*delta) + kPushed;
    if (!memory_.contains(sp) || fp > goroutine_.stack.end) return StackEnd::kOutsideStack;
    add_frame(*code, pc, sp, fp);
    if ((code->function.flags & binary::kFlagTopFrame) != 0)
      return sp == goroutine_.stack_top_sp ? StackEnd::kTop : StackEnd::kStackMismatch;
    if (loses_sp(*code)) return StackEnd::kSpWrite;
    const auto caller = memory_.word(fp - kPushed);
    if (!caller) return StackEnd::kUnreadable;
    pc = Address(*caller);
    callee_ = code->special;
    return std::nullopt;
  }

  // cgocallback leaves a valid frame on both of its stacks. The innermost function has not changed SP yet, or has saved
  // it before (system calls).
  bool loses_sp(const Code& code) const {
    return (code.function.flags & binary::kFlagSpWrite) != 0 && out_.frames.size() > 1 &&
           code.special != SpecialFunction::kCgocallback;
  }

  void add_frame(const Code& code, Address pc, Address sp, Address fp) {
    const bool innermost = out_.frames.empty();
    const bool trapped = callee_ == SpecialFunction::kSigpanic || callee_ == SpecialFunction::kAsyncPreempt ||
                         callee_ == SpecialFunction::kDebugCall;
    StackFrame frame;
    frame.pc = pc;
    frame.continue_pc = pc;
    frame.sp = sp;
    frame.fp = fp;
    frame.varp = fp - kPushed;
    if (frame.varp > sp) frame.varp = frame.varp - kWord;  // the saved frame pointer of the caller is there
    frame.function = code.ref;
    frame.is_return_address =
        !trapped && pc > code.function.entry && !(innermost && start_.kind == StackStart::kRegisters);
    // After a trap the function can only go on at its call of deferreturn, if at all. The runtime looks up what is live
    // before continue_pc, hence the 1.
    if (callee_ == SpecialFunction::kSigpanic)
      frame.continue_pc =
          code.function.deferreturn == 0 ? Address() : code.function.entry + code.function.deferreturn + 1;
    out_.frames.push_back(frame);
  }

  const FunctionTables& functions_;
  const Goroutine& goroutine_;
  const StackMemory memory_;
  const Start& start_;
  Stack& out_;
  SpecialFunction callee_ = SpecialFunction::kNone;
};

bool Unwinder::is_place(const Goroutine& goroutine, Address pc, Address sp) const {
  return goroutine.stack.contains(sp) && sp.value % kWord == 0 && functions_.find(pc).has_value();
}

std::optional<Registers> Unwinder::registers_of(const Machine& machine) const {
  for (const ThreadRegisters& thread : threads_) {
    if (machine.thread_id == 0 || thread.thread_id != machine.thread_id) continue;
    if (!machine.signal_stack.contains(thread.registers.sp())) return thread.registers;
    return interrupted_registers(machine, thread.registers.sp());
  }
  return std::nullopt;
}

// The kernel leaves the interrupted registers on the signal stack, in a record that names this very stack.
std::optional<Registers> Unwinder::interrupted_registers(const Machine& machine, Address sp) const {
  const StackMemory stack(runtime_.memory, machine.signal_stack);
  for (Address at((sp.value + kWord - 1) / kWord * kWord); stack.contains(at); at += kWord)
    if (stack.word(at + kArchitecture.signal_stack_base) == machine.signal_stack.begin.value &&
        stack.word(at + kArchitecture.signal_stack_size) == machine.signal_stack.size())
      return interrupted_registers_at(stack, at);
  return std::nullopt;
}

// Finds where the thread that runs the goroutine is.
std::optional<Unwinder::Start> Unwinder::start_of_thread(const Goroutine& goroutine) const {
  const Machine* machine = goroutine.m ? scheduler_.machine(goroutine.m) : nullptr;
  if (machine == nullptr || machine->curg != goroutine.g) return std::nullopt;
  const auto registers = registers_of(*machine);
  if (!registers) return std::nullopt;
  const Address sp = registers->sp();
  if (is_place(goroutine, registers->pc, sp)) return Start{StackStart::kRegisters, registers->pc, sp, registers, {}};
  AddressRange system_stack;
  if (machine->g0_stack.contains(sp)) system_stack = {sp, machine->g0_stack.end};
  if (machine->vdso_sp && is_place(goroutine, machine->vdso_pc, machine->vdso_sp))
    return Start{StackStart::kVdso, machine->vdso_pc, machine->vdso_sp, registers, system_stack};
  if (!system_stack.empty())
    if (const auto start = start_of_race_call(goroutine, *registers, system_stack)) return start;
  // It is on its own stack, but in code that is not Go's: g.sched is from an earlier change of stacks.
  if (goroutine.stack.contains(sp)) return std::nullopt;
  if (is_place(goroutine, goroutine.sched_pc, goroutine.sched_sp))
    return Start{StackStart::kSystemStack, goroutine.sched_pc, goroutine.sched_sp, registers, system_stack};
  return std::nullopt;
}

// racecall changes over to the system stack without a note in g.sched. The goroutine's SP is in a register that C code
// preserves (Go 1.19-1.27): there still, or saved on the system stack by the first C function that needed it. A word is
// believed only if the walk from there reaches the goroutine's outermost frame.
std::optional<Unwinder::Start> Unwinder::start_of_race_call(const Goroutine& goroutine, const Registers& registers,
                                                            const AddressRange& system_stack) const {
  const auto is_race_call = [&](Address pc) {
    const auto code = functions_.find(pc);
    return code && code->special == SpecialFunction::kRaceCall;
  };
  const StackMemory words(runtime_.memory, system_stack);
  const Address begin((system_stack.begin.value + kWord - 1) / kWord * kWord);
  Address called_at = is_race_call(registers.pc) ? begin : Address();
  for (Address at = begin; words.contains(at); at += kWord)
    if (is_race_call(Address(words.word(at).value_or(0)))) called_at = at;
  if (!called_at) return std::nullopt;

  const StackMemory stack(runtime_.memory, goroutine.stack);
  const auto start_at = [&](Address sp) -> std::optional<Start> {
    const Address pc(stack.word(sp).value_or(0));
    if (!pc || !is_place(goroutine, pc, sp)) return std::nullopt;
    Start start{StackStart::kSystemStack, pc, sp + kPushed, registers, system_stack};
    Stack walked;
    if (Walk(*this, goroutine, start, walked).run() != StackEnd::kTop) return std::nullopt;
    return start;
  };
  for (Address at = called_at; at > begin; at = at - kWord)
    if (const auto start = start_at(Address(words.word(at - kWord).value_or(0)))) return start;
  return start_at(Address(registers.general[kArchitecture.race_call_sp]));
}

Unwinder::Start Unwinder::start_of(const Goroutine& goroutine) const {
  if (goroutine.status == GoroutineStatus::kRunning) return start_of_thread(goroutine).value_or(Start{});
  if (goroutine.syscall_sp) return {StackStart::kSyscall, goroutine.syscall_pc, goroutine.syscall_sp, {}, {}};
  // It may have been stopped after it changed its status and before it left its stack.
  if (const auto start = start_of_thread(goroutine); start && start->kind == StackStart::kRegisters) return *start;
  return {StackStart::kParked, goroutine.sched_pc, goroutine.sched_sp, {}, {}};
}

Stack Unwinder::unwind(const Goroutine& goroutine) const {
  Stack stack;
  if (goroutine.dead() || goroutine.stack.empty()) return stack;
  const Start start = start_of(goroutine);
  stack.start = start.kind;
  stack.registers = start.registers;
  stack.system_stack = start.system_stack;
  stack.low_water = goroutine.stack.contains(start.sp) ? start.sp : goroutine.stack.begin;
  stack.end = start.kind == StackStart::kNone ? StackEnd::kNoStart : Walk(*this, goroutine, start, stack).run();
  return stack;
}

Stack Unwinder::unwind_system_stack(const Machine& machine) const {
  Goroutine g0;
  g0.g = machine.g0;
  g0.stack = machine.g0_stack;
  Stack stack;
  stack.registers = registers_of(machine);
  if (!stack.registers || !is_place(g0, stack.registers->pc, stack.registers->sp())) return stack;
  stack.start = StackStart::kRegisters;
  stack.low_water = stack.registers->sp();
  const Start start{stack.start, stack.registers->pc, stack.low_water, stack.registers, {}};
  stack.end = Walk(*this, g0, start, stack).run();
  return stack;
}

}  // namespace holdfast::go
