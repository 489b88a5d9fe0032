#include "view/goroutine_rows.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <span>

namespace holdfast::view {
namespace {

constexpr std::size_t kExamples = 8;

GoroutineRow row_of(const Names& names, const Channels& channels, const Owners& owners, const GoroutineGroup& group) {
  const heap::Goroutine& goroutine = *group.first;
  GoroutineRow row;
  row.count = group.count;
  row.root = group.root;
  row.state = goroutine.state;
  row.wait_reason = goroutine.wait_reason;
  row.created_by = names.creator(goroutine);
  row.top = names.top_frame(goroutine);
  row.channels = channels.waited_by(group.members);
  row.retained_bytes = group.retained_bytes;
  if (group.root) row.shared_bytes = owners.bytes_with_others(owners.owner_of(group.root));
  row.stack_bytes = group.stack_bytes;
  row.stack_used = group.stack_used;
  row.depth = group.depth;
  row.largest_frame_bytes = group.largest_frame_bytes;
  if (group.largest_frame) row.largest_frame = names.frame(names.snapshot().frames[group.largest_frame.row]);
  row.longest_waiting_ns = group.waiting_ns.value_or(0);
  row.goids = group.goids;
  row.system = goroutine.system;
  return row;
}

// A program whose work others do lets its main goroutine wait for ever, in select {}, for a channel of its own and the
// like, also deep in its calls. That is no fault, since main must not return.
bool is_main(const heap::Goroutine& goroutine) {
  return goroutine.goid == 1;
}

bool says_who_can_act(const heap::Snapshot& snapshot) {
  return !snapshot.wake_ups.empty() || !snapshot.actors.empty();
}

void add_leaked(const Groundwork& groundwork, std::span<const GoroutineGroup> groups, std::vector<GoroutineRow>& rows) {
  const heap::Snapshot& snapshot = groundwork.snapshot();
  const auto leaked = leaked_of(snapshot, groundwork.leaked().goroutines, groups);
  const std::vector<graph::HeldByGroup> held = graph::held_by_groups(snapshot, groundwork.leaked(), leaked);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (leaked[i].empty()) continue;
    rows[i].leaked = leaked[i].size();
    rows[i].leaked_bytes = says_who_can_act(snapshot) ? held[i].bytes : rows[i].retained_bytes;
    for (const GoroutineId member : leaked[i])
      rows[i].leaked_stack_bytes += snapshot.goroutines[member.row].stack.size();
  }
}

}  // namespace

std::vector<GoroutineGroup> goroutine_groups(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                             bool together) {
  std::map<RootId, std::size_t> group_at;
  std::vector<GoroutineGroup> groups;
  for (std::uint32_t row = 0; row < snapshot.goroutines.size(); ++row) {
    const heap::Goroutine& goroutine = snapshot.goroutines[row];
    if (goroutine.has_ended()) continue;
    const RootId node = goroutine.root ? snapshot.roots[goroutine.root.row].parent : RootId();
    std::size_t at = groups.size();
    if (together && node) at = group_at.try_emplace(node, groups.size()).first->second;
    if (at == groups.size()) {
      groups.emplace_back();
      groups.back().first = &goroutine;
      groups.back().root = together && node ? node : goroutine.root;
      if (groups.back().root) groups.back().retained_bytes = dominators.retained_bytes(groups.back().root);
    }
    GoroutineGroup& group = groups[at];
    ++group.count;
    group.members.emplace_back(row);
    group.stack_bytes += goroutine.stack.size();
    group.stack_used += goroutine.stack_used;
    group.depth = std::max<std::uint64_t>(group.depth, goroutine.frame_count);
    if (goroutine.largest_frame && goroutine.largest_frame_bytes > group.largest_frame_bytes) {
      group.largest_frame_bytes = goroutine.largest_frame_bytes;
      group.largest_frame = goroutine.largest_frame;
    }
    if (goroutine.waiting_ns) group.waiting_ns = std::max(group.waiting_ns.value_or(0), *goroutine.waiting_ns);
    if (group.goids.size() < kExamples) group.goids.push_back(goroutine.goid);
  }
  return groups;
}

std::vector<std::vector<GoroutineId>> leaked_of(const heap::Snapshot& snapshot, std::span<const GoroutineId> leaked,
                                                std::span<const GoroutineGroup> groups) {
  const auto is_leaked = [&](GoroutineId id) {
    const heap::Goroutine& goroutine = snapshot.goroutines[id.row];
    if (!says_who_can_act(snapshot)) return goroutine.state == heap::GoroutineState::kLeaked;
    return std::ranges::binary_search(leaked, id) && !is_main(goroutine);
  };
  std::vector<std::vector<GoroutineId>> out(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i)
    std::ranges::copy_if(groups[i].members, std::back_inserter(out[i]), is_leaked);
  return out;
}

std::vector<GoroutineRow> goroutine_rows(const Groundwork& groundwork) {
  std::vector<GoroutineRow> rows;
  const std::vector<GoroutineGroup> groups = goroutine_groups(groundwork.snapshot(), groundwork.dominators(), true);
  rows.reserve(groups.size());
  for (const GoroutineGroup& group : groups)
    rows.push_back(row_of(groundwork.names(), groundwork.channels(), groundwork.owners(), group));
  add_leaked(groundwork, groups, rows);
  std::stable_sort(rows.begin(), rows.end(), [](const GoroutineRow& a, const GoroutineRow& b) {
    return std::pair(a.retained_bytes + a.stack_bytes, a.count) > std::pair(b.retained_bytes + b.stack_bytes, b.count);
  });
  return rows;
}

}  // namespace holdfast::view
