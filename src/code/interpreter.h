// Follows the values of one function from its first instruction to its last and reports what the code says about types:
// results of allocations, arguments of map calls, what is stored where (types from code, 4). A pass goes over the
// instructions in order of address and joins the registers where several ways meet. Functions with loops get more
// passes, until one changes nothing or there were enough; a last pass reports. Time is bounded by the length of the
// code. Any bytes may be given: nothing throws.
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

// Receives what one function's code shows.
class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  // A word that comes from `origin` is a `word`. Strong: a value of known type was stored there, or the runtime was
  // told its type. Weak: it was passed or stored as such a word.
  virtual void word(const Origin& origin, const WordType& word, bool strong) = 0;
  // The address of a variable was passed or stored as a pointer to `type`.
  virtual void variable(Address variable, Address type) = 0;
  // The function reads or writes this word of a variable, or takes its address. `stores`: it writes something other
  // than nil.
  virtual void use(Address variable, bool stores) = 0;
  // Closures that run `code` are values of this struct type.
  virtual void closure(Address code, Address type) = 0;
  // The cleanup function `code` is called with a value of the type.
  virtual void cleanup(Address code, Address type) = 0;
  // The function removes entries from maps of the type; null if it is told the type only when it runs.
  virtual void removal(Address map_type) = 0;
  // The function returns this word in the result register `number`; an unknown word means that it may be anything.
  virtual void result(std::uint8_t number, const WordType& word) = 0;
  // A call passes such a word in argument register `number`; the function may take fewer.
  virtual void given(Address function, std::uint8_t number, const WordType& word) = 0;
  // The slot `offset` bytes from where the stack pointer was at entry holds such a word whenever it is live. A slot
  // holds values of one type all its life (types from code, 4.1).
  virtual void frame_word(Address function, std::int64_t offset, const WordType& word) = 0;
  // A variable lies there whose address was passed or stored as a `pointer`.
  virtual void frame_variable(Address function, std::int64_t offset, const WordType& pointer) = 0;
};

// What is known of a word that is reached from another word.
struct PathWord {
  Origin origin;
  WordType word;

  bool operator==(const PathWord&) const = default;
};

// How a function uses its arguments, where their types do not tell.
struct ArgumentUses {
  RegisterWords words;          // what each argument is
  std::vector<PathWord> below;  // words that are reached from one of them, ascending by origin

  bool operator==(const ArgumentUses&) const = default;
};

// What is known before a function is followed: of the program, and from earlier rounds. Asked from several threads.
class Knowledge {
 public:
  Knowledge() = default;
  Knowledge(const Knowledge&) = delete;
  Knowledge& operator=(const Knowledge&) = delete;
  virtual ~Knowledge() = default;

  // What a word that comes from there is; unknown if nothing is known.
  virtual WordType word_at(const Origin& origin) const = 0;
  // What callers pass to the function. It is not part of word_at(), because an argument of type unsafe.Pointer may be
  // anything: what one caller passes must not be said of another caller's value.
  virtual RegisterWords given(Address function) const = 0;
  // How the function uses its arguments; null if nothing is known.
  virtual const ArgumentUses* argument_uses(Address function) const = 0;
  // The struct type of closures that run `code`; null if not known.
  virtual Address closure_type(Address code) const = 0;
};

// The program as the interpreter sees it. Shared by all threads.
struct CodeImage {
  const MemorySource& memory;
  const Callees& callees;
  const Signatures& signatures;
  std::vector<AddressRange> writable;  // data and bss of all modules
  std::vector<AddressRange> constant;  // text, read-only data, types: never change
  std::vector<AddressRange> types;     // where descriptors lie

  bool is_variable(Address at) const;
  bool is_constant(Address at) const;
  bool is_type(Address at) const;
};

// Used by one thread, for any number of functions one after the other. Refers to its arguments.
class Interpreter {
 public:
  Interpreter(const CodeImage& image, const Knowledge& knowledge, WordTypes& types, Observer& observer)
      : image_(image), knowledge_(knowledge), types_(types), observer_(observer) {}

  // Follows the function that begins at `entry` and has these bytes. Its frame is reported only if `with_frame`.
  void run(Address entry, std::span<const std::byte> code, bool with_frame = false);
  // The instruction that the present report is about.
  Address position() const { return now_ < code_.size() ? code_[now_].at : entry_; }

 private:
  static constexpr std::uint8_t kRegisters = 16;
  using Registers = std::array<Value, kRegisters>;
  struct Label {
    Address at;
    std::uint32_t first_source = 0;  // number of the first instruction that jumps here
    bool backward = false;           // some jump here comes from a higher address
    bool reached = false;
    Registers registers;
  };
  struct FrameSlot {
    Value value;
    std::uint32_t written = kNever;  // the instruction that wrote it last
    bool has_others = false;         // wrote it, too
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
  void note_arguments(const Signature* signature, Address entry, bool has_receiver);
  void call_indirect(const Value& target);
  WordType value_behind(const Value& itab) const;
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
  // The value of a register. Results of calls are looked up only here, because most are never asked for.
  const Value& look(std::uint8_t number) { return registers_[number] = resolved(registers_[number]); }
  Value resolved(const Value& value) {
    if (value.kind != ValueKind::kResult) return value;
    return of_origin(
        {.root = Origin::Root::kResult, .number = static_cast<std::uint8_t>(value.offset), .at = value.address()});
  }
  // The value that holds on both of two ways. On only one of them the result of a call may have been looked up.
  Value met(const Value& a, const Value& b);
  bool is_neutral(const Value& value) const;
  FrameSlot* slot_at(std::int64_t offset);
  void write_slot(FrameSlot& slot, const Value& value);
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
  std::vector<std::optional<WordType>> known_;  // answers for origins_, which are asked for again and again

  Address entry_, end_;
  bool with_frame_ = false;
  RegisterWords given_;
  std::vector<binary::Instruction> code_;
  std::vector<Label> labels_;  // ascending
  bool loops_ = false;
  bool changed_ = false;  // this pass changed the registers at the target of a backward jump
  bool reporting_ = false;
  bool dead_ = false;  // no way leads from the instruction before to this one
  std::uint32_t now_ = 0;
  Registers registers_;
  std::array<std::pair<Value, Value>, 16> vectors_;
  std::vector<FrameSlot> locals_;     // below the stack pointer at entry, by word
  std::vector<FrameSlot> arguments_;  // above it
  // Claims on the frame, by offset, each once; filled only if with_frame_.
  std::map<std::int64_t, std::vector<WordType>> frame_words_, frame_variables_;
  // Slots written within one of these ranges of instructions were not written on every way that leads here.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> mixed_;
};

}  // namespace holdfast::code
