#include "web/exchange.h"

#include <charconv>
#include <optional>

namespace holdfast::web {
namespace {

// Returns nothing if a percent sign is not followed by two digits, or if there is a zero, written out or as %00.
std::optional<std::string> without_percents(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '\0') {
      return std::nullopt;
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      unsigned value = 0;
      if (i + 2 >= text.size()) return std::nullopt;
      const char* const end = text.data() + i + 3;
      const auto [stop, error] = std::from_chars(text.data() + i + 1, end, value, 16);
      if (error != std::errc() || stop != end || value == 0) return std::nullopt;
      out += static_cast<char>(value);
      i += 2;
    }
  }
  return out;
}

bool climbs(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (path.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return false;
}

}  // namespace

std::string_view Request::field(std::string_view name) const {
  for (const auto& [key, value] : fields)
    if (key == name) return value;
  return {};
}

bool parse_target(std::string_view target, Request& request) {
  const std::size_t question = target.find('?');
  const std::optional<std::string> path = without_percents(target.substr(0, question), false);
  if (!path || !path->starts_with('/') || climbs(*path)) return false;
  request.path = *path;
  std::string_view rest = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    if (one.empty()) continue;
    const std::size_t equals = one.find('=');
    const auto name = without_percents(one.substr(0, equals), true);
    const auto value =
        without_percents(equals == std::string_view::npos ? std::string_view() : one.substr(equals + 1), true);
    if (!name || !value) return false;
    request.fields.emplace_back(*name, *value);
  }
  return true;
}

}  // namespace holdfast::web
