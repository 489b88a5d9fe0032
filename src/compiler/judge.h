// Judges each decision of the compiler by the machine code: "escapes to heap" is not yet an allocation, and "does not
// escape" is no promise that there is none. What the code allocates and the compiler said nothing of is told as well
// (go-formats 1.7, Go 1.19-1.27).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/allocation_call.h"
#include "compiler/decisions.h"

namespace holdfast::compiler {

enum class Ruling : std::uint8_t {
  kNone,       // nothing to judge: the decision is not about an allocation, or there is no code to judge it by
  kConfirmed,  // it escapes, and a call that fits is on its line
  kPerhaps,    // it escapes, and its line has such calls, but fewer than such decisions
  kMerged,     // it escapes, and one call of its function allocates it together with others (1.25+)
  kRefuted,    // it escapes, and there is code for its line without such a call
  kAbsent,     // there is no such code: it was optimised away, is inlined wherever it is called, or is not linked
  kKept,       // it does not escape, and nothing on its line allocates such
  kBroken,     // it does not escape, and a call on its line may allocate such all the same
  kUnsaid,     // the compiler says nothing, and the code allocates
};
std::string_view words_of(Ruling ruling);

struct Judgement {
  Ruling ruling = Ruling::kNone;
  std::vector<std::uint32_t> calls;  // rows of AllocationCalls::calls
  std::string_view why;              // what is known of it; a sentence, or empty
};

struct Judgements {
  std::vector<Judgement> of_decisions;  // row for row with Decisions::all()
  std::vector<std::vector<std::uint32_t>>
      unsaid;  // calls that no decision is about, those of one line and kind together
};

// Both must outlive the result.
Judgements judge(const Decisions& decisions, const AllocationCalls& code);

}  // namespace holdfast::compiler
