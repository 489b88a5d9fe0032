#include "profile/legacy.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
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

using Convert = Converted (*)(std::string_view bytes);

// Returns what reads such bytes; null if nothing does.
Convert form_of(std::string_view bytes) {
  constexpr std::size_t kLongestHeader = 4096;
  if (begins_cpu(bytes)) return convert_cpu;
  Lines lines(bytes.substr(0, kLongestHeader));
  if (!lines.next_content()) return nullptr;
  const std::string_view line = lines.line();
  if (line.starts_with("heap profile:")) return convert_heap;
  if (begins_counts(line)) return convert_counts;
  if (line.starts_with("--- threadz ") || line.starts_with("--- Thread ")) return convert_threads;
  if (line.starts_with("--- heapz ")) return convert_java;
  if (line.starts_with("--- contentionz ") && is_java(bytes)) return convert_java;
  for (const std::string_view begin : {"--- contentionz ", "--- mutex:", "--- contention:"})
    if (line.starts_with(begin)) return convert_contention;
  refuse_others(line);
  return nullptr;
}

}  // namespace

std::optional<Converted> convert_legacy(std::string_view bytes, std::size_t most) {
  const Convert convert = form_of(bytes);
  if (convert == nullptr) return std::nullopt;
  if (bytes.size() > most)
    fail(ErrorCode::kUnsupported, "it has {}, and of this form {} are read at most", format_bytes(bytes.size()),
         format_bytes(most));
  return convert(bytes);
}

}  // namespace holdfast::profile
