// What would be free if something went, for many such questions at once: "without this map", "without those pointers".
// One search answers up to 64 of them, each exactly as reaching the heap anew without it would (graph/reachability.h).
//
// Only what the questions lead to is searched; what lies outside is read once, for the pointers that lead in. Costs one
// pass over the edges and, of what is led to, 8 B per object and a visit or two of each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "graph/dominators.h"
#include "graph/node.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct Removal {
  // They go, with all pointers to and from them. A node of the root forest takes those below it with it.
  std::vector<NodeId> nodes;
  // All pointers from the root or the object to the object go. Nodes of the root forest stand for themselves alone.
  std::vector<std::pair<NodeId, ObjectId>> pointers;

  bool empty() const { return nodes.empty() && pointers.empty(); }
};

constexpr std::size_t kMostRemovals = 64;
constexpr std::size_t kMostLedTo = 1'000'000;

struct RemovalEffects {
  struct Sum {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;

    void add(std::uint64_t size) {
      ++objects;
      bytes += size;
    }
  };
  std::vector<Sum> freed;  // by removal
  // By removal: what it leads to, and others reach as well; none if it leads to more than kMostLedTo objects.
  std::vector<std::optional<Sum>> kept;
  std::vector<std::uint64_t> common;      // bytes that both would free: by removal * count + removal
  std::vector<std::uint64_t> of_subject;  // bytes that would be freed of it: by subject * count + removal

  std::uint64_t common_bytes(std::size_t a, std::size_t b) const { return common[a * freed.size() + b]; }
  std::uint64_t bytes_of(std::size_t subject, std::size_t removal) const {
    return of_subject[subject * freed.size() + removal];
  }
};

// At most kMostRemovals. A subject is a list of objects, each named once, whose share in what goes is asked for.
// Objects that nothing reaches are not counted. Throws when it is cancelled.
RemovalEffects removal_effects(const heap::Snapshot& snapshot, const Dominators& dominators,
                               const std::vector<Removal>& removals,
                               const std::vector<std::vector<ObjectId>>& subjects = {});

}  // namespace holdfast::graph
