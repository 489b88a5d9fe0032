// Adds roots that are not on stacks: package variables of every module, and specials and queues of the runtime. Masks
// that cannot be had are losses.
#pragma once

#include <utility>

#include "base/loss.h"
#include "capture/root_writer.h"
#include "go/function_tables.h"
#include "go/special_roots.h"
#include "go/symbols.h"

namespace holdfast::capture {

// Adds a node per package variable (or per word, if no symbol says which variable it is) with what it holds: the words
// of data and bss that the collector's masks name (reference 4).
void add_global_roots(const go::Runtime& runtime, const go::Symbols& symbols, RootWriter& forest, StringTable& strings,
                      LossLedger& losses);

// Adds a node per special and queue entry, under one group for each kind.
void add_special_roots(const std::vector<go::SpecialRoot>& specials, const go::FunctionName& name_of,
                       RootWriter& forest, StringTable& strings);

// Returns the label of the package variable in which a word lies, and the variable's address (or the word's, if no
// symbol names it). `at` must lie in data or bss of a module.
std::pair<heap::Label, Address> variable_label(const go::Runtime& runtime, const go::Symbols& symbols, Address at,
                                               StringTable& strings);

}  // namespace holdfast::capture
