// Facts, and who tells the signatures of functions, as bytes, to be kept from one run to the next on the same binary.
// Addresses count from `base`, so the bytes hold wherever the program is loaded. They begin with a hash of the sources
// of this layer: facts that other rules found are not used.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "code/facts.h"
#include "code/signatures.h"

namespace holdfast::code {

struct KeptFacts {
  FactTables tables;
  std::vector<SignatureSource> signatures;  // ascending

  bool operator==(const KeptFacts&) const = default;
};

// Equal facts give equal bytes.
std::vector<std::byte> write_facts(const FactTables& tables, std::span<const SignatureSource> signatures, Address base);
// Returns nothing if the bytes are damaged, were written by other rules, or name an address outside of `image`.
std::optional<KeptFacts> read_facts(std::span<const std::byte> bytes, Address base, const AddressRange& image);

}  // namespace holdfast::code
