#include "capture/root_writer.h"

#include "base/error.h"

namespace holdfast::capture {

RootId RootWriter::add(heap::RootKind kind, RootId parent, const heap::Label& label, Address where) {
  const RootId root = add(kind, parent, where);
  current().label = labels_.add(label);
  return root;
}

RootId RootWriter::add(heap::RootKind kind, RootId parent, Address where) {
  heap::Root root;
  root.kind = kind;
  root.parent = parent;
  root.where = where;
  root.first_target = static_cast<std::uint32_t>(snapshot_.root_targets.size());
  snapshot_.roots.push_back(root);
  return RootId(static_cast<std::uint32_t>(snapshot_.roots.size() - 1));
}

void RootWriter::add_target(ObjectId object, std::uint64_t offset) {
  snapshot_.root_targets.push_back({object, static_cast<std::uint32_t>(offset)});
  ++current().target_count;
}

void RootWriter::hold(Address value, std::uint64_t offset) {
  const ObjectId object = index_.find_object(value);
  if (!object || (current().conservative && waits_for_sweep(object))) return;
  add_target(object, offset);
}

bool RootWriter::waits_for_sweep(ObjectId object) const {
  if (heap::test_bit(snapshot_.marked, object.row) || heap::test_bit(snapshot_.fresh, object.row)) return false;
  return snapshot_.spans[index_.find_span(object).row].has_marks;
}

void RootWriter::hold_what_it_holds(Address value) {
  const ObjectId object = index_.find_object(value);
  if (!object || object.row >= snapshot_.pointerful) return;
  const heap::Edges& edges = snapshot_.edges;
  for (const std::uint32_t e : edges.of(object.row)) add_target(ObjectId(edges.target[e]), 0);
}

void RootWriter::drop_if_empty() {
  if (current().target_count == 0) snapshot_.roots.pop_back();
}

}  // namespace holdfast::capture
