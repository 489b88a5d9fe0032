// What the compiler decided about what a line allocates, beside what is known of the line.
#pragma once

#include "evidence/line_verdicts.h"
#include "view/escape_table.h"

namespace holdfast::evidence {

// Fills `decisions` of the lines: those that put something on the heap, or whose machine code allocates. Rows are
// joined by the place where they were written, in whatever way the build named it (base/source_place.h). Nothing fails.
void add_decisions(const view::EscapeRows& rows, LineVerdicts& verdicts);

// "moved to heap: buffer (address-of)", "escapes: &Session{} (assign)", "not said, but the code allocates
// map[string]int when the map grows".
std::string decision_words(const LineDecision& decision);

}  // namespace holdfast::evidence
