// Line verdicts as a table: a row for each line of code that allocates, and below it, in sentences, who holds what is
// alive of it and where profile and graph differ, with the reason.
#pragma once

#include <string>
#include <vector>

#include "evidence/line_verdicts.h"
#include "view/table.h"

namespace holdfast::evidence {

// Without a profile its columns are shown only when they are asked for.
view::TableShape line_table_shape(bool has_profile = true);
view::Table line_table(LineVerdicts verdicts);

// What stands below a row.
std::vector<std::string> sentences_of(const LineVerdict& line, const LineVerdicts& all);
// "main.keep main.go:50", "main.keep main.go:50 or 2 more", "the runtime".
std::string place_words(const LineVerdict& line);
// "agree", "dead", "newer", "freed", or several of these: how profile and graph differ.
std::string agreement_word(const Differences& differences);

}  // namespace holdfast::evidence
