// Two answers to the question what type each object has, object by object: with debug information, which is taken for
// the truth, and without. For those who work on the second one, and for those who want to know how far to trust it.
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
  kOtherName,  // another type of the same size whose fields lie alike: a conversion, a named type for its unnamed one
  kNesting,    // one type begins with the other: an array for its element, a struct for its first field
  kWrong,
  kOnlyWith,     // typed with debug information alone
  kOnlyWithout,  // typed without it alone
  kNeither,
};
constexpr std::size_t kAgreements = 7;

struct Agreed {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

// Of the kinds that are no agreement: what was said most often.
struct Difference {
  Agreement agreement = Agreement::kWrong;
  std::string with, without;  // empty = not typed
  Agreed sum;
};

// Of what leads into the heap from outside.
struct Entries {
  std::uint64_t all = 0;
  std::uint64_t with = 0, without = 0;  // those that lead to typed objects only
};

constexpr std::size_t kKindsOfEvidence = static_cast<std::size_t>(heap::KnownBy::kInferred) + 1;

struct TypeComparison {
  std::array<Agreed, kAgreements> sums;  // by Agreement; all live objects
  // By heap::KnownBy: how each of the two answers knows the types of all live objects.
  std::array<Agreed, kKindsOfEvidence> known_with, known_without;
  // By heap::KnownBy: how the second answer knows the types that are wrong.
  std::array<Agreed, kKindsOfEvidence> wrong_by;
  std::vector<Difference> differences;  // most bytes first
  Entries variables;                    // package variables that retain more than a thousandth of the live bytes
  Entries slots;                        // words of frames where the collector sees a pointer for certain
  // The ones of `variables` that lead to objects without a type in the second answer; most retained bytes first.
  std::vector<std::string> untyped_variables;
};

std::string_view name_of(Agreement agreement);

// Live objects of the snapshot, whose own types are those found with debug information.
TypeComparison compare_types(const heap::Snapshot& snapshot, const heap::TypeColumns& without,
                             const graph::Dominators& dominators);

}  // namespace holdfast::view
