// Why one object has its type: the chain of evidence (heap/type_reasons.h) in words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "heap/type_reasons.h"

namespace holdfast::view {

// The full name, or words that say that there is none.
std::string type_or_none(const heap::Snapshot& snapshot, TypeId type);

// What is known of the object that an address lies in. Without a chain, as of a .hold file, what its type is and how
// that is known is all.
struct ExplainedType {
  Address asked;
  ObjectId object;
  std::optional<heap::TypeChain> chain;
};

// "field .next of *main.Item at 0xc000010000", "allocation header": who said so, in one line.
std::string reason_text(const heap::Snapshot& snapshot, const heap::TypeStep& step);

// What is at an address where no object is: "a free slot of 48 B", "the stack of goroutine 17", "main.registry"...
// `variable`: the package variable there, empty if none is known.
std::string place_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address,
                       const std::string& variable);

}  // namespace holdfast::view
