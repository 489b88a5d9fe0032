#include "report/goroutine_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/goroutine_table.h"

namespace holdfast::report {
namespace {

constexpr std::size_t kExamples = 8;

// What makes two goroutines stand at the same place.
using Place = std::vector<std::uint32_t>;

Place place_of(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine) {
  Place place = {static_cast<std::uint32_t>(goroutine.state), goroutine.wait_reason.row, goroutine.created_by.row,
                 goroutine.created_at.row};
  for (std::uint32_t f = goroutine.first_frame; f < goroutine.first_frame + goroutine.frame_count; ++f) {
    place.push_back(snapshot.frames[f].function.row);
    place.push_back(snapshot.frames[f].line);
  }
  return place;
}

GoroutineRow row_of(const Names& names, const heap::Goroutine& goroutine) {
  const StringTable& strings = names.snapshot().strings;
  GoroutineRow row;
  row.state = name_of(goroutine.state);
  row.wait_reason = strings[goroutine.wait_reason];
  row.created_by = strings[goroutine.created_by];
  const std::string_view at = strings[goroutine.created_at];
  if (!at.empty()) row.created_by += fmt::format(" {}", at.substr(at.rfind('/') + 1));
  row.top = names.top_frame(goroutine);
  if (goroutine.state == heap::GoroutineState::kLeaked) row.verdict = "leaked";
  return row;
}

}  // namespace

std::vector<GoroutineRow> goroutine_rows(const Names& names, const graph::Dominators& dominators) {
  const heap::Snapshot& snapshot = names.snapshot();
  std::map<Place, std::size_t> row_at;
  std::vector<GoroutineRow> rows;
  for (const heap::Goroutine& goroutine : snapshot.goroutines) {
    if (goroutine.state == heap::GoroutineState::kDead || goroutine.state == heap::GoroutineState::kDeadExtra) continue;
    const auto [at, is_new] = row_at.try_emplace(place_of(snapshot, goroutine), rows.size());
    if (is_new) rows.push_back(row_of(names, goroutine));
    GoroutineRow& row = rows[at->second];
    ++row.count;
    row.stack_bytes += goroutine.stack.size();
    if (goroutine.root) row.retained_bytes += dominators.retained_bytes(goroutine.root);
    row.longest_waiting_ns = std::max(row.longest_waiting_ns, goroutine.waiting_ns.value_or(0));
    if (row.goids.size() < kExamples) row.goids.push_back(goroutine.goid);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const GoroutineRow& a, const GoroutineRow& b) {
    return std::pair(a.retained_bytes, a.count) > std::pair(b.retained_bytes, b.count);
  });
  return rows;
}

}  // namespace holdfast::report
