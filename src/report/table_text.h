// Renders a table for people: columns are as wide as what they hold, numbers stand on the right in binary units, long
// names are folded in the middle if a line would be too wide, and "-" stands for what is not known.
#pragma once

#include <cstddef>
#include <string>

#include "view/table_query.h"

namespace holdfast::report {

// Returns a cell as the text shows it, not folded.
std::string cell_text(const view::Cell& cell, view::Unit unit);

// `width` is the number of terminal columns of a line, or kEndless (base/terminal_text.h).
std::string table_text(const view::Table& table, const view::TablePlan& plan, const view::Selection& selection,
                       std::size_t width);

}  // namespace holdfast::report
