// Joins what the compiler said of one build as text and as JSON: JSON knows through which calls code was inlined, text
// knows what does not escape, and names expressions and functions.
#pragma once

#include "compiler/decisions.h"

namespace holdfast::compiler {

// Adds to `text` what `json` knows of its places, and what only JSON has. A decision of text that JSON has once for
// each of several ways of inlining becomes as many.
void merge(Decisions& text, const Decisions& json);

}  // namespace holdfast::compiler
