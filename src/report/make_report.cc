#include <algorithm>

#include "report/audit_report.h"
#include "report/dominated.h"
#include "report/findings.h"
#include "report/goroutine_rows.h"
#include "report/holders.h"
#include "report/report.h"

namespace holdfast::report {
namespace {

HeapTotals totals_of(const heap::Snapshot& snapshot, const graph::Reachability& reached, const Dominated& dominated,
                     const std::vector<TypeTotals>& types) {
  HeapTotals totals;
  totals.objects = snapshot.objects;
  totals.bytes = dominated.dominators().columns().sizes.total_bytes();
  totals.reachable_objects = reached.objects;
  totals.reachable_bytes = reached.bytes;
  totals.edges = snapshot.edges.count();
  totals.roots = snapshot.roots.size();
  for (const TypeTotals& row : types)
    if (row.known_by != heap::KnownBy::kUnknown) totals.typed_bytes += row.bytes;
  dominated.for_each(graph::NodeId::super_root(), [&](graph::NodeId node) {
    if (node.root()) totals.named_bytes += dominated.dominators().retained_bytes(node);
  });
  return totals;
}

std::vector<TypeTotals> sorted_types(const heap::Snapshot& snapshot, const graph::Dominators& dominators) {
  std::vector<TypeTotals> rows = type_totals(snapshot, dominators);
  std::stable_sort(rows.begin(), rows.end(), [](const TypeTotals& a, const TypeTotals& b) {
    return std::pair(a.retained_bytes, a.bytes) > std::pair(b.retained_bytes, b.bytes);
  });
  return rows;
}

// A core does not say what was resident: then its objects are all there is to say.
heap::Account account_of(const heap::Snapshot& snapshot, std::uint64_t live, std::uint64_t allocated) {
  heap::Account account = snapshot.account;
  if (!account.known) account.live = allocated;
  account.split_objects(allocated - live);
  return account;
}

}  // namespace

Report make_report(const heap::Snapshot& snapshot, const graph::Reachability& reached,
                   const graph::Dominators& dominators, const graph::Audit& audit, const ReportLimits& limits) {
  const heap::ObjectIndex index(snapshot);
  const Names names(snapshot, index);
  const Dominated dominated(dominators);
  Report report;
  report.target = snapshot.target;
  report.pause = snapshot.pause;
  report.audit = audit;
  report.audit_line = audit_line(snapshot, audit);
  report.losses = snapshot.losses;
  report.types = sorted_types(snapshot, dominators);
  report.heap = totals_of(snapshot, reached, dominated, report.types);
  report.account = account_of(snapshot, reached.bytes, report.heap.bytes);
  report.holders = find_holders(names, dominated, reached.bytes, limits.holders);
  report.goroutines = goroutine_rows(names, dominators);
  for (const GoroutineRow& row : report.goroutines) report.goroutine_count += row.count;
  report.goroutine_places = report.goroutines.size();
  report.findings = find_findings(names, dominated, report);
  if (report.types.size() > limits.types) report.types.resize(limits.types);
  if (report.goroutines.size() > limits.goroutines) report.goroutines.resize(limits.goroutines);
  return report;
}

}  // namespace holdfast::report
