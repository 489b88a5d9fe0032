// Text for a terminal: how wide it is, and how a long one is shortened. Bytes that are no UTF-8, and control
// characters, which a terminal could obey, become "?": names come from the target, and nobody has checked them. Any
// thread may call these; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace holdfast {

// The width of lines that are never folded. It is for pipes and files, where nobody reads across and grep needs whole
// names.
inline constexpr std::size_t kEndless = std::numeric_limits<std::size_t>::max();

// Returns how many columns of a terminal a UTF-8 text takes.
std::size_t text_width(std::string_view text);

// Returns the whole text, made harmless.
std::string cleaned(std::string_view text);

// Returns at most `width` columns: one "…" replaces the middle. More of the end is kept than of the beginning, since
// names differ there.
std::string folded(std::string_view text, std::size_t width);

// Does the same for lines and sentences: as much of the beginning is kept as of the end.
std::string fit(std::string_view text, std::size_t width);

// Does the same for sentences, but shortens the middles of long words first (names of types and functions), the longest
// first: the short words stay, since they say what happens.
std::string fit_words(std::string_view text, std::size_t width);

// What becomes of a word that is wider than a line: it is folded, or it stays whole and the terminal breaks it.
enum class LongWords : std::uint8_t { kFold, kStay };

// Returns `prefix` and a sentence, on as many lines as it takes, so that nothing is lost. Each line ends with a
// newline, and those after the first begin below the sentence. A command in backticks ("`holdfast types --help` lists
// them") is one word, which is never folded: whoever copies it needs all of it, and on one line.
std::string wrapped(std::string prefix, std::string_view sentence, std::size_t width,
                    LongWords long_words = LongWords::kFold);

// Does the same for parts with a separator between them: a line ends at a `separator`, which is dropped. Parts that are
// wider than a line stay whole if they are commands; phrases go on in the next line, as wrapped() does it.
enum class Parts : std::uint8_t { kCommands, kPhrases };
std::string wrapped_at(std::string_view separator, std::string_view text, std::size_t width, std::size_t indent,
                       Parts parts);

}  // namespace holdfast
