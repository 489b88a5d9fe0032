// What type each object has: evidence from the heap, the runtime's own lists and debug information, spread through
// fields to a fixed point (typing/propagate.h).
#pragma once

#include <functional>
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
#include "heap/type_reasons.h"

namespace holdfast::capture {

// The type that the span of a large object names (Go 1.22+).
struct LargeType {
  SpanId span;
  Address descriptor;
};

// Where evidence comes from. All must outlive the pass; `dwarf` may be null.
struct TypeEvidence {
  const FrozenTarget& target;
  const std::vector<LargeType>& large_types;
  const go::PointerMasks& masks;
  const heap::ObjectIndex& index;
  const go::Scheduler& scheduler;
  const std::vector<go::SpecialRoot>& specials;
  const Symbols& symbols;
  const binary::DwarfInfo* dwarf = nullptr;
  bool use_cache = true;  // of what the code says
};

using ReasonsCallback = std::function<void(const heap::Snapshot&, const heap::TypeReasons&)>;

// Fills snapshot.object_type, types and fields. Needs spans and edges. With a callback the reasons are kept for it.
// Returns what it learnt of variables on the way.
VariableFacts add_types(const TypeEvidence& evidence, heap::Snapshot& snapshot, LossLedger& losses,
                        const ReasonsCallback& reasons = {});

}  // namespace holdfast::capture
