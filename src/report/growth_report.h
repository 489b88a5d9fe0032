// Renders what changed between looks at a program (view/growth.h), as text and as JSON (schema holdfast.diff/1). Any
// thread may call these; nothing throws.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/text_style.h"
#include "view/growth.h"

namespace holdfast::report {

// Of each list at most `rows` rows are shown, and the sum of the others.
std::string growth_text(const view::Growth& growth, const TextStyle& style, std::size_t rows);
nlohmann::ordered_json growth_json(const view::Growth& growth, std::size_t rows);

// What text and JSON have in common: words, and commands.
std::string_view words_of(view::ChangeBy by);      // "types"
std::string_view words_of(view::Kinship kinship);  // "one process"
// Returns the command that shows the row as it is at the last look that has it.
std::string opening_command(const view::Growth& growth, view::ChangeBy by, const view::ChangeRow& row);
// The sum of rows that are not shown.
view::FoldedRows sum_of_cut(const view::ChangeList& list, std::size_t shown);

}  // namespace holdfast::report
