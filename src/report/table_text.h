// A table for people: columns as wide as what they hold, 100 in all; numbers in binary units on the right, long names
// folded in the middle, "-" for what is not known.
#pragma once

#include <string>

#include "report/table_query.h"

namespace holdfast::report {

// As the text shows it; not folded.
std::string cell_text(const Cell& cell, Unit unit);

std::string table_text(const Table& table, const TablePlan& plan, const Selection& selection);

}  // namespace holdfast::report
