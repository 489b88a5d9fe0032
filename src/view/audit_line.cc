#include "view/audit_line.h"

#include <fmt/format.h>

#include "base/units.h"

namespace holdfast::view {

std::string audit_line(const heap::Snapshot& snapshot, const graph::Audit& audit) {
  std::string line = format_count(audit.reached, "live object") + ": ";
  std::uint64_t newer = 0;
  for (const graph::AuditCause& cause : audit.causes)
    if (cause.kind == graph::AuditCauseKind::kAllocatedSinceMark) newer += cause.objects;
  const std::uint64_t others = audit.reached_not_marked + audit.marked_not_reached - newer - audit.floating;
  if (snapshot.audit.gc_cycles == 0 && audit.marked == 0) {
    line += "there are no marks of a completed collection to compare with";
  } else {
    line += others == 0 ? "the graph equals the runtime's own marks"
                        : fmt::format("the runtime's marks differ in {}", format_count(others));
    const std::string allocated = newer > 0 ? fmt::format("{} allocated", format_count(newer)) : "";
    const std::string dropped = audit.floating > 0 ? fmt::format("{} dropped", format_count(audit.floating)) : "";
    const std::string both = !allocated.empty() && !dropped.empty() ? " and " : "";
    if (newer + audit.floating > 0)
      line += fmt::format("{} {}{}{} since", others == 0 ? " but for" : ", beside", allocated, both, dropped);
  }
  line += fmt::format("; {} unexplained", format_count(audit.unexplained_objects));
  if (audit.wrong_counters > 0) line += "; differences in " + format_count(audit.wrong_counters, "counter");
  if (!snapshot.audit.not_unwound.empty())
    line += fmt::format("; {} not walked to the end", format_count(snapshot.audit.not_unwound.size(), "stack"));
  return line;
}

}  // namespace holdfast::view
