// A table for people: columns as wide as what they hold, 100 in all; numbers in binary units on the right, long names
// folded in the middle, "-" for what is not known.
#pragma once

#include <string>

#include "view/table_query.h"

namespace holdfast::report {

// As the text shows it; not folded.
std::string cell_text(const view::Cell& cell, view::Unit unit);

std::string table_text(const view::Table& table, const view::TablePlan& plan, const view::Selection& selection);

}  // namespace holdfast::report
