#include "typing/code_claims.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/architecture.h"

namespace holdfast::typing {
namespace {

constexpr std::uint64_t kLargestValue = 64 << 20;  // bytes of a variable

using code::find_at;
using code::find_before;
using code::FrameWord;

bool has_several_words(TypeKind kind) {
  return kind == TypeKind::kInterface || kind == TypeKind::kSlice || kind == TypeKind::kString;
}

}  // namespace

void CodeClaims::set_closure_layouts() {
  for (const code::ClosureType& closure : evidence_.closures) {
    table_.set_closure_layout(closure.code, closure.type);
    closure_types_.insert(closure.type);
  }
}

void CodeClaims::claim_strong() {
  strong_ = true;
  for (const code::GlobalWord& global : evidence_.globals) {
    if (!global.strong) continue;
    speak_of(global.at, global.said_by, nullptr);
    claim_global(global);
  }
}

void CodeClaims::claim_weak() {
  strong_ = false;
  for (const code::GlobalWord& global : evidence_.globals) {
    if (global.strong) continue;
    speak_of(global.at, global.said_by, nullptr);
    claim_global(global);
  }
  for (const code::TypedVariable& variable : evidence_.variables) {
    speak_of(variable.at, variable.said_by, nullptr);
    claim_value(variable.at, variable.type);
  }
  for (const code::AccessPath& path : evidence_.paths) {
    const Address at = path.origin.place(runtime_.memory);
    strong_ = path.strong;
    speak_of(path.origin.at, path.said_by, &path.origin);
    if (at) claim_word(at, path.word);
  }
}

// The words of an interface, a slice or a string can go separate ways: a variable that got the first word of one need
// not be one itself (`kind = reflect.TypeOf(x)`, where TypeOf is no more than that word).
void CodeClaims::claim_global(const code::GlobalWord& global) {
  const code::WordType& word = global.word;
  const bool is_first = word.kind == code::WordKind::kPart && word.offset == 0;
  const TypeId type = is_first ? table_.intern(word.type) : TypeId();
  if (!type || !has_several_words(table_[type].kind)) return claim_word(global.at, word);
  const auto next = std::ranges::lower_bound(evidence_.globals, global.at + kWord, {}, &code::GlobalWord::at);
  const bool is_whole = next != evidence_.globals.end() && next->at == global.at + kWord &&
                        next->word == code::WordType::part(word.type, kWord);
  if (is_whole) return claim_word(global.at, word);
  claim_rest(global.at, word);
}

void CodeClaims::claim_cleanup(Address code, Address argument) {
  const auto known = std::ranges::lower_bound(evidence_.cleanups, code, {}, &code::ClosureType::code);
  if (known == evidence_.cleanups.end() || known->code != code) return;
  speak_of(Address(), known->said_by, nullptr);
  because({}, {});
  claim_target(argument, known->type);
}

void CodeClaims::claim_frames(std::span<const LiveFrame> frames) {
  strong_ = false;
  for (const LiveFrame& frame : frames) {
    const go::StackFrame& at = frame.frame;
    speak_of(Address(), at.pc - (at.is_return_address ? 1 : 0), nullptr);
    in_frame_ = true;
    for (const Address slot : frame.slots) claim_slot(frame, slot);
  }
  in_frame_ = false;
}

void CodeClaims::claim_slot(const LiveFrame& frame, Address slot) {
  const auto offset = static_cast<std::int64_t>(slot.value - frame.base().value);
  if (const FrameWord* const variable = find_before(evidence_.frame_variables, frame.function, offset))
    claim_variable(frame.base() + static_cast<std::uint64_t>(variable->offset), variable->word, slot);
  const FrameWord* const found = find_at(evidence_.frame_words, frame.function, offset);
  if (found == nullptr) return;
  if (found->word.kind != code::WordKind::kPart) return claim_word(slot, found->word);
  if (found->word.offset == 0) return claim_rest(slot, found->word);
  // The data word of an interface: the word before it tells the type.
  const FrameWord* const first = find_at(evidence_.frame_words, frame.function, offset - 8);
  std::array<std::byte, 2 * kWord> words;
  if (first == nullptr || first->word != code::WordType::part(found->word.type, 0) ||
      !runtime_.memory.try_read(slot - kWord, words))
    return;
  because(slot - kWord, {});
  propagation_.claim_interfaces(words);
}

// Claims what the first word of a value says. The other words may lie elsewhere, so only that word is read.
void CodeClaims::claim_rest(Address at, const code::WordType& word) {
  const TypeId type = table_.intern(word.type);
  if (!type) return;
  if (table_[type].size == kWord) return claim_value(at, word.type);
  const Address first = runtime_.memory.try_pointer(at).value_or(Address());
  const TypeKind kind = table_[type].kind;
  const TypeId elem = kind == TypeKind::kString  ? table_.text()
                      : kind == TypeKind::kSlice ? table_[type].elem
                                                 : TypeId();
  if (!first || !elem) return;
  because(at, {});
  propagation_.claim_perhaps_counted(first, elem, number_behind(at, kind == TypeKind::kString), KnownBy::kCode);
}

// Returns what the words behind a pointer to elements say of their number, as those of a slice or a string; 0 if they
// cannot.
std::uint64_t CodeClaims::number_behind(Address at, bool is_string) const {
  std::array<std::byte, 2 * kWord> words;
  if (!runtime_.memory.try_read(at + kWord, std::span(words).first(is_string ? kWord : 2 * kWord))) return 0;
  const auto length = load_le<std::uint64_t>(words.data());
  const auto capacity = is_string ? length : load_le<std::uint64_t>(words.data() + kWord);
  return length > 0 && length <= capacity ? capacity : 0;
}

// A variable of a frame lies at `at`, and its address is a `pointer`. `live` is a live word at or behind it.
void CodeClaims::claim_variable(Address at, const code::WordType& pointer, Address live) {
  TypeId type = table_.intern(pointer.type);
  if (!type) return;
  const bool is_header = pointer.kind == code::WordKind::kPart;
  if (is_header) type = table_[type].kind == TypeKind::kMap ? table_.map_header(type) : TypeId();
  if (!type || live - at >= table_[type].size) return;
  if (!is_header) return claim_value(at, pointer.type);
  std::vector<std::byte> bytes(table_[type].size);
  if (!statics_.emplace(at, pointer.type).second || !runtime_.memory.try_read(at, bytes)) return;
  because(at, type);
  propagation_.claim_value(bytes, type, KnownBy::kCode);
}

void CodeClaims::speak_of(Address variable, Address said_by, const code::Origin* origin) {
  variable_ = variable;
  said_by_ = said_by;
  origin_ = origin;
}

void CodeClaims::because(Address at, TypeId type) {
  propagation_.because([&] {
    return Grounds{.ground = in_frame_ ? Ground::kSlot : Ground::kCode,
                   .strong = strong_,
                   .type = type,
                   .at = at,
                   .variable = variable_,
                   .code = said_by_,
                   .way = origin_ == nullptr ? code::Origin() : *origin_};
  });
}

void CodeClaims::claim_word(Address at, const code::WordType& word) {
  if (word.offset != 0) return;
  if (word.kind == code::WordKind::kPart) return claim_value(at, word.type);
  const Address target = runtime_.memory.try_pointer(at).value_or(Address());
  if (!target) return;
  because(at, {});
  if (!word.in_array) return claim_target(target, word.type);
  if (const TypeId elem = table_.intern(word.type))
    propagation_.claim_perhaps_counted(target, elem, number_behind(at, false), KnownBy::kCode);
}

// One value of the type lies at the target.
void CodeClaims::claim_target(Address target, Address type) {
  const TypeId row = closure_types_.contains(type) ? table_.any_closure() : table_.intern(type);
  if (row) propagation_.claim_target(target, row, KnownBy::kCode);
}

// Claims what a value outside of the heap points to.
void CodeClaims::claim_value(Address at, Address type) {
  const TypeId row = table_.intern(type);
  if (!row || !statics_.emplace(at, type).second) return;
  const std::uint64_t size = table_[row].size;
  if (size == 0 || size > kLargestValue) return;
  std::vector<std::byte> bytes(size);
  if (!runtime_.memory.try_read(at, bytes)) return;
  because(at, row);
  propagation_.claim_value(bytes, row, KnownBy::kCode);
}

}  // namespace holdfast::typing
