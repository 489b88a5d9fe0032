// A table for people: columns as wide as what they hold, 100 in all; numbers in binary units on the right, long names
// folded in the middle, "-" for what is not known.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "report/table_query.h"

namespace holdfast::report {

// How many columns of a terminal a UTF-8 text takes.
std::size_t text_width(std::string_view text);
// At most `width` columns: the middle gives way to one "…", and more of the end is kept than of the beginning, since
// names differ there. Bytes that are no UTF-8 and control characters, which a terminal could obey, become "?".
std::string folded(std::string_view text, std::size_t width);

// As the text shows it; not folded.
std::string cell_text(const Cell& cell, Unit unit);

std::string table_text(const Table& table, const TablePlan& plan, const Selection& selection);

}  // namespace holdfast::report
