#include "detect/library_objects.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/embedded_file.h"
#include "base/error.h"
#include "detect/rule_lines.h"

namespace holdfast {

std::span<const EmbeddedFile> library_object_files();  // written by tools/embed

}  // namespace holdfast

namespace holdfast::detect {

namespace {

constexpr std::string_view kAnd = " + ";

std::optional<Numbers> level_of(std::string_view word) {
  if (word == "possible") return Numbers::kPossible;
  if (word == "dropped") return Numbers::kDropped;
  return word == "strong" ? std::optional(Numbers::kStrong) : std::nullopt;
}

}  // namespace

std::vector<LibraryObject> parse_library_objects(std::string_view text, std::string_view file) {
  std::vector<LibraryObject> rules;
  for_each_rule_line(text, [&](std::size_t number, const std::vector<std::string_view>& fields) {
    LibraryObject rule;
    const std::optional<Numbers> level = fields.size() == 5 && !fields[4].empty() ? level_of(fields[2]) : std::nullopt;
    const bool has_number =
        level && std::from_chars(fields[1].data(), fields[1].data() + fields[1].size(), rule.many).ec == std::errc();
    if (!has_number || rule.many == 0)
      fail(ErrorCode::kUsage, "{}, line {}: TYPE | MANY | strong, dropped or possible | WHAT | CHANGE was expected",
           file, number);
    std::string_view rest = fields[0];
    for (bool is_first = true; !rest.empty(); is_first = false) {
      const std::size_t end = std::min(rest.find(kAnd), rest.size());
      (is_first ? rule.type : rule.others.emplace_back()) = rest.substr(0, end);
      rest.remove_prefix(std::min(end + kAnd.size(), rest.size()));
    }
    rule.level = *level;
    rule.what = fields[3];
    rule.change = fields[4];
    rules.push_back(std::move(rule));
  });
  return rules;
}

const std::vector<LibraryObject>& known_library_objects() {
  static const std::vector<LibraryObject> kRules = [] {
    std::vector<LibraryObject> rules;
    for (const EmbeddedFile& file : library_object_files())
      for (LibraryObject& rule : parse_library_objects(file.text, file.name)) rules.push_back(std::move(rule));
    return rules;
  }();
  return kRules;
}

}  // namespace holdfast::detect
