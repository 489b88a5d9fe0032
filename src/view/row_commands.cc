#include "view/row_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.h"
#include "view/labels.h"

namespace holdfast::view {
namespace {

// Returns the cell as a word for the shell; empty if it has no value.
std::string word_of(const Cell& cell, Unit unit) {
  if (const auto* const text = std::get_if<std::string_view>(&cell)) return shell_word(*text);
  const auto* const number = std::get_if<std::uint64_t>(&cell);
  if (number == nullptr) return {};
  return unit == Unit::kAddress ? fmt::format("{:#x}", *number) : std::to_string(*number);
}

// The goroutine that the root is, is a part of, or has below it first.
GoroutineId goroutine_of(const heap::Snapshot& snapshot, RootId root) {
  const heap::Root& row = snapshot.roots[root.row];
  if (row.goroutine || row.kind != heap::RootKind::kGroup) return row.goroutine;
  const std::uint32_t next = root.row + 1;  // children follow their parent
  const bool has_child = next < snapshot.roots.size() && snapshot.roots[next].parent == root;
  return has_child ? snapshot.roots[next].goroutine : GoroutineId();
}

}  // namespace

void open_by(Table& table, std::string_view column, std::string_view verb, std::string_view option) {
  const auto at = std::ranges::find(table.shape.columns, column, &Column::name);
  if (at == table.shape.columns.end()) return;
  table.command = [cell = table.cell, unit = at->unit, number = std::size_t(at - table.shape.columns.begin()),
                   verb = std::string(verb), option = std::string(option)](std::uint32_t row) -> RowCommand {
    const std::string word = word_of(cell(row, number), unit);
    if (word.empty()) return {};
    const bool is_apart = !option.empty() && !option.ends_with('=');
    return {verb, fmt::format("{}{}{}", option, is_apart ? " " : "", word)};
  };
}

RowCommand command_of_root(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, RootId root) {
  const heap::Root& row = snapshot.roots[root.row];
  if (row.kind == heap::RootKind::kGlobal)
    return {"owners", "--under " + shell_word("global:" + root_text_with_field(snapshot, row))};
  if (const GoroutineId goroutine = goroutine_of(snapshot, root))
    return {"goroutines", fmt::format("--goroutine {}", snapshot.goroutines[goroutine.row].goid)};
  const ObjectId object = row.about               ? row.about
                          : row.target_count != 0 ? snapshot.root_targets[row.first_target].object
                                                  : ObjectId();
  if (!object) return {};
  return {"show", hex(index.address_of(object))};
}

}  // namespace holdfast::view
