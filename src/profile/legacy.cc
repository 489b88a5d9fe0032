#include "profile/legacy.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "profile/legacy_text.h"

namespace holdfast::profile {
namespace {

// "goroutine profile: total 13"
bool begins_counts(std::string_view line) {
  const std::size_t space = line.find(' ');
  return space != std::string_view::npos && space > 0 && line.substr(space).starts_with(" profile: total ");
}

// Both are called contentionz; one of the attributes tells them apart.
bool is_java(std::string_view text) {
  Lines lines(text);
  lines.next();
  while (lines.next() && lines.line().find('@') == std::string_view::npos)
    if (lines.line().starts_with("format") && lines.line().ends_with("java")) return true;
  return false;
}

// What people take for a profile, with the verb that reads it.
void refuse_others(std::string_view line) {
  const std::string begin = lower(line.substr(0, 32));
  if (begin.starts_with("<!doctype") || begin.starts_with("<html") || begin.starts_with("<?xml"))
    fail(ErrorCode::kUnsupported, "it is no profile of pprof but a page (\"{}\")", line.substr(0, 80));
  for (const std::string_view word : {"goroutine ", "panic: ", "fatal error: ", "SIGQUIT: quit"})
    if (line.starts_with(word) && (word != "goroutine " || line.find('[') != std::string_view::npos))
      fail(ErrorCode::kUnsupported,
           "it is no profile but a dump of goroutines (\"{}\"); `holdfast dump` reads it, and ?debug=1 instead of "
           "?debug=2 gives a profile",
           line.substr(0, 80));
}

}  // namespace

std::optional<Converted> convert_legacy(std::string_view bytes) {
  // What is no text has no such line; the protobuf form begins with a line feed and a byte below the space.
  constexpr std::size_t kLongestHeader = 4096;
  if (std::optional<Converted> cpu = convert_cpu(bytes)) return cpu;
  Lines lines(bytes.substr(0, kLongestHeader));
  if (!lines.next_content()) return std::nullopt;
  const std::string_view line = lines.line();
  if (line.starts_with("heap profile:")) return convert_heap(bytes);
  if (begins_counts(line)) return convert_counts(bytes);
  if (line.starts_with("--- threadz ") || line.starts_with("--- Thread ")) return convert_threads(bytes);
  if (line.starts_with("--- heapz ")) return convert_java(bytes);
  if (line.starts_with("--- contentionz ") && is_java(bytes)) return convert_java(bytes);
  for (const std::string_view begin : {"--- contentionz ", "--- mutex:", "--- contention:"})
    if (line.starts_with(begin)) return convert_contention(bytes);
  refuse_others(line);
  return std::nullopt;
}

}  // namespace holdfast::profile
