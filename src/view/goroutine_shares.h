// What goroutines reach, and with whom they share it. Goroutines at one place are one group. Every live byte is in one
// of these: what one goroutine alone reaches, what several of one group reach and nobody else, what a set of owners
// reaches together of which a group is one, and what no goroutine reaches; so their sums are the live bytes. Sizes are
// in bytes. Plain data that owns its texts. One thread; takes a pass over the edges, as graph/sharing.h says.
//
// Unlike the owners of a report (view/owners.h), nobody gives way here: whoever reaches an object is named.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "view/names.h"
#include "view/sentence.h"

namespace holdfast::view {

// Goroutines at one place, and what they reach.
struct SharingGroup {
  Sentence who;  // "200 goroutines in chan send at main.work pool.go:17"
  std::uint64_t goroutines = 0;
  std::uint64_t goid = 0;             // of the one that alone keeps most alive
  std::uint64_t alone = 0;            // what a single one of them reaches, and nobody else
  std::uint64_t together = 0;         // what several of them reach, and nobody else
  std::uint64_t with_goroutines = 0;  // what goroutines of other groups reach as well, and nothing else
  std::uint64_t with_others = 0;      // what package variables, the runtime or finalizers reach as well

  std::uint64_t all() const { return alone + together + with_goroutines + with_others; }
};

struct SharedObject {
  Address address;
  Sentence type;  // or its size
  std::uint64_t retained_bytes = 0;
};

// What a set of owners reaches together, and no others.
struct SharedBySet {
  std::vector<std::uint32_t> groups;  // rows of GoroutineShares::groups, ascending; empty if they are too many
  std::vector<Sentence> others;       // variables and the like
  bool too_many = false;              // more than graph::Sharing::kMostOwners: only their kinds are known, in `others`
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
  std::vector<SharedObject> largest;  // the outermost objects, by what each keeps alive
};

// Which goroutines are told apart, though they stand at one place with others.
struct ShareOptions {
  bool each = false;                  // all of them
  std::optional<std::uint64_t> goid;  // this one, and those of its group where these are few

  static constexpr std::size_t kFew = 64;
  bool tells_apart() const { return each || goid.has_value(); }
};

struct GoroutineShares {
  std::uint64_t live_bytes = 0, live_objects = 0;
  std::uint64_t no_goroutine = 0;    // live bytes that no goroutine reaches
  std::uint64_t too_many = 0;        // of sets that are too large: no group has them in its sums
  std::vector<SharingGroup> groups;  // by all that they reach, the most first
  std::vector<SharedBySet> sets;     // with a goroutine in them; by bytes, the most first
  // The row of the goroutine that is asked about; then there are only the sets that it is in.
  std::optional<std::uint32_t> one;
  std::uint64_t other_sets = 0;  // bytes of those that are left out
};

// Returns the root forest with those goroutines directly under the super root. Whoever shares by it needs the
// dominators of a snapshot that has it: what only goroutines of one group share, the group dominates otherwise. Fails
// with kNotFound if there is no such goroutine, or it holds nothing.
std::vector<heap::Root> forest_with_single(const heap::Snapshot& snapshot, const ShareOptions& options);

// Throws when it is cancelled; fails as graph::Sharing does. The snapshot of the names must have the forest that the
// options ask for.
GoroutineShares goroutine_shares(const Names& names, const graph::Dominators& dominators,
                                 const graph::Reachability& reached, const ShareOptions& options = {});

}  // namespace holdfast::view
