// Where the machine code names types: addresses that it loads (LEA register, [RIP + distance]) from where descriptors
// lie. Typelinks do not list types that only code names, such as those of values that are put into interfaces.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/address.h"

namespace holdfast::code {

// Addresses within `types` where a descriptor may lie, ascending, each once; `code` lies at `at`. The bytes are not
// taken apart into instructions, so some of these addresses nobody loads: TypeUniverse::add asks what lies there.
std::vector<Address> loaded_types(std::span<const std::byte> code, Address at, AddressRange types);

}  // namespace holdfast::code
