// The search for the type of each object: gathers evidence from the heap, the runtime's own lists, debug information
// and machine code, and spreads it through fields until nothing changes (typing/propagate.h).
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

// The type that the span of a large object names (Go 1.22+; reference 3.3).
struct LargeType {
  SpanId span;
  Address descriptor;
};

// Where evidence comes from. Everything must outlive the search, and the reasons that it hands out; nothing is changed.
struct TypeInputs {
  const go::Runtime& runtime;
  const go::FunctionTables& functions;
  std::span<const go::ThreadRegisters> threads;
  // Images with their symbols, the program first. Debug information of plugins is read from the others.
  const std::vector<go::LoadedImage>& symbol_images;
  const std::vector<LargeType>& large_types;
  const heap::ObjectIndex& index;
  const go::Scheduler& scheduler;
  const std::vector<go::SpecialRoot>& specials;
  const go::Symbols& symbols;
  const binary::DwarfInfo* dwarf = nullptr;  // of the program; null = none, or not to be used
  // FoundTypes::code_facts of an earlier run on the same program; empty if there are none: the code is read.
  std::span<const std::byte> kept_code_facts = {};
};

// What the search learnt on the way.
struct FoundTypes {
  VariableFacts variables;
  std::vector<std::byte> code_facts;  // for TypeInputs::kept_code_facts of the next run; empty if nothing is new
  // The words that interfaces with values of types in the snapshot begin with; ascending by word, each once.
  std::vector<heap::NamedWord> interface_words;
};

// Gets the snapshot, whose types are known by then, and the reasons for them, which are valid during the call.
using ReasonsCallback = std::function<void(const heap::Snapshot&, const heap::TypeReasons&)>;

// Fills snapshot.object_type, types and fields and, if it has content, adds types to its named words. Needs the target,
// spans and allocated slots. With a callback the reasons are kept for it, 16 bytes per object. Reads the code on all
// cores and does the rest on one; the result does not depend on their number. What cannot be read is counted as a loss.
// Throws only when it is cancelled.
FoundTypes add_types(const TypeInputs& inputs, heap::Snapshot& snapshot, LossLedger& losses,
                     const ReasonsCallback& reasons = {});

}  // namespace holdfast::typing
