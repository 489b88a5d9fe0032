// Renders why something is alive (view/why.h), as text and as JSON (schema holdfast.why/1). Any thread may call these;
// nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "heap/snapshot.h"
#include "report/text_style.h"
#include "view/why.h"

namespace holdfast::report {

// `name` is what the target is called on the command line, for the commands that go on from here.
std::string why_text(const view::Why& why, const std::string& name, const TextStyle& style);
nlohmann::ordered_json why_json(const heap::Snapshot& snapshot, const view::Why& why);

}  // namespace holdfast::report
