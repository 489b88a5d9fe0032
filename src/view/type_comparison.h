// Compares two answers to the question what type each object has, object by object: the one with debug information,
// which is taken for the truth, and the one without. It is for those who work on the second one, and for those who want
// to know how far to trust it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/dominators.h"
#include "heap/snapshot.h"

namespace holdfast::view {

enum class Agreement : std::uint8_t {
  kSame,
  // Another type of the same size with fields at the same places: a conversion, or a named type for its unnamed one.
  kOtherName,
  kNesting,  // one type begins with the other: an array for its element, a struct for its first field
  kWrong,
  kOnlyWith,     // typed only with debug information
  kOnlyWithout,  // typed only without it
  kNeither,
};
constexpr std::size_t kAgreements = 7;

struct Agreed {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

// What was said most often, for the kinds that are no agreement.
struct Difference {
  Agreement agreement = Agreement::kWrong;
  std::string with, without;  // empty = not typed
  Agreed sum;
};

// What leads into the heap from outside.
struct Entries {
  std::uint64_t all = 0;
  std::uint64_t with = 0, without = 0;  // how many lead to typed objects only
};

constexpr std::size_t kKindsOfEvidence = static_cast<std::size_t>(heap::KnownBy::kPart) + 1;

struct TypeComparison {
  std::array<Agreed, kAgreements> sums;  // by Agreement; all live objects
  // How each of the two answers knows the types of all live objects; by heap::KnownBy.
  std::array<Agreed, kKindsOfEvidence> known_with, known_without;
  // How the second answer knows the types that are wrong; by heap::KnownBy.
  std::array<Agreed, kKindsOfEvidence> wrong_by;
  std::vector<Difference> differences;  // most bytes first
  Entries variables;                    // package variables that retain more than a thousandth of the live bytes
  Entries slots;                        // words of frames that are pointers for certain to the collector
  // Those of `variables` that lead to objects without a type in the second answer; most retained bytes first.
  std::vector<std::string> untyped_variables;
};

std::string_view name_of(Agreement agreement);

// Compares the snapshot's own types, which were found with debug information, with `without`. Only live objects count.
TypeComparison compare_types(const heap::Snapshot& snapshot, const heap::TypeColumns& without,
                             const graph::Dominators& dominators);

}  // namespace holdfast::view
