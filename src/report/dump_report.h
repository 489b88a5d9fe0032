// Renders what a dump of goroutines says beside its goroutines (dumps/dump.h): what happened to the program, and what
// of the text could not be read. Any thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "dumps/dump.h"
#include "report/text_style.h"

namespace holdfast::report {

// Empty if nothing happened that the text tells of.
std::string happened_text(const dumps::Dump& dump, const TextStyle& style);

// The fields that stand before the rows. Texts of headers are cut before labels, unless `label_values`.
nlohmann::ordered_json happened_json(const dumps::Dump& dump, bool label_values);

}  // namespace holdfast::report
