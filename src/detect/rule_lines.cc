#include "detect/rule_lines.h"

#include <algorithm>

namespace holdfast::detect {
namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

void for_each_rule_line(std::string_view text,
                        const std::function<void(std::size_t, const std::vector<std::string_view>&)>& take) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view rest = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(rest.size() + 1, text.size()));
    if (without_blanks(rest).empty() || rest[0] == '#') continue;
    std::vector<std::string_view> fields;
    while (true) {
      const std::size_t end = rest.find('|');
      fields.push_back(without_blanks(rest.substr(0, end)));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
    take(number, fields);
  }
}

}  // namespace holdfast::detect
