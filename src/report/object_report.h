// Renders one object (view/shown_object.h) as text and as JSON (schema holdfast.show/1), and the commands that take a
// debugger to it. Any thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "report/text_style.h"
#include "view/debugger_commands.h"
#include "view/shown_object.h"

namespace holdfast::report {

// `target`: as the user named it, for the commands that go on.
std::string object_text(const view::ShownObject& shown, const std::string& target, const TextStyle& style);
nlohmann::ordered_json object_json(const heap::TargetInfo& target, const view::ShownObject& shown);

std::string debugger_text(const view::DebuggerCommands& commands);
nlohmann::ordered_json debugger_json(const heap::TargetInfo& target, const view::DebuggerCommands& commands);

}  // namespace holdfast::report
