// What the interpreter of machine code knows of a word in a register or a stack slot: its type, and where it came from
// (types from code, 4). Small values without ownership; nothing throws.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/hash.h"
#include "base/memory_source.h"
#include "code/word_types.h"

namespace holdfast::code {

// Where a value came from: a global, an argument or a result of a function, the result of one call, or a word that a
// closure captured; and then up to three loads. What is learnt of the value later is learnt of its origin.
struct Origin {
  enum class Root : std::uint8_t { kNone, kGlobal, kArgument, kResult, kCall, kCapture };
  static constexpr std::size_t kMostLoads = 3;

  Root root = Root::kNone;
  std::uint8_t loads = 0;
  std::uint8_t number = 0;  // of the argument or result register
  Address at;               // the global, the function's entry, or the instruction behind the call
  std::array<std::int32_t, kMostLoads> offsets = {};

  explicit operator bool() const { return root != Root::kNone; }
  // The origin of the word at `offset` from where this one points; none if that is too far away.
  Origin load(std::int64_t offset) const {
    constexpr std::int64_t kFar = 1 << 20;
    if (root == Root::kNone || loads == kMostLoads || offset < 0 || offset > kFar) return {};
    Origin deeper = *this;
    deeper.offsets[deeper.loads++] = static_cast<std::int32_t>(offset);
    return deeper;
  }
  // Of a global: where the word lies now; null if a pointer on the way is null or cannot be read.
  Address place(const MemorySource& memory) const {
    Address place = at;
    for (std::size_t i = 0; i < loads && place; ++i) {
      place = memory.try_pointer(place).value_or(Address());
      if (place) place += static_cast<std::uint64_t>(offsets[i]);
    }
    return place;
  }
  auto operator<=>(const Origin&) const = default;
};

struct OriginHash {
  std::size_t operator()(const Origin& origin) const {
    std::uint64_t hash = mixed(static_cast<std::uint64_t>(origin.root) << 8 | origin.loads, origin.at.value);
    hash = mixed(hash, origin.number);
    for (const std::int32_t offset : origin.offsets) hash = mixed(hash, static_cast<std::uint32_t>(offset));
    return hash;
  }
};

// Numbers for the origins that occur in one function, so that values stay small; 0 is none. Not for several threads.
class Origins {
 public:
  using Id = std::uint32_t;

  Id id(const Origin& origin) {
    if (!origin) return 0;
    if (2 * all_.size() >= cells_.size()) grow();
    for (std::size_t at = OriginHash()(origin);; ++at) {
      Cell& cell = cells_[at & (cells_.size() - 1)];
      if (cell.generation != generation_) {
        cell = {generation_, static_cast<Id>(all_.size())};
        all_.push_back(origin);
        return cell.id;
      }
      if (all_[cell.id] == origin) return cell.id;
    }
  }
  const Origin& operator[](Id id) const { return all_[id]; }
  // Forgets all, in constant time.
  void clear() {
    all_.resize(1);
    ++generation_;
  }

 private:
  struct Cell {
    std::uint32_t generation = 0;  // the cell is empty unless this is generation_
    Id id = 0;
  };

  void grow() {
    cells_.assign(4 * cells_.size(), {});
    for (Id id = 1; id < all_.size(); ++id) {
      std::size_t at = OriginHash()(all_[id]);
      while (cells_[at & (cells_.size() - 1)].generation == generation_) ++at;
      cells_[at & (cells_.size() - 1)] = {generation_, id};
    }
  }

  std::vector<Origin> all_ = std::vector<Origin>(1);
  std::vector<Cell> cells_ = std::vector<Cell>(64);  // a power of two of them
  std::uint32_t generation_ = 1;
};

enum class ValueKind : std::uint8_t {
  kUnknown,
  kConstant,  // `number`
  kTyped,     // word()
  kStack,     // an address in the own frame, `number` bytes from where the stack pointer was at entry
  kResult,    // result register `offset` of the function at `number`; nobody has asked for it yet
  kMethod,    // code of a method of an interface, or of a func value: `number` is the address of its func type
};

struct Value {
  ValueKind kind = ValueKind::kUnknown;
  bool is_method = false;  // of kMethod: takes a receiver first
  bool in_array = false;   // of kTyped, as the rest of the word
  WordKind word_kind = WordKind::kUnknown;
  std::uint32_t offset = 0;
  std::uint64_t number = 0;  // two's complement for kStack; of kTyped the descriptor's address
  Origins::Id origin = 0;    // also of typed values

  static Value constant(std::uint64_t number) { return make(ValueKind::kConstant, number); }
  static Value stack(std::int64_t offset) { return make(ValueKind::kStack, static_cast<std::uint64_t>(offset)); }
  static Value typed(const WordType& word, Origins::Id origin = 0) {
    Value value = make(word ? ValueKind::kTyped : ValueKind::kUnknown, word.type.value);
    value.in_array = word.in_array;
    value.word_kind = word.kind;
    value.offset = word.offset;
    value.origin = origin;
    return value;
  }
  static Value result(Address function, std::uint8_t number) {
    Value value = make(ValueKind::kResult, function.value);
    value.offset = number;
    return value;
  }
  static Value method(Address function_type, bool takes_receiver) {
    Value value = make(ValueKind::kMethod, function_type.value);
    value.is_method = takes_receiver;
    return value;
  }

  WordType word() const { return is_typed() ? WordType{word_kind, in_array, offset, Address(number)} : WordType(); }
  Address address() const { return Address(number); }
  bool is_constant() const { return kind == ValueKind::kConstant; }
  bool is_nil() const { return is_constant() && number == 0; }
  bool is_typed() const { return kind == ValueKind::kTyped; }
  bool is_pointer() const { return is_typed() && word_kind == WordKind::kPointer; }
  bool operator==(const Value&) const = default;

 private:
  static Value make(ValueKind kind, std::uint64_t number) {
    Value value;
    value.kind = kind;
    value.number = number;
    return value;
  }
};
static_assert(sizeof(Value) == 24);  // sixteen of them are copied at every jump

// What is known of a word that is `a` on one way and `b` on another. Nil does not contradict a type.
inline Value meet(const Value& a, const Value& b) {
  if (a == b) return a;
  if (a.is_nil() && b.is_typed()) return b;
  if (b.is_nil() && a.is_typed()) return a;
  Value both;
  if (a.is_typed() && b.is_typed() && a.number == b.number && a.word_kind == b.word_kind) {
    both = a;
    both.in_array = a.in_array || b.in_array;
    if (a.offset != b.offset) {
      if (!both.in_array) return {};
      both.offset = 0;
    }
  }
  both.origin = a.origin == b.origin ? a.origin : 0;
  return both;
}

}  // namespace holdfast::code
