// Lines of code without a memory profile: what the machine code says of who makes which type, joined with what is alive
// of each type by the graph. A type that one line of the whole program makes is that line's, and its bytes are exact;
// one that a few make is theirs together, and is never divided among them.
//
// What this cannot tell: which line made objects of a type that many make ([]byte), texts, and objects whose type is
// not known. And a type that the program hands on to reflection or generic code may be made there too, as may one that
// looks like the beginning of another: then what is alive is the line's at most.
#pragma once

#include "compiler/allocation_call.h"
#include "evidence/line_verdicts.h"

namespace holdfast::evidence {

// `calls`: of the program that the snapshot is of. Throws when cancelled.
LineVerdicts code_lines(const view::Groundwork& groundwork, const graph::Reachability& reached,
                        const compiler::AllocationCalls& calls);

}  // namespace holdfast::evidence
