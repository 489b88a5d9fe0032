// What type each object has: evidence from the heap, the runtime's own lists and debug information, spread through
// fields to a fixed point (typing/propagate.h).
#pragma once

#include <vector>

#include "base/loss.h"
#include "binary/dwarf_info.h"
#include "capture/build.h"
#include "capture/symbols.h"
#include "capture/variable_labels.h"
#include "go/goroutines.h"
#include "go/object_scan.h"
#include "go/special_roots.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Where evidence comes from. All must outlive the pass; `dwarf` may be null.
// The type that the span of a large object names (Go 1.22+).
struct LargeType {
  SpanId span;
  Address descriptor;
};

struct TypeEvidence {
  const FrozenTarget& target;
  const std::vector<LargeType>& large_types;
  const go::PointerMasks& masks;
  const heap::ObjectIndex& index;
  const go::Scheduler& scheduler;
  const std::vector<go::SpecialRoot>& specials;
  const Symbols& symbols;
  const binary::DwarfInfo* dwarf = nullptr;
};

// Fills snapshot.object_type, types and fields. Needs spans and edges. Returns what it learnt of variables on the way;
// nothing where debug information spares the reading of code.
VariableFacts add_types(const TypeEvidence& evidence, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
