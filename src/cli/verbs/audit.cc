#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/audit_report.h"

namespace holdfast::cli {
namespace {

int run_audit(Run& run) {
  const graph::Audit& audit = run.session().audit();
  const heap::Snapshot& snapshot = run.session().snapshot();
  run.answer([&] { return report::audit_text(snapshot, audit); }, [&] { return report::audit_json(snapshot, audit); });
  return run.options().strict && !audit.clean ? kGateFound : 0;
}

}  // namespace

const Verb kAuditVerb = {.name = "audit",
                         .help = "the graph against the runtime's own marks and counters",
                         .example = "holdfast audit --strict 4711",
                         .flags = {target_flags(), json_flags(), text_flags(), strict_flags()},
                         .run = run_audit};

}  // namespace holdfast::cli
