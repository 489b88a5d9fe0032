// Where memory was allocated, as data, by the runtime's memory profile. That takes samples, so its objects are some of
// those that are meant, and it has large ones more likely than small ones (heap/sample_estimate.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heap/sample_estimate.h"
#include "view/labels.h"

namespace holdfast::view {

// What samples say about all objects.
struct AllocationEstimate {
  heap::EstimatedNumber objects, bytes;
};

// A place that allocated some of it.
struct AllocationPlace {
  CodePlace place;                             // the innermost call outside of plumbing and of the standard library
  std::uint64_t sampled = 0;                   // objects that were allocated there
  std::optional<AllocationEstimate> estimate;  // none if the profiler's rate is not known
  std::vector<CodePlace> stack;                // the commonest way to the place, innermost first
};

// Where the objects of one thing were allocated: of a holder, of a type, of what goroutines hold.
struct AllocationSites {
  // Texts name a place only if more than this share of the samples is from there: of things that many places put
  // together, the commonest says little.
  static constexpr double kAgreement = 0.5;

  std::uint64_t sampled = 0;  // all sampled objects; 0: none was, though the profiler was on
  std::optional<AllocationEstimate> estimate;
  std::vector<AllocationPlace> places;  // those with most samples first, no more than kMostPlaces
  std::uint64_t place_count = 0;        // before the list was cut

  static constexpr std::size_t kMostPlaces = 5;

  // The part of the samples that is from the first place; 0 if there is none.
  double share() const {
    return places.empty() ? 0 : static_cast<double>(places.front().sampled) / static_cast<double>(sampled);
  }
  // Returns the place that texts name, or null.
  const AllocationPlace* agreed() const { return share() > kAgreement ? &places.front() : nullptr; }
};

// What can be expected of the memory profile, on which all this rests.
struct ProfileFacts {
  bool known = false;                 // the runtime's variables were found and read
  std::optional<std::uint64_t> rate;  // runtime.MemProfileRate: 0 = off, 1 = every object
  bool switched_off = false;          // by the linker, since no code of the program reads the profile
  std::uint64_t sampled = 0;          // objects on the heap, reachable or not, that were sampled
  std::uint64_t expected = 0;         // so many would be, on average, if the rate had always been `rate`
  bool rate_has_changed = false;      // `sampled` is too far from `expected` for chance
};

}  // namespace holdfast::view
