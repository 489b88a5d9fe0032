#include "session/process_table.h"

#include <fmt/format.h>

namespace holdfast::session {
namespace {

using capture::GoProcess;
using view::Cell;
using view::flag_cell;
using view::text_cell;
using view::Unit;

Cell number(std::optional<std::uint64_t> value) {
  return value ? Cell(*value) : Cell();
}

constexpr view::ColumnOf<GoProcess> kColumns[] = {
    {{"pid", Unit::kId, "process id"},
     [](const GoProcess& p) { return Cell(static_cast<std::uint64_t>(p.status.pid)); }},
    {{"go", Unit::kText, "release that built it"}, [](const GoProcess& p) { return text_cell(p.go_version); }},
    {{"resident", Unit::kBytes, "memory that it has now"}, [](const GoProcess& p) { return Cell(p.status.rss); }},
    {{"heap", Unit::kBytes, "of it objects, garbage included, by the runtime's own count"},
     [](const GoProcess& p) { return number(p.heap_bytes); }},
    {{"goroutines", Unit::kCount, "that have not ended, the runtime's own included"},
     [](const GoProcess& p) { return number(p.goroutines); }},
    {{"stripped", Unit::kFlag, "whether the file has no symbol table", view::Shown::kIfRoom},
     [](const GoProcess& p) { return flag_cell(p.stripped); }},
    {{"container", Unit::kText, "short id or name of its container", view::Shown::kIfRoom},
     [](const GoProcess& p) { return text_cell(p.container); }},
    {{"name", Unit::kText, "of the process"}, [](const GoProcess& p) { return text_cell(p.status.name); }},
    {{"image", Unit::kText, "file with the Go code: the program, or a library in one of another language"},
     [](const GoProcess& p) { return text_cell(p.image); }},
    {{"trouble", Unit::kText, "why the runtime's counters could not be read", view::Shown::kWhenAsked},
     [](const GoProcess& p) { return text_cell(p.trouble); }},
};

}  // namespace

view::TableShape process_shape() {
  return view::make_shape<GoProcess>("processes", "process", "resident", kColumns, "resident");
}

view::Table process_table(std::vector<GoProcess> processes) {
  std::vector<std::int32_t> pids;
  for (const GoProcess& process : processes) pids.push_back(process.status.pid);
  view::Table table = view::make_table<GoProcess>(process_shape(), kColumns, std::move(processes));
  table.open = [pids = std::move(pids)](std::uint32_t row) { return fmt::format("holdfast {}", pids[row]); };
  return table;
}

}  // namespace holdfast::session
