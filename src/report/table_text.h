// A table for people: columns as wide as what they hold; numbers in binary units on the right, long names folded in the
// middle where a line is wider than wished, "-" for what is not known.
#pragma once

#include <cstddef>
#include <string>

#include "view/table_query.h"

namespace holdfast::report {

// As the text shows it; not folded.
std::string cell_text(const view::Cell& cell, view::Unit unit);

// `width`: terminal columns of a line, or kEndless (base/terminal_text.h).
std::string table_text(const view::Table& table, const view::TablePlan& plan, const view::Selection& selection,
                       std::size_t width);

}  // namespace holdfast::report
