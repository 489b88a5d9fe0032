// A synthetic heap graph with the shape of a long-running service. It has sessions of 10 objects with pointers and 9
// without, found through tables, a third of them in doubly linked lists, with pointers back to their session, shared
// tenants and shared strings. There are about 1.7 edges per object; 3 of 4 objects have one holder; 3 % are garbage.
// Objects of one kind lie together in blocks, as size classes make them.
#pragma once

#include <cstdint>

#include "heap/snapshot.h"

namespace holdfast::bench {

enum class Locality {
  kAsBuilt,   // numbered in the order of allocation, which flatters every algorithm
  kChurned,   // one object in five is somewhere else
  kShuffled,  // all objects are: the worst case
};

heap::Snapshot service_graph(std::uint64_t objects, Locality locality);

}  // namespace holdfast::bench
