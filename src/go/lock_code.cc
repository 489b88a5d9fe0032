#include "go/lock_code.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/architecture.h"
#include "base/cancel.h"
#include "base/wire.h"
#include "binary/instructions.h"

namespace holdfast::go {
namespace {

using binary::Instruction;
using binary::Operation;

constexpr std::uint8_t kRegisters = 16;
constexpr int kMostPasses = 10;
constexpr std::uint64_t kMostCode = 4 << 20;  // of one function

// What a function does that is called, or was inlined.
enum class Step : std::uint8_t {
  kOther,
  kLock,
  kLockSlowly,  // the rest of kLock, where its first attempt was inlined
  kTryLock,
  kUnlock,
  kUnlockSlowly,
  kRunDeferred,
  kAway,  // does not return
};

// From Go 1.24 on sync.Mutex wraps one of internal/sync.
Step step_of(std::string_view function) {
  static constexpr std::pair<std::string_view, Step> kSteps[] = {
      {"sync.(*Mutex).Lock", Step::kLock},
      {"sync.(*RWMutex).Lock", Step::kLock},
      {"sync.(*RWMutex).RLock", Step::kLock},
      {"sync.(*Mutex).lockSlow", Step::kLockSlowly},
      {"sync.runtime_SemacquireMutex", Step::kLockSlowly},
      {"sync.runtime_SemacquireRWMutexR", Step::kLockSlowly},
      {"sync.(*Mutex).TryLock", Step::kTryLock},
      {"sync.(*RWMutex).TryLock", Step::kTryLock},
      {"sync.(*RWMutex).TryRLock", Step::kTryLock},
      {"sync.(*Mutex).Unlock", Step::kUnlock},
      {"sync.(*RWMutex).Unlock", Step::kUnlock},
      {"sync.(*RWMutex).RUnlock", Step::kUnlock},
      {"sync.(*Mutex).unlockSlow", Step::kUnlockSlowly},
      {"sync.(*RWMutex).rUnlockSlow", Step::kUnlockSlowly},
      {"sync.fatal", Step::kAway},
      {"runtime.deferreturn", Step::kRunDeferred},
      {"runtime.gopanic", Step::kAway},
      {"runtime.goPanic", Step::kAway},
      {"runtime.throw", Step::kAway},
      {"runtime.Goexit", Step::kAway},
  };
  constexpr std::string_view kInternal = "internal/";
  if (function.starts_with(kInternal)) function.remove_prefix(kInternal.size());
  for (const auto& [name, step] : kSteps)
    if (function == name) return step;
  return function.starts_with("runtime.panic") ? Step::kAway : Step::kOther;
}

// A word that a function has: the address of something, if that is known. What was the operand of an instruction that
// locks or unlocks may stay in its register without a meaning.
struct Word {
  Address address;
  bool used = false;

  bool operator==(const Word&) const = default;
};

// What is known before an instruction.
struct Known {
  LockState now;
  bool surely_before = false, perhaps_before = false;  // the last attempt to lock
  std::array<Word, kRegisters> words;

  bool operator==(const Known&) const = default;

  void lock() {
    surely_before = now.surely;
    perhaps_before = now.perhaps;
    now.surely = now.perhaps = true;
  }
  void unlock() {
    now.keeps = now.keeps && now.surely;
    now.surely = now.perhaps = false;
  }
};

// What holds on both of two ways.
Known met(const Known& a, const Known& b) {
  Known both;
  both.now = {.asks = false,
              .surely = a.now.surely && b.now.surely,
              .perhaps = a.now.perhaps || b.now.perhaps,
              .keeps = a.now.keeps && b.now.keeps};
  both.surely_before = a.surely_before && b.surely_before;
  both.perhaps_before = a.perhaps_before || b.perhaps_before;
  for (std::size_t i = 0; i < kRegisters; ++i)
    if (a.words[i].address == b.words[i].address)
      both.words[i] = {a.words[i].address, a.words[i].used || b.words[i].used};
  return both;
}

// One function and one lock. Passes go over the instructions in order of address and join what is known where several
// ways meet, until one changes nothing; a last pass reports.
class Flow {
 public:
  Flow(const FunctionTables& functions, const binary::FunctionInfo& function, AddressRange lock,
       const LockEffects& effects)
      : functions_(functions), function_(function), lock_(lock), effects_(effects) {}

  LockUse run() {
    read_code();
    int passes = kMostPasses;
    do {
      changed_ = false;
      pass(false);
    } while (changed_ && --passes > 0);
    pass(true);
    const bool knows_all_ways = std::ranges::none_of(
        instructions_, [](const Instruction& in) { return in.operation == Operation::kJumpElsewhere; });
    if (passes == 0 || !knows_all_ways) doubt();
    use_.elsewhere = {.asks = false, .surely = false, .perhaps = locks_, .keeps = !unlocks_};
    return std::move(use_);
  }

 private:
  struct Label {
    bool reached = false;
    Known known;
  };

  void read_code() {
    if (function_.end <= function_.entry || function_.end - function_.entry > kMostCode) return;
    std::vector<std::byte> bytes(function_.end - function_.entry);
    if (functions_.runtime().memory.try_read(function_.entry, bytes))
      binary::decode(bytes, function_.entry, instructions_);
    for (const Instruction& in : instructions_)
      if ((in.operation == Operation::kJump || in.operation == Operation::kJumpIf) && in.value > function_.entry &&
          in.value < function_.end)
        labels_.try_emplace(in.value);
  }

  void pass(bool last) {
    reporting_ = last;
    dead_ = false;
    known_ = {};
    for (const Instruction& in : instructions_) {
      if (const auto label = labels_.find(in.at); label != labels_.end()) arrive(label->second);
      if (!dead_) step(in);
    }
  }

  void arrive(Label& label) {
    if (!dead_) join(label);
    dead_ = !label.reached;
    known_ = label.known;
  }

  void join(Label& label) {
    const Known both = label.reached ? met(label.known, known_) : known_;
    changed_ = changed_ || !label.reached || both != label.known;
    label = {true, both};
  }

  void jump(Address target) {
    if (const auto label = labels_.find(target); label != labels_.end())
      join(label->second);
    else if (target != function_.entry)  // once the stack has grown, the function begins anew
      leave();
  }

  void leave() {
    use_.effect.leaves_locked = use_.effect.leaves_locked || (known_.now.perhaps && !defers_);
    use_.effect.unlocks = use_.effect.unlocks || !known_.now.keeps;
  }

  void step(const Instruction& in) {
    switch (in.operation) {
      case Operation::kCall:
      case Operation::kCallRegister:
      case Operation::kCallMemory:
        return call(in);
      case Operation::kJumpIf:
        return jump(in.value);
      case Operation::kJump:
        jump(in.value);
        dead_ = true;
        return;
      case Operation::kReturn:
        leave();
        dead_ = true;
        return;
      case Operation::kJumpElsewhere:
      case Operation::kTrap:
        dead_ = true;
        return;
      case Operation::kOther:
        take_atomic(in);
        return move(in);
      case Operation::kStore:
        return store(in);
      default:
        return move(in);
    }
  }

  void call(const Instruction& in) {
    const auto callee = in.operation == Operation::kCall ? functions_.find(in.value) : std::nullopt;
    const std::string_view name = callee ? callee->function.name : std::string_view();
    const Step step = step_of(name);
    const bool is_about_lock = is_at_lock(kArchitecture.argument_register[0]);
    if (step == Step::kRunDeferred) known_.now.surely = false;  // some may have run, of which one unlocked it
    if (reporting_) use_.calls.push_back({in.at + in.length, state_in(step, is_about_lock)});
    if (step == Step::kOther) {
      use_.lets_out = use_.lets_out || std::ranges::any_of(kArchitecture.argument_register, [&](std::uint8_t reg) {
                        return is_at_lock(reg) && !known_.words[reg].used;
                      });
      call_other(in, name);
    } else if (is_about_lock) {
      take(step);
    }
    dead_ = step == Step::kAway;
    known_.words = {};
  }

  LockState state_in(Step step, bool is_about_lock) const {
    LockState state = known_.now;
    state.asks = is_about_lock && (step == Step::kLock || step == Step::kLockSlowly);
    if (!state.asks || step == Step::kLock) return state;
    state.surely = known_.surely_before;
    state.perhaps = known_.perhaps_before;
    return state;
  }

  void take(Step step) {
    locks_ = locks_ || step == Step::kLock || step == Step::kLockSlowly || step == Step::kTryLock;
    unlocks_ = unlocks_ || step == Step::kUnlock;
    if (step == Step::kLock) known_.lock();
    if (step == Step::kLockSlowly) known_.now.surely = known_.now.perhaps = true;
    if (step == Step::kTryLock) known_.now.perhaps = true;
    if (step == Step::kUnlock) known_.unlock();
  }

  // A closure of its own that unlocks does that for the function, mostly as it returns. What is called through a
  // register may be such a one, of which the code does not tell, where anything is deferred.
  void call_other(const Instruction& in, std::string_view name) {
    if (in.operation != Operation::kCall && function_.deferreturn != 0) known_.now.surely = false;
    const auto effect = effects_.find(in.value);
    if (in.operation != Operation::kCall || effect == effects_.end()) return;
    const bool is_own =
        name.size() > function_.name.size() && name.starts_with(function_.name) && name[function_.name.size()] == '.';
    if (effect->second.unlocks) {
      unlocks_ = true;
      const bool perhaps = known_.now.perhaps && !is_own;
      known_.unlock();
      known_.now.perhaps = perhaps;
    }
    if (effect->second.leaves_locked) locks_ = known_.now.perhaps = true;
  }

  // The method of package sync that was inlined there tells what an atomic instruction is for.
  void take_atomic(const Instruction& in) {
    if (!lock_.contains(address_of(in.memory))) return;
    Step step = Step::kOther;
    for (const binary::SourceFrame& frame : functions_.source_frames(in.at, false))
      if (const Step known = step_of(frame.function); known != Step::kOther) step = known;
    take(step);
    if (in.memory.base < kRegisters) known_.words[in.memory.base].used = true;
  }

  // A frame is nobody else's memory: there closures lie that are deferred.
  void store(const Instruction& in) {
    if (in.reg >= kRegisters || !lock_.contains(known_.words[in.reg].address)) return;
    if (in.memory.base != kArchitecture.stack_pointer) use_.lets_out = true;
    if (function_.deferreturn == 0) return;
    defers_ = true;
    known_.words[in.reg].used = true;
  }

  void move(const Instruction& in) {
    for (std::uint8_t r = 0; r < kRegisters; ++r)
      if ((in.writes >> r & 1) != 0) known_.words[r] = {};
    if (in.reg >= kRegisters) return;
    Word& word = known_.words[in.reg];
    switch (in.operation) {
      case Operation::kMove:
        word = in.width == 8 && in.other < kRegisters ? known_.words[in.other] : Word();
        return;
      case Operation::kAddress:  // with an index it is one of an array of locks, nobody knows which
        use_.lets_out = use_.lets_out || (in.memory.index < kRegisters && is_at_lock(in.memory.base));
        word = {address_of(in.memory)};
        return;
      case Operation::kAdd:
        if (word.address) word.address += in.value.value;
        return;
      case Operation::kAddRegister:
        use_.lets_out = use_.lets_out || is_at_lock(in.reg) || is_at_lock(in.other);
        word = {};
        return;
      case Operation::kCompare:
      case Operation::kVectorLoad:
      case Operation::kVectorStore:
      case Operation::kVectorZero:
      case Operation::kVectorMove:
        return;  // `reg` is none, or another sort of register
      default:
        word = {};
    }
  }

  bool is_at_lock(std::uint8_t reg) const { return reg < kRegisters && lock_.contains(known_.words[reg].address); }

  // Null if it is not known.
  Address address_of(const binary::MemoryOperand& memory) const {
    const auto by = static_cast<std::uint64_t>(memory.displacement);
    if (memory.index != binary::kNoRegister || memory.other_segment) return {};
    if (memory.base == binary::kRip) return Address(by);
    const bool is_known = memory.base < kRegisters && known_.words[memory.base].address;
    return is_known ? known_.words[memory.base].address + by : Address();
  }

  // Not all ways through the function are known.
  void doubt() {
    for (LockUse::Place& place : use_.calls) {
      place.state.surely = false;
      place.state.perhaps = locks_;
      place.state.keeps = !unlocks_;
    }
    use_.effect = {.leaves_locked = locks_, .unlocks = unlocks_};
  }

  const FunctionTables& functions_;
  const binary::FunctionInfo& function_;
  const AddressRange lock_;
  const LockEffects& effects_;
  std::vector<Instruction> instructions_;
  std::map<Address, Label> labels_;
  Known known_;
  LockUse use_;
  bool locks_ = false, unlocks_ = false;  // somewhere
  bool defers_ = false;                   // a call that has the lock
  bool changed_ = false, reporting_ = false, dead_ = false;
};

// Behind the displacement of an instruction a constant may stand.
constexpr std::uint64_t kMostConstant = 4;

// Visits each four bytes that may be a displacement, and where it leads from behind them. False if some cannot be read.
template <typename Visit>
bool for_each_displacement(const MemorySource& memory, AddressRange code, const Visit& visit) {
  constexpr std::uint64_t kChunk = 1 << 20;
  constexpr std::uint64_t kWidth = sizeof(std::int32_t);
  std::vector<std::byte> copy;
  for (Address at = code.begin; at < code.end; at += kChunk) {
    throw_if_cancelled();
    const std::uint64_t size = std::min(kChunk + kWidth - 1, code.end - at);
    const std::byte* bytes = memory.try_view(at, size);
    if (bytes == nullptr) {
      copy.resize(size);
      if (!memory.try_read(at, copy)) return false;
      bytes = copy.data();
    }
    for (std::uint64_t i = 0; i + kWidth <= size; ++i)
      visit(at + i, at + i + kWidth + static_cast<std::uint64_t>(std::int64_t{load_le<std::int32_t>(bytes + i)}));
  }
  return true;
}

}  // namespace

const LockState& LockUse::at(Address return_address) const {
  const auto place = std::ranges::lower_bound(calls, return_address, {}, &Place::behind);
  return place == calls.end() || place->behind != return_address ? elsewhere : place->state;
}

LockUse follow_lock(const FunctionTables& functions, const Code& function, AddressRange lock,
                    const LockEffects& effects) {
  return Flow(functions, function.function, lock, effects).run();
}

std::optional<std::vector<std::vector<Code>>> find_references(const FunctionTables& functions,
                                                              std::span<const AddressRange> ranges) {
  std::vector<std::vector<Code>> out(ranges.size());
  AddressRange around;
  for (const AddressRange& range : ranges) {
    around.begin = around.empty() ? range.begin : std::min(around.begin, range.begin);
    around.end = std::max(around.end, range.end);
  }
  const auto visit = [&](Address place, Address target) {
    if (target + kMostConstant < around.begin || target >= around.end) return;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      if (target + kMostConstant < ranges[i].begin || target >= ranges[i].end) continue;
      const auto code = functions.find(place);
      if (code && (out[i].empty() || out[i].back().ref != code->ref)) out[i].push_back(*code);
    }
  };
  for (const Module& module : functions.runtime().modules)
    if (!for_each_displacement(functions.runtime().memory, {module.text, module.etext}, visit)) return std::nullopt;
  return out;
}

}  // namespace holdfast::go
