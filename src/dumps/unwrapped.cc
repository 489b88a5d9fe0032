#include "dumps/unwrapped.h"

#include <nlohmann/json.hpp>

namespace holdfast::dumps {
namespace {

std::optional<std::string> log_of(std::string_view line) {
  if (!line.starts_with('{') || line.find("\"log\"") == std::string_view::npos) return std::nullopt;
  const nlohmann::json object = nlohmann::json::parse(line, nullptr, false);
  const auto found = object.is_object() ? object.find("log") : object.end();
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

std::optional<std::string> unwrapped(std::string_view text) {
  std::optional<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::optional<std::string> log = log_of(line);
    if (!out && !log) return std::nullopt;
    if (!out) out.emplace();
    *out += log ? *log : std::string(line) + "\n";
  }
  return out;
}

}  // namespace holdfast::dumps
