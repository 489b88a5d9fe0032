// What is known of each line of code that allocates (evidence/line_verdicts.h), by the best that a session's target
// has: its memory profile, or, where it has none, the machine code of its program; and the verdict that this leads to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/allocation_call.h"
#include "evidence/line_verdicts.h"
#include "evidence/look.h"
#include "evidence/pointer_cycles.h"
#include "evidence/symptoms.h"
#include "session/session.h"
#include "view/table.h"

namespace holdfast::session {

// A program without a profile has symptoms all the same.
struct LineEvidence {
  std::optional<evidence::LineVerdicts> verdicts;
  std::string why_none;
};

// Returns the allocation calls of the program that the target runs or ran. `exe` is where the user says that it is;
// empty for the path that the target names. Fails as capture::read_program_calls does, and with kUnsupported if the
// file is of another build.
compiler::AllocationCalls program_calls(Session& session, const std::string& exe);

// Throws when cancelled, and fails as Session::reached() does.
LineEvidence line_evidence(Session& session, const std::string& exe);

// The look at this moment, with what goroutines hold that can never go on. Throws when cancelled.
evidence::Look look_at(Session& session, const std::string& name);

struct Verdict {
  std::vector<evidence::SymptomRow> symptoms;
  std::string sentence;  // in one sentence
  evidence::PointerCycles cycles;
  std::string lines_heading;         // what the lines rest on, or why there are none
  std::optional<view::Table> lines;  // none if there are none
  bool has_profile = false;          // of evidence::line_table_shape
};

// `sources` has the look at this moment at least. Throws when cancelled.
Verdict verdict(Session& session, LineEvidence lines, const evidence::Sources& sources);

}  // namespace holdfast::session
