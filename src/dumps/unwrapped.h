// Lines of a log whose driver writes each as an object of JSON, as Docker's json-file does: {"log":"panic: x\n", ...}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::dumps {

// Returns what the program wrote; nothing if the first line is no such object. Lines of another form stay as they are.
std::optional<std::string> unwrapped(std::string_view text);

}  // namespace holdfast::dumps
