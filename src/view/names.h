// Names objects, roots and places as a person reads them. Several threads may ask at once; nothing throws.
#pragma once

#include <string>
#include <string_view>

#include "base/huge_array.h"
#include "graph/node.h"
#include "heap/field_path.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "view/children.h"
#include "view/labels.h"
#include "view/target_bytes.h"
#include "view/type_rules.h"

namespace holdfast::view {

// Shortens a type, function or variable: "example.com/app/cart.Item" -> "cart.Item", inside of type arguments too.
std::string short_type(std::string_view name);

// "main.app.users[…]" of "main.app.users[3]": the number of an example would say that only this one is meant.
std::string with_any_index(std::string_view path);

class Names {
 public:
  // All must outlive this.
  Names(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
        const heap::OwnerRules& rules = heap::OwnerRules::built_in());

  // Returns the full name, "[]T" if the object has room for several values, "T…" if it is known to begin with
  // one and to be something larger; empty if it is not known.
  std::string type_of(ObjectId object) const;
  // What the object is the inside of.
  Container container(ObjectId object) const {
    if (!is_buffer_.empty() && heap::test_bit(is_buffer_, object.row)) return Container::kChannel;
    return type_rules_.container(snapshot_.object_type[object.row].type());
  }
  bool is_container(ObjectId object) const { return container(object) != Container::kNone; }
  // Whether it is the header of a map or a channel: what a pointer of the program leads to, and of which each has one.
  bool is_header(ObjectId object) const;
  // The type of a channel's elements, for a part of it: one channel has one. None for other objects.
  TypeId element_of_channel(ObjectId part) const;

  // Returns the place in `from` (a root or an object) that refers to the object: ".sessions", "[3].next"; nullopt if
  // `from` does not refer to it directly.
  std::optional<heap::FieldPath> field(graph::NodeId from, ObjectId to) const;

  // The same for one pointer of a root.
  heap::FieldPath target_path(const heap::Root& root, const heap::RootTarget& target) const;

  // Whether `from` refers to the object directly.
  bool refers(graph::NodeId from, ObjectId to) const;

  // Returns what the object is the inside of: "map[string]*main.Session", "sync.Map"; empty if it is not known.
  std::string container_of(ObjectId part) const;

  // Returns "server.go:88" for a closure: where its function was written. Empty for other objects and if it is not
  // known.
  std::string closure_place(ObjectId object) const;

  // Returns the key under which the container (the inside of a map) has the element: "\"user-17\"", "42". This needs a
  // snapshot with content; one with the graph alone has no values.
  std::optional<std::string> map_key(ObjectId container, ObjectId element) const;

  // Returns the innermost frame that is no plumbing (heap/plumbing.h); an empty place if there is none.
  CodePlace top_frame(const heap::Goroutine& goroutine) const;
  // Returns the place of the go statement; empty if it is not known.
  CodePlace creator(const heap::Goroutine& goroutine) const;
  CodePlace frame(const heap::Frame& frame) const;

  const TypeRules& type_rules() const { return type_rules_; }
  const Children& children() const { return children_; }
  const Parts& parts() const { return parts_; }
  // The rule by which the object is of one sort with those of other types; none if there is none.
  RuleId alike(ObjectId object) const { return type_rules_.alike(snapshot_.object_type[object.row].type()); }
  const heap::OwnerRules& rules() const { return type_rules_.rules(); }
  const heap::Snapshot& snapshot() const { return snapshot_; }
  const heap::ObjectIndex& index() const { return index_; }

 private:
  struct Key {
    TypeId type;
    std::uint64_t offset = 0;  // from the start of the container's value
  };
  void find_buffers();
  std::optional<Key> key_of(TypeId container, std::uint64_t offset) const;
  const heap::Field* field_of(TypeId type, std::string_view name) const;
  std::optional<std::string> value(TypeId type, Address at) const;
  CodePlace place(StringId function, StringId file, std::uint32_t line) const;

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  TargetBytes bytes_;
  TypeRules type_rules_;
  Children children_;
  Parts parts_;
  // A bit per object: a channel's buffer, whose type is that of its elements. Empty if there is none.
  HugeArray<std::uint64_t> is_buffer_;
};

}  // namespace holdfast::view
