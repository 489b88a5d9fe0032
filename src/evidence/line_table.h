// Line verdicts as a table: a row for each line of code that allocates, and below it, in sentences, who holds what is
// alive of it and where profile and graph differ, with the reason.
#pragma once

#include <string>
#include <vector>

#include "evidence/line_verdicts.h"
#include "view/table.h"

namespace holdfast::evidence {

view::TableShape line_table_shape();
view::Table line_table(LineVerdicts verdicts);

// What stands below a row.
std::vector<std::string> sentences_of(const LineVerdict& line, const LineVerdicts& all);
// "agree", "dead", "newer", "freed", or several of these: how profile and graph differ.
std::string agreement_word(const Differences& differences);

}  // namespace holdfast::evidence
