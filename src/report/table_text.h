// Renders a table for people: columns are as wide as what they hold, numbers stand on the right in binary units, long
// names are folded in the middle and the least needed columns left out if a line would be too wide, and "-" stands for
// what is not known. Any thread may call these; nothing throws.
#pragma once

#include <string>

#include "report/text_style.h"
#include "view/table_query.h"

namespace holdfast::report {

// Returns a cell as the text shows it, not folded.
std::string cell_text(const view::Cell& cell, const view::Column& column);

std::string table_text(const view::Table& table, const view::TablePlan& plan, const view::Selection& selection,
                       const TextStyle& style);

}  // namespace holdfast::report
