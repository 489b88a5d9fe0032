#include "view/root_table.h"

#include <memory>
#include <string>

#include "view/labels.h"
#include "view/row_commands.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::string_view kShared = "shared";

std::vector<std::string_view> all_kinds() {
  std::vector<std::string_view> words = words_up_to(heap::RootKind::kThread);
  words.push_back(kShared);
  return words;
}

struct RootRow {
  const heap::Snapshot* snapshot = nullptr;
  RootId id;                                              // none for the row of what only several roots together hold
  std::shared_ptr<const std::vector<std::string>> names;  // by RootId
  std::uint64_t retained_bytes = 0;

  std::string_view text(StringId string) const { return snapshot->strings[string]; }
  const heap::Root& root() const {
    static const heap::Root kNone;
    return id ? snapshot->roots[id.row] : kNone;
  }
  std::string_view kind() const { return id ? name_of(root().kind) : kShared; }
  std::string_view name() const { return id ? std::string_view((*names)[id.row]) : "held by more than one root"; }
  const heap::Label& label() const {
    static const heap::Label kNone;
    return root().label ? snapshot->labels[root().label.row] : kNone;
  }
};

constexpr ColumnOf<RootRow> kColumns[] = {
    {{"retained", Unit::kBytes, "what it alone keeps alive, with all that stands under it"},
     [](const RootRow& row) { return Cell(row.retained_bytes); }},
    {{"targets", Unit::kCount, "pointers to objects that it holds itself"},
     [](const RootRow& row) { return row.id ? Cell(std::uint64_t{row.root().target_count}) : Cell(); }},
    {{"kind", Unit::kText, "what sort of root it is", Shown::kUsually, all_kinds},
     [](const RootRow& row) { return text_cell(row.kind()); }},
    {{"name", Unit::kText, "of the variable, the goroutine, the frame"},
     [](const RootRow& row) { return text_cell(row.name()); }},
    {{"under", Unit::kText, "the root that it is a part of", Shown::kIfRoom},
     [](const RootRow& row) {
       const RootId parent = row.root().parent;
       return parent ? text_cell((*row.names)[parent.row]) : Cell();
     }},
    {{"type", Unit::kText, "of the variable", Shown::kWhenAsked},
     [](const RootRow& row) {
       const TypeId type = row.root().type;
       return type ? text_cell(row.text(row.snapshot->types[type.row].name)) : Cell();
     }},
    {{"basis", Unit::kText, "what the name rests on", Shown::kWhenAsked,
      [] { return words_or_none_up_to(heap::Basis::kNearness); }},
     [](const RootRow& row) { return text_cell(name_of(row.label().basis)); }},
    {{"variable", Unit::kText, "the package variable, if its name is known", Shown::kWhenAsked},
     [](const RootRow& row) { return text_cell(row.text(row.label().variable)); }},
    {{"function", Unit::kText, "of the frame or special, or one that uses the variable", Shown::kWhenAsked},
     [](const RootRow& row) {
       const heap::Label& label = row.label();
       return text_cell(row.text(label.code.function ? label.code.function : label.user));
     }},
    {{"file", Unit::kText, "of the frame's line", Shown::kWhenAsked},
     [](const RootRow& row) { return text_cell(row.text(row.label().code.file)); }},
    {{"line", Unit::kId, "of the frame", Shown::kWhenAsked},
     [](const RootRow& row) {
       const std::uint32_t line = row.label().code.line;
       return line > 0 ? Cell(std::uint64_t{line}) : Cell();
     }},
    {{"section", Unit::kText, "of a package variable", Shown::kWhenAsked,
      [] { return words_or_none_up_to(heap::Section::kBss); }},
     [](const RootRow& row) { return text_cell(name_of(row.label().data.section)); }},
    {{"offset", Unit::kCount, "of a package variable in its section, in bytes", Shown::kWhenAsked},
     [](const RootRow& row) {
       const heap::PlaceInData& data = row.label().data;
       return data.section == heap::Section::kNone ? Cell() : Cell(data.offset);
     }},
    {{"module", Unit::kText, "file of the plugin or library; empty: the program itself", Shown::kWhenAsked},
     [](const RootRow& row) { return text_cell(row.text(row.label().data.module)); }},
    {{"where", Unit::kAddress, "its address", Shown::kIfRoom},
     [](const RootRow& row) { return row.root().where ? Cell(row.root().where.value) : Cell(); }},
    {{"conservative", Unit::kFlag, "yes: its words may be no pointers at all", Shown::kIfRoom},
     [](const RootRow& row) { return flag_cell(row.root().conservative); }},
};

}  // namespace

TableShape root_shape() {
  return make_shape<RootRow>("roots", "root", "retained", kColumns, "retained");
}

Table root_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators) {
  std::vector<RootRow> rows;
  const auto names = std::make_shared<std::vector<std::string>>();
  for (const heap::Root& root : snapshot.roots) names->push_back(root_text_with_field(snapshot, root));
  std::uint64_t shared = dominators.retained_bytes(graph::NodeId::super_root());
  for (std::uint32_t i = 0; i < snapshot.roots.size(); ++i) {
    const std::uint64_t retained = dominators.retained_bytes(RootId(i));
    if (!snapshot.roots[i].parent) shared -= retained;
    rows.push_back({&snapshot, RootId(i), names, retained});
  }
  if (shared > 0) rows.push_back({&snapshot, RootId(), names, shared});
  Table table = make_table<RootRow>(root_shape(), kColumns, std::move(rows));
  table.command = [&snapshot, index = std::make_shared<heap::ObjectIndex>(snapshot)](std::uint32_t row) {
    return row < snapshot.roots.size() ? command_of_root(snapshot, *index, RootId(row))
                                       : RowCommand{"owners", "--filter kind=shared"};
  };
  // Rows are numbered as roots; the one behind them is a part of none.
  table.part_of = [&snapshot](std::uint32_t row) -> std::optional<std::uint32_t> {
    if (row >= snapshot.roots.size() || !snapshot.roots[row].parent) return std::nullopt;
    return snapshot.roots[row].parent.row;
  };
  return table;
}

}  // namespace holdfast::view
