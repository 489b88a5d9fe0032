// The live heap as a graph of numbered nodes, for files that other tools read: one node above all, groups of roots, the
// root forest, objects. Their own bytes add up to the live bytes.
//
// A heap with more objects than a reader can take is folded: an object keeps its own node if it keeps so many bytes
// alive that not too many others do. Each of the others becomes part of a bundle of those of its type below the nearest
// dominator that has a node, by a pointer "(7,311 folded)". Whatever a folded object refers to and has a node, that
// dominator refers to instead. Since each way to a folded object leads through that dominator, all nodes keep their
// dominators and what they retain.
//
// 1.5 bits per object; 4 B more for each one with a node or in a bundle. Edges are not kept, they are made when they
// are asked for. One thread; the snapshot's losses stay as they are.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ranked_bits.h"
#include "base/string_table.h"
#include "view/edge_places.h"
#include "view/groundwork.h"

namespace holdfast::view {

enum class ExportedKind : std::uint8_t {
  kTop,     // above all; the first node
  kGroup,   // below it: "(package variables)"
  kRoot,    // a node of the root forest: "main.registry", "goroutine 17"
  kObject,  // an object
  kBundle,  // objects of one type
};

struct ExportedNode {
  ExportedKind kind = ExportedKind::kTop;
  std::uint32_t number = 0;
  RootId root = {};      // of kRoot
  ObjectId object = {};  // of kObject; of kBundle one of them
  StringId name = {};    // of ExportedGraph::texts(): the type with its import path, or what a root is called
  std::uint64_t bytes = 0;
  std::uint64_t objects = 0;
};

enum class ExportedEdge : std::uint8_t {
  kBelow,    // a group or a root
  kElement,  // number `element` of a list of pointers
  kField,    // the place that `name` says: ".next", "[…].key", "+0x18"; of a bundle how much it has
  kThrough,  // objects that are folded refer to it
};

struct ExportedPointer {
  ExportedEdge kind = ExportedEdge::kBelow;
  std::uint32_t to = 0;
  std::uint64_t element = 0;
  StringId name = {};
};

class ExportedGraph {
 public:
  // `most`: of objects that have nodes of their own. It must outlive this. Throws when it is cancelled.
  ExportedGraph(const Groundwork& groundwork, std::uint64_t most);

  std::uint32_t nodes() const { return first_bundle_ + static_cast<std::uint32_t>(bundles_.size()); }
  std::uint64_t folded_objects() const { return folded_objects_; }
  std::uint64_t folded_bytes() const { return folded_bytes_; }

  // Calls visit for all nodes in the order of their numbers.
  void for_each_node(const std::function<void(const ExportedNode&)>& visit);
  // Calls visit for all pointers from the node: always in the same order.
  void for_each_pointer(std::uint32_t node, const std::function<void(const ExportedPointer&)>& visit);
  // What nodes and pointers are called. It grows while they are visited.
  const StringTable& texts() const { return texts_; }

 private:
  struct Bundle {
    std::uint32_t holder = 0;  // node
    heap::ObjectType type;
    std::uint64_t size = 0;  // of each object, where no type tells them apart
    ObjectId first;
    std::uint64_t bytes = 0;
    std::uint64_t objects = 0;
  };

  void choose(std::uint64_t most);
  void number_roots();
  void fold();
  void bundle(std::uint32_t holder, std::span<const std::uint32_t> objects);
  bool is_kept(ObjectId object) const { return kept_.has(object.row); }
  std::uint32_t node_of(ObjectId object) const { return first_object_ + kept_.rank(object.row); }
  // The nearest dominator that has a node.
  std::uint32_t holder_of(ObjectId object) const;
  StringId name_of(ObjectId object);
  StringId name_of(RootId root);
  void point_below(std::uint32_t node, const std::function<void(const ExportedPointer&)>& visit);
  void point_from_root(RootId root, const std::function<void(const ExportedPointer&)>& visit);
  void point_from_object(ObjectId object, const std::function<void(const ExportedPointer&)>& visit);
  void point_through(std::uint32_t node, const std::function<void(const ExportedPointer&)>& visit);
  std::span<const std::uint32_t> folded_below(std::uint32_t node) const;

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const Owners& owners_;
  EdgePlaces places_;
  StringTable texts_;
  RankedBits kept_;                          // objects with nodes of their own
  HugeArray<std::uint32_t> objects_;         // the same as a list
  std::vector<std::uint32_t> node_of_root_;  // 0 = none: nothing is below it
  std::vector<RootId> roots_;                // those with nodes, in their order
  std::vector<std::uint32_t> first_below_;   // by node up to the roots: where its list in below_ begins; one more
  std::vector<std::uint32_t> below_;         // nodes
  std::uint32_t first_object_ = 0;           // nodes
  std::uint32_t first_bundle_ = 0;
  std::vector<Bundle> bundles_;              // ascending by holder
  HugeArray<std::uint32_t> folded_;          // objects, grouped by holder
  std::vector<std::uint32_t> holders_;       // that have any folded objects, ascending
  std::vector<std::uint32_t> folded_begin_;  // by row of holders_; one more
  std::unordered_map<std::uint64_t, StringId> name_of_type_;
  std::uint64_t folded_objects_ = 0;
  std::uint64_t folded_bytes_ = 0;
};

}  // namespace holdfast::view
