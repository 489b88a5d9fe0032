// The addresses that messages of Go's runtime about a crash name: pointers that the collector refused, slots that were
// free and reached, faults. The words are those of Go 1.19 to 1.27; whatever stands between them is passed over.
#pragma once

#include <string_view>
#include <vector>

#include "base/address.h"

namespace holdfast::dumps {

// An address that somebody asks about, and what is said of it; nothing if nobody says anything.
struct AskedAddress {
  Address address;
  std::string_view what = {};  // "the pointer that the collector refused"
  bool is_holder = false;      // it is where the pointer was found, and no pointer itself

  bool operator==(const AskedAddress&) const = default;
};

constexpr std::size_t kMostAskedAddresses = 16;
// What lies below is a field of nothing: the program went through a nil pointer.
constexpr std::uint64_t kFirstPage = 4096;

// Returns the first of them in the order of the text, each once. Nothing throws.
std::vector<AskedAddress> addresses_of_crash(std::string_view text);

}  // namespace holdfast::dumps
