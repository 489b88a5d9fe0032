// Names of objects, roots and places as a person reads them.
#pragma once

#include <string>
#include <string_view>

#include "graph/node.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::report {

// "example.com/app/cart.Item" -> "cart.Item", inside of type arguments too.
std::string short_type(std::string_view name);

// At most `width` characters (code points); cut in the middle with an ellipsis.
std::string fit(std::string_view text, std::size_t width);

class Names {
 public:
  // Both must outlive this.
  Names(const heap::Snapshot& snapshot, const heap::ObjectIndex& index) : snapshot_(snapshot), index_(index) {}

  // The full name, "[]T" where the object has room for several; empty if not known.
  std::string type_of(ObjectId object) const;
  // Does a map keep its entries in such objects? They read as one hop.
  bool is_container(TypeId type) const;

  // The place in `from` (a root or an object) that refers to the object: ".sessions", "[3].next"; nullopt if `from`
  // does not refer to it directly.
  std::optional<std::string> field(graph::NodeId from, ObjectId to) const;

  // "main.send pipe.go:17": the innermost frame outside of the runtime and of packages that block for others.
  std::string top_frame(const heap::Goroutine& goroutine) const;

  const heap::Snapshot& snapshot() const { return snapshot_; }
  const heap::ObjectIndex& index() const { return index_; }

 private:
  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
};

}  // namespace holdfast::report
