// Follows the values of one function from its first instruction to its last and reports what the code says about types:
// results of allocations, arguments of map calls, what is stored where (reference: types from code, 4). One forward
// pass in order of address with a meet where ways join, more where there are loops, until a pass changes nothing or
// there were enough; then one that reports. Bounded by the length of the code; any bytes may be given.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/memory_source.h"
#include "binary/instructions.h"
#include "code/callees.h"
#include "code/signatures.h"
#include "code/value.h"
#include "code/word_types.h"

namespace holdfast::code {

// Told what one function's code shows.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  // The word at the origin is `word`. Strong: a typed value was stored there, or the runtime was told its type; weak:
  // it went where such a word is wanted.
  virtual void word(const Origin& origin, const WordType& word, bool strong) = 0;
  // The address of a variable went where a pointer to `type` is wanted.
  virtual void variable(Address variable, Address type) = 0;
  // The function reads or writes this word of a variable, or takes its address. Stores: it puts something there other
  // than nil.
  virtual void use(Address variable, bool stores) = 0;
  // Closures that run `code` are values of this struct type.
  virtual void closure(Address code, Address type) = 0;
  // The cleanup function `code` is called with a value of the type.
  virtual void cleanup(Address code, Address type) = 0;
  // The function gives this word back in the result register `number`; unknown if it may be anything.
  virtual void result(Address function, std::uint8_t number, const WordType& word) = 0;
  // A call gives the function such a word as argument `number`, if it takes that many.
  virtual void given(Address function, std::uint8_t number, const WordType& word) = 0;
  // A word of the function's frame, `offset` bytes from where the stack pointer was at entry, holds such a word when it
  // is alive. A slot holds values of one type all its life, since the compiler shares slots only between values of one
  // type.
  virtual void frame_word(Address function, std::int64_t offset, const WordType& word) = 0;
  // The same of a variable there, of which the address went where `pointer` is wanted.
  virtual void frame_variable(Address function, std::int64_t offset, const WordType& pointer) = 0;
};

// What is known of a word that is reached from another one.
struct PathWord {
  Origin origin;
  WordType word;

  bool operator==(const PathWord&) const = default;
};

// What is known before a function is followed: of the program, and from earlier rounds.
class Knowledge {
 public:
  Knowledge() = default;
  Knowledge(const Knowledge&) = delete;
  Knowledge& operator=(const Knowledge&) = delete;
  virtual ~Knowledge() = default;

  virtual WordType word_at(const Origin& origin) const = 0;
  // What callers give the function. Not part of word_at(): an argument of type unsafe.Pointer may
  // be anything, and what one caller gives must not be said of another's.
  virtual RegisterWords given(Address function) const = 0;
  // What the function does with what an argument points to, beyond what a type of it tells.
  virtual std::span<const PathWord> below(const Origin& argument) const = 0;
  // The struct type of closures that run `code`; null if not known.
  virtual Address closure_type(Address code) const = 0;
};

struct CodeImage {
  const MemorySource& memory;
  const Callees& callees;
  const Signatures& signatures;
  std::vector<AddressRange> writable;  // data and bss of all modules: what lies elsewhere in the image never changes
  std::vector<AddressRange> constant;  // text, read-only data, types
  std::vector<AddressRange> types;     // where descriptors lie

  bool is_variable(Address at) const;
  bool is_constant(Address at) const;
  bool is_type(Address at) const;
};

// For one thread, any number of functions.
class Interpreter {
 public:
  Interpreter(const CodeImage& image, const Knowledge& knowledge, WordTypes& types, Observer& observer)
      : image_(image), knowledge_(knowledge), types_(types), observer_(observer) {}

  // `code` are the bytes of the function that begins at `entry`. Its frame is only reported `with_frame`.
  void run(Address entry, std::span<const std::byte> code, bool with_frame = false);
  // The instruction that the observer is told of.
  Address position() const { return now_ < code_.size() ? code_[now_].at : entry_; }

 private:
  static constexpr std::uint8_t kRegisters = 16;
  using Registers = std::array<Value, kRegisters>;
  struct Label {
    Address at;
    std::uint32_t first_source = 0;  // number of the first instruction that jumps here
    bool backward = false;           // some jump here comes from behind
    bool reached = false;
    Registers registers;
  };
  struct FrameSlot {
    Value value;
    std::uint32_t written = kNever;
  };
  static constexpr std::uint32_t kNever = ~std::uint32_t{0};

  void find_labels();
  void enter();
  void pass(bool last);
  void arrive(Label& label);
  void leave_for(Address target);
  void step(const binary::Instruction& in);
  void call(const binary::Instruction& in);
  bool call_runtime(Callee callee);
  void note_cleanup();
  void call_with(const Signature* signature, Address entry, bool has_receiver);
  void call_indirect(const Value& target);
  void give_back();

  Value load(const binary::MemoryOperand& memory, std::int64_t more = 0);
  Value load_typed(const WordType& word, std::int64_t displacement, bool indexed);
  void store(const binary::MemoryOperand& memory, const Value& value, std::int64_t more = 0);
  Value address_of(const binary::MemoryOperand& memory);
  Value moved(const Value& value, std::int64_t by, bool indexed) const;
  std::optional<Address> constant_address(const binary::MemoryOperand& memory, std::int64_t more) const;
  std::optional<std::int64_t> stack_offset(const binary::MemoryOperand& memory, std::int64_t more) const;
  Value of_origin(const Origin& origin);
  Value loaded_constant(Address at) const;
  Origin origin_of(const Value& value) const { return origins_[value.origin]; }
  // What is known of a register. Most results of calls are never asked for, so nobody looks them up before.
  const Value& look(std::uint8_t number) { return registers_[number] = resolved(registers_[number]); }
  Value resolved(const Value& value) {
    if (value.kind != ValueKind::kResult) return value;
    return of_origin(
        {.root = Origin::Root::kResult, .number = static_cast<std::uint8_t>(value.offset), .at = value.address()});
  }
  // Where two ways come together: on one of them the result of a call may have been looked at.
  Value met(const Value& a, const Value& b);
  bool is_neutral(const Value& value) const;
  FrameSlot* slot_at(std::int64_t offset);
  Value read_slot(std::int64_t offset);
  bool is_mixed(std::uint32_t written) const;

  void note(const Origin& origin, const WordType& word, bool strong);
  void note_use(Address variable, bool stores = false);
  void note_argument(const Value& value, const WordType& wanted);
  void note_below(const Value& value, const PathWord& below);
  bool is_beyond(const Value& pointer, std::int64_t displacement) const;
  void note_frame(std::map<std::int64_t, std::vector<WordType>>& said, std::int64_t offset, const WordType& word) const;
  void report_frame();
  Address type_in(std::uint8_t reg) const;
  Value& reg(std::uint8_t number) { return registers_[number]; }
  void forget_registers();

  const CodeImage& image_;
  const Knowledge& knowledge_;
  WordTypes& types_;
  Observer& observer_;
  Origins origins_;
  std::vector<std::optional<WordType>> known_;  // of origins_, which are asked about again and again

  Address entry_, end_;
  bool with_frame_ = false;
  RegisterWords given_;
  std::vector<binary::Instruction> code_;
  std::vector<Label> labels_;  // ascending
  bool loops_ = false;
  bool changed_ = false;  // by this pass: what is known where a jump leads back to
  bool reporting_ = false;
  bool dead_ = false;  // the instruction before does not lead here
  std::uint32_t now_ = 0;
  Registers registers_;
  std::array<std::pair<Value, Value>, 16> vectors_;
  std::vector<FrameSlot> locals_;     // below the stack pointer at entry, by word
  std::vector<FrameSlot> arguments_;  // above it
  // Only with_frame_: what was said of the frame, each thing once; of words by offset, of variables through their
  // address.
  std::map<std::int64_t, std::vector<WordType>> frame_words_, frame_variables_;
  // Slots written within one of these ranges of instructions were not written on all ways that led here.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> mixed_;
};

}  // namespace holdfast::code
