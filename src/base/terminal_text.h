// Text for a terminal: how wide it is, and how a long one gives way. Bytes that are no UTF-8 and control characters,
// which a terminal could obey, become "?": names come from the target, and nobody has checked them.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

namespace holdfast {

// The width of lines that are never folded: for pipes and files, where nobody reads across and grep wants whole names.
inline constexpr std::size_t kEndless = std::numeric_limits<std::size_t>::max();

// How many columns of a terminal a UTF-8 text takes.
std::size_t text_width(std::string_view text);

// The whole text, harmless.
std::string cleaned(std::string_view text);

// At most `width` columns: the middle gives way to one "…", and more of the end is kept than of the beginning, since
// names differ there.
std::string folded(std::string_view text, std::size_t width);

// The same for lines and sentences: as much of the beginning is kept as of the end.
std::string fit(std::string_view text, std::size_t width);

// The same for sentences: first the middles of long words (names of types and functions) give way, the longest first,
// so that the short ones stay, which say what happens.
std::string fit_words(std::string_view text, std::size_t width);

// `prefix` and a sentence, on as many lines as it takes, so that nothing of it is lost; each ends with "\n" and those
// after the first begin below the sentence. Only a word that is wider than a line is folded.
std::string wrapped(std::string prefix, std::string_view sentence, std::size_t width);

// The same for parts that must not be broken, such as commands: a line ends at a `separator`, which goes.
std::string wrapped_at(std::string_view separator, std::string_view text, std::size_t width, std::size_t indent);

}  // namespace holdfast
