#include "session/verdict.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "capture/program_calls.h"
#include "evidence/code_lines.h"
#include "evidence/headline.h"
#include "evidence/line_decisions.h"
#include "evidence/line_table.h"

namespace holdfast::session {

compiler::AllocationCalls program_calls(Session& session, const std::string& exe) {
  const heap::TargetInfo& target = session.snapshot().target;
  const bool is_running = target.kind == heap::TargetKind::kLive && !target.from_file;
  const std::string path = is_running ? fmt::format("/proc/{}/exe", target.pid) : exe.empty() ? target.exe : exe;
  compiler::AllocationCalls calls = capture::read_program_calls(path);
  if (!is_running && calls.build_id != target.build_id)
    fail(ErrorCode::kUnsupported, "{} is of another build than the program that was looked at", path);
  return calls;
}

LineEvidence line_evidence(Session& session, const std::string& exe) {
  LineEvidence out;
  const graph::Reachability& reached = session.reached();
  const view::Groundwork& groundwork = session.groundwork();
  try {
    session.run("lines", [&] { out.verdicts = evidence::line_verdicts(groundwork, reached); });
    return out;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported) throw;
    out.why_none = error.what();
  }
  try {
    session.run("code", [&] { out.verdicts = evidence::code_lines(groundwork, reached, program_calls(session, exe)); });
    // Whose it is was said above.
    const std::string prefix = session.snapshot().target.name + ": t";
    out.verdicts->by_code->why_no_profile =
        out.why_none.starts_with(prefix) ? "T" + out.why_none.substr(prefix.size()) : out.why_none;
  } catch (const Error& error) {
    out.why_none += fmt::format("; and its machine code, which tells lines too, cannot be read: {}", error.what());
  }
  return out;
}

evidence::Look look_at(Session& session, const std::string& name) {
  session.dominators();
  const graph::Reachability& reached = session.reached();
  evidence::Look look = evidence::make_look(session.snapshot(), reached, name);
  const graph::LeakedGoroutines& leaked = session.groundwork().leaked();
  look.leaked = leaked.goroutines.size();
  look.leaked_bytes = leaked.held_bytes;
  return look;
}

Verdict verdict(Session& session, LineEvidence lines, const evidence::Sources& sources) {
  Verdict out;
  out.symptoms = evidence::judge(sources);
  if (lines.verdicts) evidence::blame_compiler(out.symptoms, *lines.verdicts);
  const graph::Reachability& reached = session.reached();
  const view::Groundwork& groundwork = session.groundwork();
  session.run("cycles", [&] { out.cycles = evidence::pointer_cycles(groundwork, reached); });
  out.sentence =
      evidence::headline(out.symptoms, lines.verdicts ? &*lines.verdicts : nullptr, out.cycles.kept_for_ever());
  out.lines_heading = lines.verdicts ? evidence::basis_of(*lines.verdicts) : lines.why_none + ".";
  if (!lines.verdicts) return out;
  out.has_profile = !lines.verdicts->by_code;
  out.lines = evidence::line_table(std::move(*lines.verdicts));
  return out;
}

}  // namespace holdfast::session
