#include "evidence/pointer_cycles.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/units.h"
#include "evidence/line_holders.h"
#include "view/cycle_table.h"
#include "view/home_of.h"
#include "view/names.h"

namespace holdfast::evidence {

std::uint64_t PointerCycles::kept_for_ever() const {
  std::uint64_t kept = 0;
  for (const CycleGroup& group : groups)
    if (group.is_kept_for_ever) kept += group.retained;
  return kept;
}

PointerCycles pointer_cycles(const view::Groundwork& groundwork, const graph::Reachability& reached) {
  const heap::Snapshot& snapshot = groundwork.snapshot();
  view::HomeOf homes(groundwork.dominators(), groundwork.owners());
  std::map<std::tuple<bool, std::string, std::uint32_t>, std::size_t> known;
  PointerCycles out;
  for (const view::CycleRow& row : view::cycle_rows(snapshot, groundwork.dominators(), reached)) {
    const std::uint32_t home = row.only_by_finalizers ? view::HomeOf::kNone : homes.of(row.first_object);
    const auto [at, is_new] = known.try_emplace({row.only_by_finalizers, row.types, home}, out.groups.size());
    if (is_new) {
      CycleGroup& group = out.groups.emplace_back();
      group.is_kept_for_ever = row.only_by_finalizers;
      group.types = row.types;
      group.first = row.first;
      if (home != view::HomeOf::kNone) group.holder = home_sentence(groundwork, home);
    }
    CycleGroup& group = out.groups[at->second];
    ++group.cycles;
    group.objects += row.objects;
    group.finalizers += row.finalizers;
    group.bytes += row.bytes;
    group.retained += std::max(row.bytes, row.retained);
    ++out.cycles;
    out.bytes += row.bytes;
  }
  std::ranges::stable_sort(out.groups, [](const CycleGroup& a, const CycleGroup& b) {
    return std::tuple(b.is_kept_for_ever, b.retained) < std::tuple(a.is_kept_for_ever, a.retained);
  });
  return out;
}

std::string cycle_words(const CycleGroup& group) {
  std::string out = fmt::format("{} of {}, {}", format_count(group.cycles, "cycle"), view::short_type(group.types),
                                format_bytes(group.bytes));
  if (group.retained > group.bytes)
    out += fmt::format(" (with what they keep at least {})", format_bytes(group.retained));
  if (group.is_kept_for_ever)
    return out + fmt::format(": never freed, since nothing but {} of their own keeps them, and {} never run{}",
                             group.finalizers == 1 ? "a finalizer" : "finalizers",
                             group.finalizers == 1 ? "it" : "these", group.finalizers == 1 ? "s" : "");
  if (!group.holder.empty()) out += ": held by " + group.holder.brief;
  if (group.finalizers > 0)
    out += fmt::format("; {} of their objects have a finalizer, so they will not be freed when nothing holds them",
                       format_count(group.finalizers));
  return out;
}

}  // namespace holdfast::evidence
