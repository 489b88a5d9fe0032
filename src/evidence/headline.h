// The verdict in one sentence: what is wrong, at which stage, and which line of code is behind it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evidence/line_verdicts.h"
#include "evidence/symptoms.h"

namespace holdfast::evidence {

// `lines` may be null, if nothing tells them. `never_freed`: bytes of cycles that their own finalizers keep for ever;
// the sentence has them if they are so many that they may be the reason.
std::string headline(const std::vector<SymptomRow>& symptoms, const LineVerdicts* lines, std::uint64_t never_freed = 0);

// Where garbage is made at a line of which the compiler says that it need not go to the heap, the fault is at an
// earlier stage than the allocation: says so in the row, with the decision and what usually helps.
void blame_compiler(std::vector<SymptomRow>& symptoms, const LineVerdicts& lines);

// What the lines rest on: the profiler's rate, how much of the heap they explain, and how far to trust that.
std::string basis_of(const LineVerdicts& lines);

}  // namespace holdfast::evidence
