// Which types are the inside of something that Go programmers see as one thing: a map, a sync.Map, a list, a sync.Pool.
// Their parts read as one hop, and what they contain is said to be in it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::view {

enum class Container : std::uint8_t {
  kNone,
  kMap,
  kSyncMap,  // all three implementations: map with a read-only twin (Go 1.19-1.23), hash trie (1.24+)
  kList,     // container/list
  kPool,     // sync.Pool: what lies there is free, and two collections later gone
};

// "the map ", "the sync.Map "; empty for kNone.
std::string_view container_words(Container container);
// "map", "sync.Map", "list.List", "sync.Pool"; empty for kNone.
std::string_view container_name(Container container);

// The kind of each type; made once, then constant. Nothing throws.
class Containers {
 public:
  explicit Containers(const heap::Snapshot& snapshot);

  Container of(TypeId type) const { return type ? kind_[type.row] : Container::kNone; }

 private:
  std::vector<Container> kind_;  // by TypeId
};

}  // namespace holdfast::view
