#include "view/cycle_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "graph/components.h"
#include "graph/object_sizes.h"
#include "view/names.h"
#include "view/row_commands.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kMostTypes = 3;

// "main.Node, main.Leaf and 2 more types", by how many there are.
std::string types_text(const heap::Snapshot& snapshot, const std::map<TypeId, std::uint64_t>& counts) {
  std::vector<std::pair<std::uint64_t, TypeId>> by_count;
  for (const auto& [type, count] : counts) by_count.emplace_back(count, type);
  std::ranges::stable_sort(by_count, [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (std::size_t i = 0; i < std::min(by_count.size(), kMostTypes); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ",
                       by_count[i].second ? type_name(snapshot, by_count[i].second) : "not known");
  if (by_count.size() > kMostTypes) out += fmt::format(" and {} more types", by_count.size() - kMostTypes);
  return out;
}

constexpr ColumnOf<CycleRow> kColumns[] = {
    {{"bytes", Unit::kBytes, "of the objects themselves"}, [](const CycleRow& row) { return Cell(row.bytes); }},
    {{"objects", Unit::kCount, "that lead to each other, two or more"},
     [](const CycleRow& row) { return Cell(row.objects); }},
    {{"retained", Unit::kBytes, "the most that one of them alone keeps alive", Shown::kIfRoom},
     [](const CycleRow& row) { return Cell(row.retained); }},
    {{"finalizers", Unit::kCount, "of the objects, how many have one"},
     [](const CycleRow& row) { return Cell(row.finalizers); }},
    {{"only_by_finalizers", Unit::kFlag,
      "nothing but finalizers of its own keeps it: it is never freed, since an object with one holds itself through "
      "the "
      "ring"},
     [](const CycleRow& row) { return flag_cell(row.only_by_finalizers); }},
    {{"types", Unit::kText, "the commonest ones first"}, [](const CycleRow& row) { return text_cell(row.types); }},
    {{"first", Unit::kAddress, "of one of them, for `why` and `show`"},
     [](const CycleRow& row) { return Cell(row.first.value); }},
};

// What the rows say beside how many objects they have.
class CycleRows {
 public:
  CycleRows(const heap::Snapshot& snapshot, const graph::Dominators& dominators, const graph::Reachability& reached)
      : snapshot_(snapshot),
        dominators_(dominators),
        components_(snapshot, reached),
        types_(components_.rows().size()) {}

  std::vector<CycleRow> run() {
    const heap::ObjectIndex index(snapshot_);
    for (const graph::Component& component : components_.rows())
      rows_.push_back({.objects = component.objects,
                       .types = {},
                       .first = index.address_of(component.first),
                       .first_object = component.first});
    if (rows_.empty()) return rows_;
    add_sums();
    add_finalizers();
    for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row].types = types_text(snapshot_, types_[row]);
    return std::move(rows_);
  }

 private:
  void add_sums() {
    dominators_.columns().sizes.for_each_run(
        0, snapshot_.pointerful, [&](std::uint64_t begin, std::uint64_t end, std::uint64_t bytes) {
          throw_if_cancelled();
          for (std::uint64_t i = begin; i < end; ++i) {
            const ObjectId object(static_cast<std::uint32_t>(i));
            const std::uint32_t at = components_.of(object);
            if (at == graph::Components::kNone) continue;
            rows_[at].bytes += bytes;
            rows_[at].retained = std::max(rows_[at].retained, dominators_.retained_bytes(object));
            ++types_[at][snapshot_.object_type[i].type()];
          }
        });
  }

  // The runtime holds what an object with a finalizer refers to, so that it is there when the finalizer runs.
  void add_finalizers() {
    const auto is_finalizer = [&](RootId root) { return snapshot_.roots[root.row].kind == heap::RootKind::kFinalizer; };
    bool any = false;
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const ObjectId object = is_finalizer(RootId(r)) ? snapshot_.roots[r].about : ObjectId();
      const std::uint32_t at = object ? components_.of(object) : graph::Components::kNone;
      if (at == graph::Components::kNone) continue;
      ++rows_[at].finalizers;
      any = true;
    }
    if (!any) return;
    const graph::Reachability without =
        graph::reach(snapshot_, {.use_root = [&](RootId root) { return !is_finalizer(root); }});
    for (std::size_t row = 0; row < rows_.size(); ++row)
      rows_[row].only_by_finalizers = rows_[row].finalizers > 0 && !without.contains(components_.rows()[row].first);
  }

  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  graph::Components components_;
  std::vector<std::map<TypeId, std::uint64_t>> types_;  // by row: how many objects
  std::vector<CycleRow> rows_;
};

}  // namespace

std::vector<CycleRow> cycle_rows(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                 const graph::Reachability& reached) {
  return CycleRows(snapshot, dominators, reached).run();
}

TableShape cycle_shape() {
  return make_shape<CycleRow>("cycles", "cycle", "bytes", kColumns, "bytes");
}

Table cycle_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                  const graph::Reachability& reached) {
  Table table = make_table<CycleRow>(cycle_shape(), kColumns, cycle_rows(snapshot, dominators, reached));
  open_by(table, "first", "why");
  return table;
}

}  // namespace holdfast::view
