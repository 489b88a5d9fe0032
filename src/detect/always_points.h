// Whether every value of a type that is not nil refers to something on the heap, so that unset ones can be counted.
#pragma once

#include "heap/snapshot.h"

namespace holdfast::detect {

inline bool always_points(const heap::Snapshot& snapshot, TypeId type) {
  const heap::Kind kind = snapshot.types[type.row].kind;
  return kind == heap::Kind::kPointer || kind == heap::Kind::kMap || kind == heap::Kind::kChan;
}

}  // namespace holdfast::detect
