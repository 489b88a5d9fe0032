#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "graph/dominator_tree.h"
#include "view/allocation_sites.h"
#include "view/audit_line.h"
#include "view/goroutine_rows.h"
#include "view/holders.h"
#include "view/report.h"
#include "view/root_above.h"

namespace holdfast::view {
namespace {

std::vector<TypeTotals> sorted_types(const heap::Snapshot& snapshot, const graph::DominatorTree& tree) {
  std::vector<TypeTotals> rows = type_totals(snapshot, tree);
  std::stable_sort(rows.begin(), rows.end(), [](const TypeTotals& a, const TypeTotals& b) {
    return std::pair(a.retained_bytes, a.bytes) > std::pair(b.retained_bytes, b.bytes);
  });
  return rows;
}

HeapTotals totals_of(const heap::Snapshot& snapshot, const graph::Reachability& reached,
                     const graph::DominatorTree& tree, const std::vector<TypeTotals>& types) {
  HeapTotals totals;
  totals.objects = snapshot.objects;
  totals.bytes = tree.dominators().columns().sizes.total_bytes();
  totals.reachable_objects = reached.objects;
  totals.reachable_bytes = reached.bytes;
  totals.edges = snapshot.edges.count();
  totals.roots = snapshot.roots.size();
  for (const TypeTotals& row : types) totals.typed_bytes += row.known_bytes;
  tree.for_each_child(graph::NodeId::super_root(), [&](graph::NodeId node) {
    if (node.root()) totals.named_bytes += tree.dominators().retained_bytes(node);
  });
  return totals;
}

void add_allocation_sites(const graph::Dominators& dominators, const AllocationSamples& samples,
                          std::vector<GoroutineRow>& rows) {
  std::vector<RootId> roots;
  roots.reserve(rows.size());
  for (const GoroutineRow& row : rows) roots.push_back(row.root);
  RootAbove above(dominators, roots);
  auto sites = samples.by_group(rows.size(), [&](ObjectId object) { return above.of(object); });
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row].allocated_at = std::move(sites[row]);
}

}  // namespace

Report make_report(const Groundwork& groundwork, const graph::Reachability& reached, const graph::Audit& audit,
                   const ReportLimits& limits) {
  const heap::Snapshot& snapshot = groundwork.snapshot();
  const graph::Dominators& dominators = groundwork.dominators();
  const std::vector<Home>& homes = groundwork.owners().homes();
  Report report;
  report.target = snapshot.target;
  report.pause = snapshot.pause;
  report.audit = audit;
  report.audit_line = audit_line(snapshot, audit);
  report.losses = snapshot.losses;
  // Every live byte has an owner, and no byte has two.
  const auto sum = [](std::uint64_t bytes, const Home& home) { return bytes + home.bytes; };
  HOLDFAST_CHECK(std::accumulate(homes.begin(), homes.end(), std::uint64_t{0}, sum) == reached.bytes);
  std::vector<Found> found;
  {  // its memory is free before the next steps, which need much as well
    const graph::DominatorTree tree(dominators);
    run_both([&] { report.types = sorted_types(snapshot, tree); },
             [&] { found = search_holders(groundwork, tree, reached.bytes); });
    report.heap = totals_of(snapshot, reached, tree, report.types);
  }
  const AllocationSamples samples(groundwork.names(), dominators.columns().sizes);
  report.profile = samples.facts();
  view::add_allocation_sites(snapshot, dominators, samples, report.types);
  report.holders = describe_holders(groundwork, samples, found, limits.holders);
  report.holder_count = found.size();
  for (const Found& one : found) {
    report.held_bytes += one.bytes + one.stack_bytes;
    report.held_stack_bytes += one.stack_bytes;
  }
  report.goroutines = goroutine_rows(groundwork);
  add_allocation_sites(dominators, samples, report.goroutines);
  report.memory = make_memory_account(groundwork, reached);
  report.account = report.memory.account;
  report.outside = process_holders(report.memory, report.held_stack_bytes);
  for (const GoroutineRow& row : report.goroutines) {
    report.goroutine_count += row.count;
    (row.system ? report.system_goroutines : report.user_goroutines).add(row);
  }
  report.goroutine_places = report.goroutines.size();
  report.type_count = report.types.size();
  return report;
}

std::uint64_t Report::whole_bytes() const {
  if (!account.known) return heap.reachable_bytes + goroutine_stack_bytes();
  std::uint64_t sum = heap.reachable_bytes + held_stack_bytes;
  for (const ProcessHolder& holder : outside) sum += holder.bytes;
  return sum;
}

void shorten(Report& report, const ReportLimits& limits) {
  if (report.types.size() > limits.types) report.types.resize(limits.types);
  // The text shows the program's own, so that those of the runtime must not take their room.
  std::size_t own = 0;
  std::size_t of_runtime = 0;
  std::erase_if(report.goroutines,
                [&](const GoroutineRow& row) { return (row.system ? of_runtime : own)++ >= limits.goroutines; });
  report.finding_count = report.findings.size();
  for (; report.findings.size() > limits.findings; report.findings.pop_back())
    report.cut_finding_bytes += report.findings.back().bytes;
}

}  // namespace holdfast::view
