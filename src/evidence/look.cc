#include "evidence/look.h"

#include <algorithm>
#include <map>
#include <utility>

#include "graph/object_sizes.h"
#include "view/labels.h"
#include "view/memory_account.h"

namespace holdfast::evidence {
namespace {

std::uint64_t stat(const heap::Snapshot& snapshot, std::string_view name) {
  const auto found = std::ranges::find(snapshot.mem_stats, name, &std::pair<std::string, std::uint64_t>::first);
  return found == snapshot.mem_stats.end() ? 0 : found->second;
}

// Of a profiler that is off now, what it has recorded before at the usual rate, which may be another one than it was.
std::optional<heap::EstimatedNumber> profiled(const heap::Snapshot& snapshot) {
  constexpr std::uint64_t kUsualRate = 512 * 1024;
  const heap::MemoryProfile& profile = snapshot.profile;
  if (!profile.known || !profile.rate || profile.switched_off) return std::nullopt;
  heap::SampleEstimate sum(*profile.rate == 0 ? kUsualRate : *profile.rate);
  for (const heap::ProfileRecord& record : profile.records)
    if (record.in_use() > 0) sum.add(record.object_size, record.in_use());
  return sum.bytes();
}

void name_most_goroutines(const heap::Snapshot& snapshot, Look& look) {
  std::map<RootId, std::uint64_t> by_group;
  for (const heap::Goroutine& goroutine : snapshot.goroutines) {
    if (!goroutine.root) continue;
    const RootId group = snapshot.roots[goroutine.root.row].parent;
    if (group && snapshot.roots[group.row].kind == heap::RootKind::kGroup) ++by_group[group];
  }
  const auto most = std::ranges::max_element(by_group, {}, [](const auto& group) { return group.second; });
  if (most == by_group.end()) return;
  look.most_goroutines = view::root_text(snapshot, snapshot.roots[most->first.row], view::Detail::kBrief);
  look.at_that_place = most->second;
}

}  // namespace

Look make_look(const heap::Snapshot& snapshot, const graph::Reachability& reached, std::string name) {
  Look look;
  look.name = std::move(name);
  look.at_ns = snapshot.target.captured_at_ns;
  look.account = view::split_account(snapshot, reached);
  look.live = reached.bytes;
  const std::uint64_t all = graph::ObjectSizes(snapshot).total_bytes();
  look.garbage = all - std::min(all, reached.bytes);
  look.pace = snapshot.pace;
  look.collections = snapshot.audit.gc_cycles;
  look.goroutines = static_cast<std::uint64_t>(std::ranges::count_if(
      snapshot.goroutines, [](const heap::Goroutine& one) { return !one.system && !one.has_ended(); }));
  look.allocated_ever = stat(snapshot, "TotalAlloc");
  look.spans_in_use = stat(snapshot, "HeapInuse");
  look.objects_in_spans = stat(snapshot, "HeapAlloc");
  look.profiled = profiled(snapshot);
  look.profile_rate = snapshot.profile.rate.value_or(0);
  look.is_profiling = look.profile_rate > 0 && !snapshot.profile.switched_off;
  name_most_goroutines(snapshot, look);
  return look;
}

}  // namespace holdfast::evidence
