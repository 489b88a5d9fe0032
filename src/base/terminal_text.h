// Text for a terminal: how wide it is, and how a long one gives way. Bytes that are no UTF-8 and control characters,
// which a terminal could obey, become "?": names come from the target, and nobody has checked them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

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

}  // namespace holdfast
