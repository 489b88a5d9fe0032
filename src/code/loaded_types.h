// Finds types that only the machine code names: addresses of descriptors that it loads (LEA register, [RIP +
// distance]). Typelinks do not list them, for example types of values that are put into interfaces (types from code,
// 2).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/address.h"

namespace holdfast::code {

// Returns the addresses within `types` that `code`, which lies at `at`, seems to load: ascending, each once. The bytes
// are not decoded, so a few of them are loaded by nobody; TypeUniverse::add checks what lies there. Nothing throws.
std::vector<Address> loaded_types(std::span<const std::byte> code, Address at, AddressRange types);

}  // namespace holdfast::code
