#include "detect/library_goroutines.h"

#include <algorithm>
#include <array>

#include "base/embedded_file.h"
#include "base/error.h"
#include "view/words.h"

namespace holdfast {

std::span<const EmbeddedFile> library_goroutine_files();  // written by tools/embed

}  // namespace holdfast

namespace holdfast::detect {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string_view take_field(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('|'), rest.size());
  const std::string_view field = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return field;
}

bool fits(const LibraryGoroutine& rule, std::string_view function) {
  return rule.is_prefix ? function.starts_with(rule.function) : function == rule.function;
}

}  // namespace

std::vector<LibraryGoroutine> parse_library_goroutines(std::string_view text, std::string_view file) {
  std::vector<LibraryGoroutine> rules;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view rest = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(rest.size() + 1, text.size()));
    if (rest.empty() || rest[0] == '#') continue;
    LibraryGoroutine rule;
    std::string_view function = take_field(rest);
    rule.is_prefix = function.ends_with('*');
    if (rule.is_prefix) function.remove_suffix(1);
    rule.function = function;
    const std::string_view wait = take_field(rest), level = take_field(rest);
    if (wait != "*") rule.wait = wait;
    rule.is_strong = level == "strong";
    rule.what = take_field(rest);
    rule.change = take_field(rest);
    if (rule.change.empty() || (level != "strong" && level != "possible"))
      fail(ErrorCode::kUsage, "{}, line {}: FUNCTION | WAIT | strong or possible | WHAT | CHANGE was expected", file,
           number);
    rules.push_back(std::move(rule));
  }
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
