// Whose the heap is. Roots that belong together are one owner: the words of a package variable, goroutines that stand
// at one place, the runtime's own variables and records. What one owner alone reaches is its own. What several reach is
// theirs together, under the set of their names; but an owner that counts less than the others of the set gives way: a
// goroutine's frame is there for the moment, and what main.cache holds is held by main.cache while somebody looks at
// it. Then the lasting owner has it, and the passing one is named beside it. So does an owner that refers to it only by
// what a rule calls weak (heap/owner_rules.h), as long as others reach it otherwise.
//
// Every reachable object is in exactly one home, so the homes' bytes add up to the reachable bytes. One thread; linear
// in roots, edges and shared objects; see graph/sharing.h for memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/huge_array.h"
#include "graph/dominators.h"
#include "graph/sharing.h"
#include "graph/shortest_ways.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/type_rules.h"

namespace holdfast::view {

enum class OwnerKind : std::uint8_t {
  kRuntime,     // its variables and its records of threads, processors and goroutines that have ended
  kSpecials,    // finalizers, cleanups, weak handles; registers of threads
  kGoroutines,  // one, or all that stand at one place
  kVariable,
};

// How long an owner holds what it holds. Of those that share something, only the highest have it.
enum class Lasting : std::uint8_t {
  kBookkeeping,   // it knows the object, and others use it: the runtime, a finalizer
  kFree,          // a sync.Pool: what is free there still refers to what it was used for, until the collector drops it
  kForTheMoment,  // a few goroutines that run, or wait for the network, or that a rule calls workers
  kForLong,       // a package variable; goroutines that wait for others, or many at one place
};

struct OwnerRow {
  OwnerKind kind = OwnerKind::kRuntime;
  Lasting lasting = Lasting::kBookkeeping;
  std::vector<RootId> roots;  // of the first level, ascending; the first one names it
  std::uint32_t goroutines = 0;
  bool waits = false;  // its goroutines wait, and not only for the network
  RuleId rule = {};    // by which it gives way: it is a pool, or its goroutines work on what others have
};

struct RootOwners {
  std::vector<OwnerRow> rows;          // the first one is the runtime
  std::vector<std::uint32_t> of_root;  // by RootId: a row
};

// Puts roots together, and looks at no object but those that they refer to.
RootOwners owners_of_roots(const heap::Snapshot& snapshot, const graph::ObjectSizes& sizes,
                           const heap::OwnerRules& rules = heap::OwnerRules::built_in());
// Ways that begin at who holds for long are better, and those over weak references come last. `weak` must outlive it.
graph::WayPreference lasting_ways(const RootOwners& owners, const WeakEdges& weak);

// The runtime's records of goroutines, threads and processors, ascending by object, each with the row that it belongs
// to whoever refers to it: for graph::Ownership::fixed.
std::vector<std::pair<ObjectId, graph::Owner>> owners_of_records(const heap::Snapshot& snapshot,
                                                                 const std::vector<std::uint32_t>& owner_of_root);

// An owner in a set, or a kind of owners where the set is too large for their names.
struct Home {
  std::vector<std::uint32_t> owners;  // rows, ascending; empty if `kinds` says it
  std::vector<OwnerKind> kinds;
  std::uint64_t bytes = 0;
  std::uint32_t first_shared = 0, shared_count = 0;  // see Owners::shared()

  bool is_one() const { return owners.size() == 1; }
};

// Owners that gave way, and what they reach of a home.
struct AlsoHeld {
  std::uint32_t owner = 0;
  std::uint64_t bytes = 0;  // at least, where a rule says why
  RuleId rule;              // by which its reference is weak, or that of its row; none: it is there for less long
};

class Owners {
 public:
  static constexpr std::uint32_t kTheRuntime = 0;  // a row
  static constexpr std::uint32_t kMany = 16;       // so many goroutines at one place are no accident

  // Fails as graph::Sharing does. The rules must outlive this.
  Owners(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
         const heap::OwnerRules& rules = heap::OwnerRules::built_in());

  // Only whose each root is, and who is named for one object, which takes no pass over what is shared: home_of() may
  // then be asked about roots and about what dominates the object, a home has what its roots dominate, and nothing else
  // is known of what several share. The home of an object that several owners share has one of them: the one that its
  // way leads from (view/holder_ways.h). The rules of `types` must outlive this.
  static Owners of_one(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& types,
                       const graph::Dominators& dominators, ObjectId object);

  const heap::OwnerRules& rules() const { return *rules_; }

  const std::vector<OwnerRow>& rows() const { return rows_; }
  // The first rows().size() homes are those of one owner each, in the order of rows.
  const std::vector<Home>& homes() const { return homes_; }
  // Whether no root alone dominates the object.
  bool is_shared(ObjectId object) const { return sharing_.is_shared(object); }
  // The way that the search for the owner of one object came: root nodes from the outermost to the one that has the
  // reference, then objects, the last of which is that one. Empty for others, and if it came none.
  std::span<const graph::NodeId> known_way(graph::NodeId to) const {
    if (only_way_.empty() || only_way_.back() != to) return {};
    return only_way_;
  }
  // Of a node directly under the super root. Such roots are at home at their owner.
  std::uint32_t home_of(graph::NodeId top) const;
  // The vertices of the objects directly under the super root that are at home there; for a home of one owner beside
  // what its roots dominate.
  std::span<const std::uint32_t> shared(const Home& home) const {
    return shared_.span().subspan(home.first_shared, home.shared_count);
  }
  // The largest first.
  const std::vector<AlsoHeld>& also_held(std::uint32_t home) const { return also_held_[home]; }
  // What an owner reaches and does not have for itself.
  std::uint64_t bytes_with_others(std::uint32_t owner) const { return with_others_[owner]; }
  std::uint32_t owner_of(RootId root) const { return owner_of_root_[root.row]; }

 private:
  class Builder;
  Owners() = default;
  void take_roots(RootOwners of_roots, const graph::Dominators& dominators);

  const heap::OwnerRules* rules_ = nullptr;
  std::vector<OwnerRow> rows_;
  std::vector<Home> homes_;
  std::vector<std::uint32_t> owner_of_root_;  // by RootId
  graph::Sharing sharing_;
  std::vector<std::uint32_t> home_of_set_;  // by set of sharing_
  std::optional<std::uint32_t> only_home_;  // of the object of of_one(), if it is shared
  std::vector<graph::NodeId> only_way_;     // to it
  HugeArray<std::uint32_t> shared_;         // vertices, grouped by home
  std::vector<std::vector<AlsoHeld>> also_held_;
  std::vector<std::uint64_t> with_others_;
};

}  // namespace holdfast::view
