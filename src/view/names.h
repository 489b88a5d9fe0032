// Names of objects, roots and places as a person reads them.
#pragma once

#include <string>
#include <string_view>

#include "graph/node.h"
#include "heap/content.h"
#include "heap/field_path.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::view {

// "example.com/app/cart.Item" -> "cart.Item", inside of type arguments too.
std::string short_type(std::string_view name);
// The same for a sentence: all names in it but what stands in quotes.
std::string short_names(std::string_view text);

class Names {
 public:
  // Both must outlive this.
  Names(const heap::Snapshot& snapshot, const heap::ObjectIndex& index)
      : snapshot_(snapshot), index_(index), content_(snapshot.content) {}

  // The full name, "[]T" where the object has room for several; empty if not known.
  std::string type_of(ObjectId object) const;
  // Does a map keep its entries in such objects? They read as one hop.
  bool is_container(TypeId type) const { return type && heap::is_map_part(snapshot_.types[type.row].role); }

  // The place in `from` (a root or an object) that refers to the object: ".sessions", "[3].next"; nullopt if `from`
  // does not refer to it directly.
  std::optional<heap::FieldPath> field(graph::NodeId from, ObjectId to) const;

  // "server.go:88" of a closure: where its function was written; empty for other objects and where it is not known.
  std::string closure_place(ObjectId object) const;

  // "\"user-17\"", "42": the key under which the container (the inside of a map) has the object as element. Only with
  // content: a capture of the graph alone has no values.
  std::optional<std::string> map_key(ObjectId container, ObjectId element) const;

  // "main.send pipe.go:17": the innermost frame that is no plumbing (heap/plumbing.h).
  std::string top_frame(const heap::Goroutine& goroutine) const;

  // "main.start pool.go:9": the go statement; empty if not known.
  std::string creator(const heap::Goroutine& goroutine) const;
  // "main.send pipe.go:17"
  std::string frame(const heap::Frame& frame) const;

  const heap::Snapshot& snapshot() const { return snapshot_; }
  const heap::ObjectIndex& index() const { return index_; }

 private:
  struct Key {
    TypeId type;
    std::uint64_t offset = 0;  // from the start of the container's value
  };
  std::optional<Key> key_of(TypeId container, std::uint64_t offset) const;
  const heap::Field* field_of(TypeId type, std::string_view name) const;
  std::optional<std::string> value(TypeId type, Address at) const;
  std::string place(StringId function, StringId file, std::uint32_t line) const;

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  heap::ContentView content_;
};

}  // namespace holdfast::view
