#include <fmt/format.h>

#include "base/text.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/object_list.h"
#include "view/type_table.h"

namespace holdfast::cli {
namespace {

view::TableShape types_shape(const Options& options) {
  return options.subject ? view::object_list_shape() : view::type_shape();
}

// The command that opens a row, which `option` and the text of a column make of it.
std::string opened(const view::Table& table, std::uint32_t row, std::string_view column, std::string_view command) {
  for (std::size_t c = 0; c < table.shape.columns.size(); ++c) {
    if (table.shape.columns[c].name != column) continue;
    const view::Cell cell = table.cell(row, c);
    if (const auto* const text = std::get_if<std::string_view>(&cell))
      return fmt::format("{} {}", command, shell_word(*text));
    if (const auto* const number = std::get_if<std::uint64_t>(&cell)) return fmt::format("{} {:#x}", command, *number);
  }
  return std::string(command);
}

view::Table table_of(RunningVerb& run) {
  session::Session& session = run.session();
  const Options& options = run.options();
  const std::string target = shell_word(options.target);
  if (options.subject) {
    view::Table table = view::object_list(session.groundwork(), session.reached(), *options.subject);
    table.open = [table, command = fmt::format("holdfast show {}", target)](std::uint32_t row) {
      return opened(table, row, "address", command);
    };
    return table;
  }
  const graph::Dominators& dominators = session.dominators();
  view::Table table = view::type_table(session.snapshot(), dominators, session.rules());
  table.open = [table, command = fmt::format("holdfast types {} --list", target)](std::uint32_t row) {
    return opened(table, row, "type", command);
  };
  return table;
}

int run_types(RunningVerb& run) {
  run.answer_with_table([&] { return table_of(run); }, [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kTypesVerb = {
    .name = "types",
    .help = "objects by type; or each object of one type",
    .example = "holdfast types --sort count 4711",
    .flags = {types_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = types_shape,
    .run = run_types};

}  // namespace holdfast::cli
