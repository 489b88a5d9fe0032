// Renders one goroutine (view/one_goroutine.h) as text and as JSON (schema holdfast.goroutine/1). Any thread may call
// these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/text_style.h"
#include "view/one_goroutine.h"

namespace holdfast::report {

// `target`: as the user named it, for the commands that go on.
std::string one_goroutine_text(const view::OneGoroutine& goroutine, const std::string& target, const TextStyle& style);
nlohmann::ordered_json one_goroutine_json(const heap::Snapshot& snapshot, const view::OneGoroutine& goroutine);

}  // namespace holdfast::report
