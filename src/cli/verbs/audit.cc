#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/audit_report.h"

namespace holdfast::cli {
namespace {

// The runtime forces a collection after two minutes without one (runtime.forcegcperiod), unless GOGC=off.
constexpr std::chrono::seconds kPatience{150};

int run_audit(RunningVerb& run) {
  std::optional<graph::LaterAudit> later;
  if (run.options().prove) later = run.session().audit_after_collection(kPatience);
  const graph::Audit& audit = run.session().audit();
  const heap::Snapshot& snapshot = run.session().snapshot();
  run.answer([&] { return report::audit_text(snapshot, audit, later, run.style()); },
             [&] { return report::audit_json(snapshot, audit, later); });
  const bool clean = audit.clean && (!later || later->clean());
  return run.options().strict && !clean ? kGateFound : 0;
}

}  // namespace

const Verb kAuditVerb = {.name = "audit",
                         .help = "the graph against the runtime's own marks and counters",
                         .example = "holdfast audit --strict 4711",
                         .flags = {target_flags(), json_flags(), text_flags(), audit_flags()},
                         .run = run_audit};

}  // namespace holdfast::cli
