// Finds the runtime's variables: by the symbol table or, in a stripped program, in the machine code of runtime
// functions that are known to touch them (reference 1.5, Go 1.19-1.27, amd64).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "go/modules.h"

namespace holdfast::go {

// Returns all functions of that name (a wrapper and its body can share one), as run-time address ranges.
using FunctionsNamed = std::function<std::vector<AddressRange>(std::string_view name)>;

// What is not found stays null. Every address that was found in code is checked for sense where that is possible.
Variables find_variables(const MemorySource& memory, const LayoutSource& layouts, const LoadedImage& image,
                         const FunctionsNamed& functions_named);

}  // namespace holdfast::go
