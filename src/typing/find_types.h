// What type each object has: evidence from the heap, the runtime's own lists and debug information, spread through
// fields to a fixed point (typing/propagate.h).
#pragma once

#include <functional>
#include <vector>

#include "base/loss.h"
#include "binary/dwarf_info.h"
#include "go/function_tables.h"
#include "go/goroutines.h"
#include "go/modules.h"
#include "go/runtime.h"
#include "go/special_roots.h"
#include "go/symbols.h"
#include "go/unwind.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "heap/type_reasons.h"
#include "typing/variable_labels.h"

namespace holdfast::typing {

// The type that the span of a large object names (Go 1.22+).
struct LargeType {
  SpanId span;
  Address descriptor;
};

// Where evidence comes from. All must outlive the pass; `dwarf` may be null.
struct TypeInputs {
  const go::Runtime& runtime;
  const go::FunctionTables& functions;
  std::span<const go::ThreadRegisters> threads;
  // Images with their symbols, the program first; debug information of the others is read from them.
  const std::vector<go::LoadedImage>& symbol_images;
  const std::vector<LargeType>& large_types;
  const heap::ObjectIndex& index;
  const go::Scheduler& scheduler;
  const std::vector<go::SpecialRoot>& specials;
  const go::Symbols& symbols;
  const binary::DwarfInfo* dwarf = nullptr;
  // What the machine code said in an earlier run on the same program (CodeEvidence::facts); empty: read the code.
  std::span<const std::byte> kept_code_facts = {};
};

// What the search learnt on the way.
struct FoundTypes {
  VariableFacts variables;
  std::vector<std::byte> code_facts;  // for TypeInputs::kept_code_facts of the next run; empty: nothing new
};

using ReasonsCallback = std::function<void(const heap::Snapshot&, const heap::TypeReasons&)>;

// Fills snapshot.object_type, types and fields. Needs spans and edges. With a callback the reasons are kept for it.
FoundTypes add_types(const TypeInputs& inputs, heap::Snapshot& snapshot, LossLedger& losses,
                     const ReasonsCallback& reasons = {});

}  // namespace holdfast::typing
