// Renders how types that were found without debug information agree with those found with it
// (view/type_comparison.h), as text and as JSON (schema holdfast.type-comparison/1). Any thread may call these;
// nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/text_style.h"
#include "view/type_comparison.h"

namespace holdfast::report {

std::string comparison_text(const view::TypeComparison& comparison, const TextStyle& style);
nlohmann::ordered_json comparison_json(const view::TypeComparison& comparison);

}  // namespace holdfast::report
