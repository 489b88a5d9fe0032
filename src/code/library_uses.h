// What methods of the standard library do with receivers whose type often has no descriptor, because nothing allocates
// such a value by itself. These are rules by function name, for code that says nothing when it is followed: generic
// code knows only shapes. They cover internal/sync.HashTrieMap, sync.Map and sync.Pool of Go 1.19-1.27 (types from
// code, 6).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "binary/pclntab.h"
#include "code/interpreter.h"
#include "go/type_universe.h"

namespace holdfast::code {

// By entry of the function: words that are reached from its first argument.
using LibraryUses = std::unordered_map<Address, std::vector<PathWord>>;

// `all` are the program's functions. A rule whose types the program does not have gives nothing. Nothing throws.
LibraryUses read_library_uses(const go::Runtime& runtime, const go::TypeReader& reader,
                              const go::TypeUniverse& universe, std::span<const binary::FunctionInfo> all);

// Whose word it is that leads to values of a type, by these rules.
struct LibraryWord {
  std::string_view variable;          // the only variable that has such a word; empty: values of `structure` have it
  std::string_view structure, field;  // of `structure` the offset alone counts where `variable` is given
};

// Returns nullopt if no rule has the type, given with its full name.
std::optional<LibraryWord> library_word(std::string_view type);

}  // namespace holdfast::code
