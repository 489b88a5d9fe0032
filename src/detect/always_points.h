// Whether every value of a type that is not nil refers to something on the heap. If so, unset ones can be counted.
#pragma once

#include "heap/snapshot.h"

namespace holdfast::detect {

inline bool always_points(const heap::Snapshot& snapshot, TypeId type) {
  const heap::TypeKind kind = snapshot.types[type.row].kind;
  return kind == heap::TypeKind::kPointer || kind == heap::TypeKind::kMap || kind == heap::TypeKind::kChan;
}

}  // namespace holdfast::detect
