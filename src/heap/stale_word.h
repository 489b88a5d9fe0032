// Words of live memory that are addresses in the Go heap where there is no object: what they named was freed. A pointer
// of that sort makes the next collection end the program; a number (uintptr) is what unsafe code has kept of an address
// that the collector does not know of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/address.h"
#include "base/ids.h"

namespace holdfast::heap {

constexpr std::size_t kMostStaleWords = 4096;

// It stands in an object with pointers that may be held: that the last collection marked, or that came after it. Of
// numbers only fields and elements of type uintptr count, where the type of the object is known for sure.
struct StaleWord {
  ObjectId object;       // that has the word
  std::uint64_t at = 0;  // of the word, in bytes from the start of the object's slot
  Address value;         // an address in a free slot, or in pages of the heap that no span has
  bool is_pointer = false;

  bool operator==(const StaleWord&) const = default;
};

}  // namespace holdfast::heap
