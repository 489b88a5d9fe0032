#include "view/type_conflicts.h"

#include "view/labels.h"
#include "view/row_commands.h"
#include "view/type_chain.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

struct ConflictRow {
  heap::TypeConflict sum;
  std::string kept, refused;  // the names of the types
};

constexpr ColumnOf<ConflictRow> kColumns[] = {
    {{"bytes", Unit::kBytes, "of the objects that both types were claimed for"},
     [](const ConflictRow& row) { return Cell(row.sum.bytes); }},
    {{"objects", Unit::kCount, "that this is about"}, [](const ConflictRow& row) { return Cell(row.sum.objects); }},
    {{"standing", Unit::kCount, "objects that have the kept type in the end, too", Shown::kWhenAsked},
     [](const ConflictRow& row) { return Cell(row.sum.standing); }},
    {{"claims", Unit::kCount, "that met like this; an object may be claimed often", Shown::kWhenAsked},
     [](const ConflictRow& row) { return Cell(row.sum.claims); }},
    {{"kept", Unit::kText, "type that was kept"}, [](const ConflictRow& row) { return text_cell(row.kept); }},
    {{"kept_by", Unit::kText, "how the kept type is known", Shown::kIfRoom,
      [] { return words_up_to(heap::KnownBy::kPart); }},
     [](const ConflictRow& row) { return text_cell(name_of(row.sum.kept.known_by)); }},
    {{"refused", Unit::kText, "type that was refused"}, [](const ConflictRow& row) { return text_cell(row.refused); }},
    {{"refused_by", Unit::kText, "what evidence was refused", Shown::kIfRoom,
      [] { return words_up_to(heap::KnownBy::kPart); }},
     [](const ConflictRow& row) { return text_cell(name_of(row.sum.refused.known_by)); }},
    {{"cause", Unit::kText,
      "conversion: Go converts one into the other, both are right; unsafe: the program itself names both; evidence: "
      "one "
      "was inferred, and may be wrong",
      Shown::kIfRoom, [] { return words_up_to(heap::ConflictCause::kEvidence); }},
     [](const ConflictRow& row) { return text_cell(name_of(row.sum.cause)); }},
    {{"example", Unit::kAddress, "one of the objects", Shown::kIfRoom},
     [](const ConflictRow& row) { return Cell(row.sum.kept.at.value); }},
};

}  // namespace

TableShape conflict_shape() {
  return make_shape<ConflictRow>("conflicts", "conflict", "bytes", kColumns, "bytes", true);
}

Table conflict_table(const heap::Snapshot& snapshot, std::vector<heap::TypeConflict> conflicts) {
  std::vector<ConflictRow> rows;
  std::vector<std::vector<std::string>> lines;
  for (heap::TypeConflict& conflict : conflicts) {
    lines.push_back(
        {"kept: " + reason_text(snapshot, conflict.kept), "refused: " + reason_text(snapshot, conflict.refused)});
    std::string kept = type_name(snapshot, conflict.kept.type);
    std::string refused = type_name(snapshot, conflict.refused.type);
    rows.push_back({std::move(conflict), std::move(kept), std::move(refused)});
  }
  Table table = make_table<ConflictRow>(conflict_shape(), kColumns, std::move(rows));
  open_by(table, "example", "type-reasons");
  table.lines_name = "evidence";
  table.lines = [lines = std::move(lines)](std::uint32_t row) { return lines[row]; };
  return table;
}

}  // namespace holdfast::view
