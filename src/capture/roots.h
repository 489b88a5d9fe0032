// Roots that are not on stacks: package variables of every module, and specials and queues of the runtime.
#pragma once

#include <functional>
#include <string>

#include "base/loss.h"
#include "capture/root_writer.h"
#include "capture/symbols.h"
#include "go/special_roots.h"

namespace holdfast::capture {

// One node per package variable (or per word, where no symbol says which variable it is) with what it holds: the words
// of data and bss that the collector's masks name (reference 4).
void add_global_roots(const go::Runtime& runtime, const Symbols& symbols, RootWriter& forest, LossLedger& losses);

// Text of a code address: "main.serve" or, if unknown, "0x4711".
using FunctionName = std::function<std::string(Address code)>;

// One node per special and queue entry, under one group for each kind.
void add_special_roots(const std::vector<go::SpecialRoot>& specials, const FunctionName& name_of, RootWriter& forest);

}  // namespace holdfast::capture
