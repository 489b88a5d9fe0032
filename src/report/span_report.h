// Renders one span (view/one_span.h) as text and as JSON (schema holdfast.span/1). Any thread may call these; nothing
// throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/text_style.h"
#include "view/one_span.h"

namespace holdfast::report {

// `target`: as the user named it, for the commands that go on.
std::string one_span_text(const view::OneSpan& span, const std::string& target, const TextStyle& style);
nlohmann::ordered_json one_span_json(const heap::Snapshot& snapshot, const view::OneSpan& span);

}  // namespace holdfast::report
