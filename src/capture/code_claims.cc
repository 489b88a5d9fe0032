#include "capture/code_claims.h"

#include <algorithm>

namespace holdfast::capture {
namespace {

constexpr int kDeepest = 64;                       // static values that lead to one another
constexpr std::uint64_t kLargestValue = 64 << 20;  // bytes of a variable
constexpr std::uint64_t kWord = 8;

}  // namespace

void CodeClaims::set_closure_layouts() {
  for (const code::ClosureType& closure : evidence_.closures) {
    table_.set_closure_layout(closure.code, closure.type);
    closure_types_.insert(closure.type);
  }
}

void CodeClaims::claim_strong() {
  for (const code::GlobalWord& global : evidence_.globals)
    if (global.strong) claim_word(global.at, global.word);
}

void CodeClaims::claim_weak() {
  for (const code::GlobalWord& global : evidence_.globals)
    if (!global.strong) claim_word(global.at, global.word);
  for (const code::Variable& variable : evidence_.variables) claim_value(variable.at, variable.type, 0);
  for (const code::AccessPath& path : evidence_.paths) {
    Address at = path.place.at;
    for (std::size_t i = 0; i < path.place.loads && at; ++i) {
      at = runtime_.memory.try_pointer(at).value_or(Address());
      if (at) at += static_cast<std::uint64_t>(path.place.offsets[i]);
    }
    if (at) claim_word(at, path.word);
  }
}

bool CodeClaims::is_static(Address at) const {
  return std::ranges::any_of(runtime_.modules, [&](const go::Module& module) {
    return std::ranges::any_of(module.variables(), [&](const AddressRange& range) { return range.contains(at); });
  });
}

void CodeClaims::claim_word(Address at, const code::Word& word) {
  if (word.offset != 0) return;
  if (word.kind == code::Word::Kind::kPart) return claim_value(at, word.type, 0);
  const Address target = runtime_.memory.try_pointer(at).value_or(Address());
  if (!target) return;
  if (!word.in_array) return claim_target(target, word.type, 0);
  if (const TypeId elem = table_.intern(word.type))
    propagation_.claim_elements(target, elem, 0, typing::KnownBy::kCode);
}

// One value of the type lies at the target, in the heap or among the variables.
void CodeClaims::claim_target(Address target, Address type, int depth) {
  if (closure_types_.contains(type))
    return propagation_.claim_target(target, table_.any_closure(), typing::KnownBy::kCode);
  if (is_static(target)) return claim_value(target, type, depth + 1);
  if (const TypeId row = table_.intern(type)) propagation_.claim_target(target, row, typing::KnownBy::kCode);
}

// A value that lies outside of the heap, and the static values that it leads to.
void CodeClaims::claim_value(Address at, Address type, int depth) {
  const TypeId row = table_.intern(type);
  if (!row || depth > kDeepest || !statics_.emplace(at, type).second) return;
  const std::uint64_t size = table_[row].size;
  if (size == 0 || size > kLargestValue) return;
  std::vector<std::byte> bytes(size);
  if (!runtime_.memory.try_read(at, bytes)) return;
  propagation_.claim_value(bytes, row, typing::KnownBy::kCode);
  for (std::uint64_t offset = 0; offset + kWord <= size; offset += kWord) {
    const code::Word word = words_.word_at(type, offset);
    if (word.kind != code::Word::Kind::kPointer || word.in_array) continue;
    const Address target(load_le<std::uint64_t>(bytes.data() + offset));
    if (target && is_static(target)) claim_value(target, word.type, depth + 1);
  }
}

}  // namespace holdfast::capture
