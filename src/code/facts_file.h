// Facts as bytes, to be kept from one run to the next on the same binary. Addresses count from `base`, so they hold
// wherever the program is loaded.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "code/facts.h"

namespace holdfast::code {

// The same facts give the same bytes.
std::vector<std::byte> write_facts(const FactTables& facts, Address base);
// Nothing where the bytes are damaged, of another form, or name anything outside of the `image`.
std::optional<FactTables> read_facts(std::span<const std::byte> bytes, Address base, const AddressRange& image);

}  // namespace holdfast::code
