// Declares the rows of the table in cli/verb.cc: one for each file in this folder.
#pragma once

#include "cli/verb.h"

namespace holdfast::cli {

extern const Verb kReportVerb;
extern const Verb kOwnersVerb;
extern const Verb kWhyVerb;
extern const Verb kCutVerb;
extern const Verb kCyclesVerb;
extern const Verb kTypesVerb;
extern const Verb kRootsVerb;
extern const Verb kGoroutinesVerb;
extern const Verb kLabelsVerb;
extern const Verb kAccountVerb;
extern const Verb kSpansVerb;
extern const Verb kSlicesVerb;
extern const Verb kDanglingVerb;
extern const Verb kTypeReasonsVerb;
extern const Verb kTypeConflictsVerb;
extern const Verb kTypeComparisonVerb;
extern const Verb kShowVerb;
extern const Verb kAuditVerb;
extern const Verb kCaptureVerb;
extern const Verb kDiffVerb;
extern const Verb kExportVerb;
extern const Verb kQueryVerb;
extern const Verb kProfileVerb;
extern const Verb kVerdictVerb;
extern const Verb kDumpVerb;
extern const Verb kEscapeVerb;
extern const Verb kStatsVerb;
extern const Verb kWebVerb;
extern const Verb kGcVerb;
extern const Verb kDetectorsVerb;
extern const Verb kProcessesVerb;
extern const Verb kHelpVerb;
extern const Verb kCompletionVerb;

}  // namespace holdfast::cli
