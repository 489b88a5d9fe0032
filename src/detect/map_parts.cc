#include "detect/map_parts.h"

namespace holdfast::detect {

TypeId map_of_header(const heap::Snapshot& snapshot, ObjectId header) {
  const TypeId type = snapshot.object_type[header.row].type();
  return type ? snapshot.types[type.row].of : TypeId();
}

std::vector<ObjectId> tables_of(const heap::Snapshot& snapshot, const graph::Dominators& dominators, ObjectId header) {
  std::vector<ObjectId> parts = {header}, tables;
  while (!parts.empty()) {
    const ObjectId part = parts.back();
    parts.pop_back();
    if (part.row >= snapshot.pointerful) continue;
    ObjectId before;  // neighbours in a directory can be one table
    for (const std::uint32_t edge : snapshot.edges.of(part.row)) {
      const ObjectId target(snapshot.edges.target[edge]);
      const TypeId type = snapshot.object_type[target.row].type();
      if (!type || target == before || dominators.idom(target).object() != part) continue;
      const heap::TypeRole role = snapshot.types[type.row].role;
      if (!heap::is_map_part(role) || role == heap::TypeRole::kMapHeader) continue;
      before = target;
      parts.push_back(target);
      if (role == heap::TypeRole::kMapGroup || role == heap::TypeRole::kMapBucket) tables.push_back(target);
    }
  }
  return tables;
}

}  // namespace holdfast::detect
