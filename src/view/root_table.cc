#include "view/root_table.h"

#include <array>

namespace holdfast::view {
namespace {

struct RootRow {
  const heap::Snapshot* snapshot = nullptr;
  const heap::Root* root = nullptr;
  std::uint64_t retained_bytes = 0;

  std::string_view text(StringId id) const { return snapshot->strings[id]; }
};

constexpr ColumnOf<RootRow> kColumns[] = {
    {{"retained_bytes", "retained", Unit::kBytes, "what it alone keeps alive, with all that stands under it"},
     [](const RootRow& row) { return Cell(row.retained_bytes); }},
    {{"targets", "targets", Unit::kCount, "pointers to objects that it holds itself"},
     [](const RootRow& row) { return Cell(std::uint64_t{row.root->target_count}); }},
    {{"kind", "kind", Unit::kText, "global, goroutine, frame, finalizer, ..."},
     [](const RootRow& row) { return text_cell(name_of(row.root->kind)); }},
    {{"name", "name", Unit::kText, "of the variable, the goroutine, the frame"},
     [](const RootRow& row) { return text_cell(row.text(row.root->name)); }},
    {{"under", "under", Unit::kText, "the root that it is a part of"},
     [](const RootRow& row) {
       const RootId parent = row.root->parent;
       return parent ? text_cell(row.text(row.snapshot->roots[parent.row].name)) : Cell();
     }},
    {{"type", "type", Unit::kText, "of the variable", false},
     [](const RootRow& row) {
       const TypeId type = row.root->type;
       return type ? text_cell(row.text(row.snapshot->types[type.row].name)) : Cell();
     }},
    {{"where", "where", Unit::kAddress, "its address"},
     [](const RootRow& row) { return row.root->where ? Cell(row.root->where.value) : Cell(); }},
    {{"conservative", "maybe", Unit::kFlag, "yes: its words may be no pointers at all"},
     [](const RootRow& row) { return flag_cell(row.root->conservative); }},
};

}  // namespace

std::string_view name_of(heap::RootKind kind) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "group",           "global",  "goroutine",     "frame",       "stack slot", "defer",   "finalizer",
      "finalizer queue", "cleanup", "cleanup queue", "weak handle", "tiny block", "special", "thread"};
  return kNames.at(static_cast<std::size_t>(kind));
}

TableShape root_shape() {
  return make_shape<RootRow>("roots", "retained_bytes", kColumns);
}

Table root_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators) {
  std::vector<RootRow> rows;
  for (std::uint32_t i = 0; i < snapshot.roots.size(); ++i)
    rows.push_back({&snapshot, &snapshot.roots[i], dominators.retained_bytes(RootId(i))});
  return make_table<RootRow>(root_shape(), kColumns, std::move(rows));
}

}  // namespace holdfast::view
