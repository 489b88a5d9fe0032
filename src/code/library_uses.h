// What functions of the standard library do with the receivers whose types programs often have no descriptor of, since
// nothing allocates such a value by itself: rules by function name, where following the code does not tell (generic
// code knows shapes only; internal/sync.HashTrieMap, sync.Map and sync.Pool of Go 1.19-1.27).
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "binary/pclntab.h"
#include "code/interpreter.h"
#include "go/type_universe.h"

namespace holdfast::code {

// By entry: words behind the first argument.
using LibraryUses = std::unordered_map<Address, std::vector<PathWord>>;

// `all` functions of the program, for their names.
LibraryUses read_library_uses(const go::Runtime& runtime, const go::TypeReader& reader,
                              const go::TypeUniverse& universe, std::span<const binary::FunctionInfo> all);

}  // namespace holdfast::code
