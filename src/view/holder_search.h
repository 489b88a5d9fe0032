// The search that view/holders.h describes: it follows levels of nodes of one sort. All of it runs on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/dominator_tree.h"
#include "view/names.h"
#include "view/owners.h"

namespace holdfast::view {

// What makes two nodes alike: the same type, or types that a rule calls alike; the same size if the type is not known;
// for the parts of a map the map's type, of a channel that of its elements, and for those of a sync.Map, list or pool
// that, since each is one thing; for roots the same kind, and name if they have one of their own. Children are not
// alike their parents, and parts are of the sort of their things (view/children.h).
using Sort = std::uint64_t;

Sort sort_of(const Names& names, const graph::Dominators& dominators, graph::NodeId node);
// Of the first level of whatever is at home there.
Sort sort_of_home(std::uint32_t home);

// Things of one sort below a level.
struct Contents {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;  // that they retain
  graph::NodeId first;      // an example
};

struct Level {
  Sort sort = 0;
  std::uint64_t count = 0;                 // how many things it has; how many parts, if the things are elsewhere
  std::uint64_t recent = 0;                // of the things: allocated since the last completed mark
  std::uint64_t own = 0;                   // bytes of things and parts themselves
  std::uint64_t bytes = 0;                 // bytes that they retain
  Container container = Container::kNone;  // what it is the inside of
  bool box = false;  // interface values that a container keeps its entries in: a sync.Map up to Go 1.23
  bool goroutines = false;
  bool through = false;  // a rule says that it only leads to what matters
  bool alone = false;    // it began with `first` only, though others of the sort may lie beside that
  bool starts = false;   // a large thing that was followed on its own: the levels above belong to others as well
  // An example: of the nodes that are not below another one of the level, the one that retains most; any, if many are
  // shared by several owners. None for the first level of what several owners share.
  graph::NodeId first;
};

struct Found {
  std::uint32_t home = 0;     // see Owners
  std::vector<Level> levels;  // the first one stands for the home: its roots, if it is that of one owner
  std::size_t about = 0;      // the level that a sentence should be about
  // The level that names the place: that one, or the outermost of the container levels just above it, or for many
  // goroutines their common place.
  std::size_t entry = 0;
  std::uint64_t bytes =
      0;  // of all that the innermost level that `starts` retains, without what has holders of its own
  std::uint64_t stack_bytes = 0;   // of the goroutines that it is about; 0 if it is a single one
  bool scattered = false;          // the bytes are in many groups below the last level
  std::vector<Contents> contents;  // of the last level, if the search ended there with several: the largest ones first
};

class HolderSearch {
 public:
  HolderSearch(const Names& names, const Owners& owners, const graph::DominatorTree& tree, std::uint64_t smallest)
      : names_(names), owners_(owners), tree_(tree), smallest_(smallest) {}

  // Finds everything with at least `smallest` bytes, in an arbitrary order that is always the same.
  std::vector<Found> run();

 private:
  struct Group {
    Sort sort = 0;
    std::uint64_t bytes = 0;
    std::uint64_t largest = 0;           // what `first` retains
    std::uint32_t first = 0;             // vertex: the example
    bool first_is_part = false;          // of a thing: the group has no things
    std::vector<std::uint32_t> holders;  // vertices that dominate anything
    std::uint64_t holder_parts = 0;      // how many of these are parts of things
    std::uint64_t alone = 0;             // how many things dominate nothing
    std::uint64_t alone_recent = 0;      // of these: allocated since the last completed mark
    std::uint64_t alone_parts = 0;       // how many parts of things
    std::uint64_t alone_bytes = 0;       // the bytes of both

    std::uint64_t nodes() const { return holders.size() + alone + alone_parts; }
    // Of things; of parts, if the group has no things.
    std::uint64_t count() const { return first_is_part ? nodes() : holders.size() - holder_parts + alone; }
  };

  // Builds groups, in descending order of bytes.
  class Groups;
  void follow_home(std::uint32_t home);
  void join_rests_of_runtime();
  void take_for_box(const Level& above, Level& level) const;
  void follow(std::vector<Level> levels, Group group);
  const Group* goroutines_of(const Level& level, const std::vector<Group>& below) const;
  void add_found(std::vector<Level> levels, std::size_t base, std::uint64_t elsewhere, const std::vector<Group>& below);
  std::uint64_t follow_named(const std::vector<Level>& levels, std::vector<Group>& below);
  std::vector<Contents> contents_of(const std::vector<Group>& below) const;
  std::vector<Group> open_level(const Group& group, Level& level) const;
  void add_child(Groups& below, graph::NodeId child) const;
  bool is_inside_runtime(graph::NodeId node) const;
  bool is_inside_of_map(graph::NodeId node) const;
  void fetch_ahead(const std::vector<std::uint32_t>& open) const;
  std::uint64_t bytes_with_parents(const std::vector<Group>& below) const;
  void narrow(Group& group) const;
  std::uint64_t stacks_of(const Level& level) const;
  void split(const std::vector<Level>& levels, std::size_t base, std::uint64_t elsewhere, std::vector<Group> groups);
  Sort sort_of(graph::NodeId node) const { return view::sort_of(names_, tree_.dominators(), node); }
  std::uint64_t own_bytes(graph::NodeId node) const;
  bool is_recent(graph::NodeId node) const;
  bool is_part(graph::NodeId node) const { return node.object() && names_.parts().is_part(node.object()); }
  const graph::Vertices& vertices() const { return tree_.dominators().columns().vertices; }

  const Names& names_;
  const Owners& owners_;
  const graph::DominatorTree& tree_;
  std::uint64_t smallest_;
  std::uint32_t home_ = 0;          // the one that is followed
  std::uint64_t worth_a_line_ = 0;  // in bytes
  std::vector<Found> found_;
};

}  // namespace holdfast::view
