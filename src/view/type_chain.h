// Tells why one object has its type: puts the chain of evidence (heap/type_reasons.h) into words. Several threads may
// ask.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "heap/type_reasons.h"

namespace holdfast::view {

// Returns the full name, or words that say that there is none.
std::string type_or_none(const heap::Snapshot& snapshot, TypeId type);

// What is known of the object that an address lies in. Without a chain (a .hold file has none), that is only its type
// and how that is known.
struct ExplainedType {
  Address asked;
  ObjectId object;
  std::optional<heap::TypeChain> chain;
};

// Says in one line who said so: "field .next of *main.Item at 0xc000010000", "allocation header".
std::string reason_text(const heap::Snapshot& snapshot, const heap::TypeStep& step);

// Names the rule of the library: "map", "sync.Pool"; empty if there is none.
std::string rule_text(const heap::Snapshot& snapshot, const heap::TypeStep& step);
// Names the variable, list or special: "main.registry+0x8", "finalizer"; empty if there is none.
std::string source_text(const heap::TypeStep& step);

// Says what is at an address without an object: "a free slot of 48 B", "the stack of goroutine 17", "main.registry"...
// `variable` is the package variable there, empty if none is known.
std::string place_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address,
                       const heap::VariableWord& variable);

}  // namespace holdfast::view
