// Reachable objects by type; those without a known type by the size of their slots.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "graph/dominator_tree.h"
#include "graph/dominators.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/allocation.h"
#include "view/table.h"

namespace holdfast::view {

struct TypeTotals {
  bool is_map = false;  // the objects are the parts of maps of this type
  std::string type;     // "main.T…" of what is known in part, "unknown, 48 B, pointers" where nothing is
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;        // of the slots
  std::uint64_t known_bytes = 0;  // of these, the ones whose type is known: less where a part is
  // What its objects retain together: the sum over those that no other object of the row dominates.
  std::uint64_t retained_bytes = 0;
  heap::KnownBy known_by = heap::KnownBy::kUnknown;  // how most of them are known
  TypeId id;                                         // of the type; none where it is not known
  bool in_part = false;                              // they hold a value of the type and something else
  std::uint64_t slot_size = 0;                       // where it is not
  bool pointers = false;                             // where it is not: whether the slots can hold any
  std::optional<AllocationSites> allocated_at;       // of `bytes`; whoever makes a list of types for people fills it
};

// Under which type objects of each type count, by TypeId: the parts of a map count as the map, which is one thing.
std::vector<std::uint32_t> rows_of_types(const heap::Snapshot& snapshot);
// "unknown, 48 B, pointers"
std::string unknown_type_name(std::uint64_t slot_size, bool pointers);

// Returns the rows that occur, in the order of the types, then those that are known in part or not at all. Walks over
// the objects once and down the dominator tree once, on one thread. Throws when cancelled.
std::vector<TypeTotals> type_totals(const heap::Snapshot& snapshot, const graph::DominatorTree& tree);

class AllocationSamples;

// Fills `allocated_at` of the rows.
void add_allocation_sites(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                          const AllocationSamples& samples, std::vector<TypeTotals>& rows);

TableShape type_shape();
Table type_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                 const heap::OwnerRules& rules = heap::OwnerRules::built_in());

}  // namespace holdfast::view
