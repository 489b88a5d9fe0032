// All references to objects, as one numbering: the edges of objects, in the order of their rows, then the targets of
// roots. And what is found by following them: who reaches whom, and the words for a way. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/huge_array.h"
#include "graph/node.h"
#include "heap/snapshot.h"
#include "query/grouping.h"
#include "view/names.h"

namespace holdfast::query {

class References {
 public:
  // The snapshot must outlive this. Fails with kUnsupported if 32 bits are too few to number them.
  explicit References(const heap::Snapshot& snapshot);

  std::uint64_t count() const { return root_begin_.back(); }
  bool is_edge(std::uint64_t reference) const { return reference < edges_; }
  ObjectId target(std::uint64_t reference) const {
    return is_edge(reference) ? ObjectId(snapshot_.edges.target[reference]) : root_target(reference).object;
  }
  // Of an edge. Takes as many steps as the logarithm of the objects.
  ObjectId source(std::uint64_t edge) const;
  // Of a reference that is no edge. These take as many steps as the logarithm of the roots.
  RootId root(std::uint64_t reference) const;
  const heap::RootTarget& root_target(std::uint64_t reference) const;
  // Return the references that the objects or roots of these numbers have.
  Rows of_sources(const Bound& objects) const;
  Rows of_roots(const Bound& roots) const;

 private:
  const heap::Snapshot& snapshot_;
  std::uint64_t edges_ = 0;
  std::vector<std::uint64_t> root_begin_;  // by RootId: its first reference; then the count of all
};

// "main.cache → map[string]*main.Session[…] → main.Session.next → main.Item": where the pointers of the way lie, then
// its last object. The inside of a map or channel is one place. Of a long way the middle is counted. The way is as
// graph/shortest_ways.h has it, and not empty.
std::string way_text(const view::Names& names, const std::vector<graph::NodeId>& way);

// Whether one object is another or leads to it. Remembers what the last sources and targets reach or are reached by, so
// that a question about one source and many targets, or many sources and one target, follows the edges once.
class Reaches {
 public:
  Reaches(const heap::Snapshot& snapshot, const References& references)
      : snapshot_(snapshot), references_(references) {}

  // `incoming`: the references by target.
  template <typename Incoming>
  bool ask(ObjectId from, ObjectId to, const Incoming& incoming) {
    if (from_ == from) return heap::test_bit(forwards_, to.row);
    if (to_ == to) return heap::test_bit(backwards_, from.row);
    const bool same_target = last_to_ == to;
    last_to_ = to;
    if (same_target) {
      follow_backwards(to, incoming());
      return heap::test_bit(backwards_, from.row);
    }
    follow_forwards(from);
    return heap::test_bit(forwards_, to.row);
  }

 private:
  void follow_forwards(ObjectId from);
  void follow_backwards(ObjectId to, const Grouping& incoming);

  const heap::Snapshot& snapshot_;
  const References& references_;
  ObjectId from_, to_, last_to_;
  HugeArray<std::uint64_t> forwards_, backwards_;  // a bit per object: from_ reaches it; it reaches to_
};

}  // namespace holdfast::query
