#include "detect/library_goroutines.h"

#include <algorithm>

#include "base/embedded_file.h"
#include "base/error.h"
#include "detect/rule_lines.h"
#include "view/words.h"

namespace holdfast {

std::span<const EmbeddedFile> library_goroutine_files();  // written by tools/embed

}  // namespace holdfast

namespace holdfast::detect {
namespace {

bool fits(const LibraryGoroutine& rule, std::string_view function) {
  return rule.is_prefix ? function.starts_with(rule.function) : function == rule.function;
}

}  // namespace

std::vector<LibraryGoroutine> parse_library_goroutines(std::string_view text, std::string_view file) {
  std::vector<LibraryGoroutine> rules;
  for_each_rule_line(text, [&](std::size_t number, const std::vector<std::string_view>& fields) {
    if (fields.size() != 5 || fields[4].empty() || (fields[2] != "strong" && fields[2] != "possible"))
      fail(ErrorCode::kUsage, "{}, line {}: FUNCTION | WAIT | strong or possible | WHAT | CHANGE was expected", file,
           number);
    LibraryGoroutine rule;
    rule.function = fields[0];
    rule.is_prefix = rule.function.ends_with('*');
    if (rule.is_prefix) rule.function.pop_back();
    if (fields[1] != "*") rule.wait = fields[1];
    rule.is_strong = fields[2] == "strong";
    rule.what = fields[3];
    rule.change = fields[4];
    rules.push_back(std::move(rule));
  });
  return rules;
}

const std::vector<LibraryGoroutine>& known_library_goroutines() {
  static const std::vector<LibraryGoroutine> kRules = [] {
    std::vector<LibraryGoroutine> rules;
    for (const EmbeddedFile& file : library_goroutine_files())
      for (LibraryGoroutine& rule : parse_library_goroutines(file.text, file.name)) rules.push_back(std::move(rule));
    return rules;
  }();
  return kRules;
}

const LibraryGoroutine* library_goroutine(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine) {
  const std::string_view wait = view::name_of(goroutine.wait_reason);
  for (const LibraryGoroutine& rule : known_library_goroutines()) {
    if (!rule.wait.empty() && rule.wait != wait) continue;
    for (std::uint32_t f = goroutine.first_frame; f < goroutine.first_frame + goroutine.frame_count; ++f)
      if (fits(rule, snapshot.strings[snapshot.frames[f].function])) return &rule;
  }
  return nullptr;
}

}  // namespace holdfast::detect
