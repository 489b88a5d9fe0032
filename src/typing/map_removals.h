// Says of each map type whether the program's code removes entries from maps of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "code/evidence.h"
#include "heap/type_kind.h"
#include "typing/type_table.h"

namespace holdfast::typing {

// Returns a value per row of the table. Types with the same keys and elements are one here, since conversion makes one
// of the other. Generic code that is told the type when it runs is named with the shapes of its type arguments, and up
// to Go 1.20 it names a map of shapes: a map whose keys or elements may be of such a shape is kUnknown. Adds rows for
// types that have none.
std::vector<heap::MapRemovals> find_map_removals(const code::CodeEvidence& evidence, TypeTable& table,
                                                 const FunctionAt& function_at);

// The kinds that the shapes in the name of a generic function have:
// "main.(*Cache[go.shape.string,go.shape.*uint8]).Drop" has string and pointer. A bit per heap::TypeKind.
std::uint64_t shape_kinds(std::string_view function);

}  // namespace holdfast::typing
