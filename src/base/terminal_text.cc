#include "base/terminal_text.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace holdfast {
namespace {

struct Glyph {
  std::string text;
  std::size_t width = 1;
};

struct CodeRange {
  char32_t first, last;
};
// East Asian Width W and F and the emoji; and characters that combine with the letter before (Unicode 15, the larger
// blocks).
constexpr std::array kWide = {CodeRange{0x1100, 0x115f}, CodeRange{0x2e80, 0xa4cf},   CodeRange{0xac00, 0xd7a3},
                              CodeRange{0xf900, 0xfaff}, CodeRange{0xfe30, 0xfe6f},   CodeRange{0xff00, 0xff60},
                              CodeRange{0xffe0, 0xffe6}, CodeRange{0x1f300, 0x1faff}, CodeRange{0x20000, 0x3fffd}};
constexpr std::array kCombining = {CodeRange{0x300, 0x36f}, CodeRange{0x200b, 0x200f}, CodeRange{0xfe00, 0xfe0f}};

template <std::size_t N>
bool is_in(const std::array<CodeRange, N>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const CodeRange& range) { return code >= range.first && code <= range.last; });
}

std::size_t bytes_of(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

// Returns the glyph that begins at `at`, and moves `at` behind it.
Glyph next_glyph(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t bytes = bytes_of(byte(at));
  const std::size_t begin = at;
  ++at;
  if (bytes == 0 || bytes > text.size() - begin) return {"?"};
  char32_t code = bytes == 1 ? byte(begin) : byte(begin) & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(begin + i) & 0xc0) != 0x80) return {"?"};
    code = code << 6 | (byte(begin + i) & 0x3fU);
  }
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return {"?"};
  at = begin + bytes;
  return {std::string(text.substr(begin, bytes)), is_in(kCombining, code) ? 0U : is_in(kWide, code) ? 2U : 1U};
}

std::vector<Glyph> glyphs_of(std::string_view text) {
  std::vector<Glyph> glyphs;
  for (std::size_t at = 0; at < text.size();) glyphs.push_back(next_glyph(text, at));
  return glyphs;
}

std::size_t width_of(const std::vector<Glyph>& glyphs) {
  return std::accumulate(glyphs.begin(), glyphs.end(), std::size_t{0},
                         [](std::size_t sum, const Glyph& glyph) { return sum + glyph.width; });
}

// Keeps both ends: as much of the beginning as `head_room` columns hold, "…", and as much of the end as the rest of
// `width` holds.
std::string cut(const std::vector<Glyph>& glyphs, std::size_t width, std::size_t head_room) {
  std::string head, tail;
  std::size_t tail_room = width - 1 - head_room;
  for (std::size_t i = 0; i < glyphs.size() && glyphs[i].width <= head_room; ++i) {
    head += glyphs[i].text;
    head_room -= glyphs[i].width;
  }
  for (std::size_t i = glyphs.size(); i-- > 0 && glyphs[i].width <= tail_room;) {
    tail.insert(0, glyphs[i].text);
    tail_room -= glyphs[i].width;
  }
  return head + "…" + tail;
}

std::string whole(const std::vector<Glyph>& glyphs) {
  std::string text;
  for (const Glyph& glyph : glyphs) text += glyph.text;
  return text;
}

// Returns where the word that begins at `at` ends. A command in backticks is one word, with all that is said without a
// space around it.
std::size_t word_end(std::string_view sentence, std::size_t at) {
  while (at < sentence.size() && sentence[at] != ' ') {
    const std::size_t closing = sentence[at] == '`' ? sentence.find('`', at + 1) : std::string_view::npos;
    at = closing != std::string_view::npos ? closing + 1 : at + 1;
  }
  return at;
}

bool has_command(std::string_view word) {
  const std::size_t opening = word.find('`');
  return opening != std::string_view::npos && word.find('`', opening + 1) != std::string_view::npos;
}

// Returns where a line can end before `width`: at a space that is neither of its indent nor in a command, or behind a
// command that is wider than the line; 0 if nowhere.
std::size_t last_space_within(std::string_view line, std::size_t width) {
  const std::size_t first = word_end(line, std::min(line.find_first_not_of(' '), line.size()));
  if (text_width(line.substr(0, first)) > width) return has_command(line.substr(0, first)) ? first : 0;
  std::size_t last = first;
  for (std::size_t at = first; at < line.size() && text_width(line.substr(0, at)) <= width; at = word_end(line, at + 1))
    last = at;
  return last;
}

}  // namespace

std::size_t text_width(std::string_view text) {
  return width_of(glyphs_of(text));
}

std::string cleaned(std::string_view text) {
  return whole(glyphs_of(text));
}

std::string folded(std::string_view text, std::size_t width) {
  const std::vector<Glyph> glyphs = glyphs_of(text);
  if (width_of(glyphs) <= width) return whole(glyphs);
  return width > 0 ? cut(glyphs, width, (width - 1) / 3) : "";
}

std::string fit(std::string_view text, std::size_t width) {
  const std::vector<Glyph> glyphs = glyphs_of(text);
  if (width_of(glyphs) <= width) return whole(glyphs);
  return width > 0 ? cut(glyphs, width, width / 2) : "";
}

std::string fit_words(std::string_view text, std::size_t width) {
  constexpr std::size_t kShort = 16;  // columns of a word that is left alone
  // These are words and the spaces between them, in turns.
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const bool space = text[at] == ' ';
    const std::size_t end = std::min(space ? text.find_first_not_of(' ', at) : text.find(' ', at), text.size());
    parts.push_back(cleaned(text.substr(at, end - at)));
    at = end;
  }
  std::size_t total = 0;
  for (const std::string& part : parts) total += text_width(part);
  while (total > width) {
    const auto longest = std::max_element(parts.begin(), parts.end(),
                                          [](const auto& a, const auto& b) { return text_width(a) < text_width(b); });
    const std::size_t before = longest == parts.end() ? 0 : text_width(*longest);
    if (before <= kShort || longest->front() == ' ') break;
    *longest = folded(*longest, std::max(kShort, before - std::min(before, total - width)));
    total -= before - text_width(*longest);
  }
  std::string fitted;
  for (const std::string& part : parts) fitted += part;
  return fit(fitted, width);
}

std::string wrapped(std::string prefix, std::string_view sentence, std::size_t width, LongWords long_words) {
  constexpr std::size_t kLeast = 20;  // columns for the sentence, however long the prefix is
  const std::size_t indent = text_width(prefix);
  const std::size_t room = std::max(width - std::min(width, indent), kLeast);
  std::string out, text;
  const auto end_line = [&] {
    const std::string line = cleaned(prefix + text);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    prefix.assign(indent, ' ');
    text.clear();
  };
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t end = word_end(sentence, at);
    const std::string_view whole_word = sentence.substr(at, end - at);
    const bool stays = long_words == LongWords::kStay || has_command(whole_word);
    const std::string word = stays ? cleaned(whole_word) : folded(whole_word, room);
    if (!text.empty() && text_width(text) + 1 + text_width(word) > room) end_line();
    text += (text.empty() ? "" : " ") + word;
    at = end + 1;
  }
  end_line();
  return out;
}

std::string wrapped_at(std::string_view separator, std::string_view text, std::size_t width, std::size_t indent,
                       Parts parts) {
  std::string out, line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    const std::string part = cleaned(text.substr(at, end - at));
    if (!line.empty() && text_width(line) + text_width(separator) + text_width(part) > width) {
      out += line + "\n";
      line = std::string(indent, ' ') + part;
    } else {
      line += (line.empty() ? "" : std::string(separator)) + part;
    }
    while (parts == Parts::kPhrases && text_width(line) > width) {
      const std::size_t space = last_space_within(line, width);
      if (space == 0) line = fit(line, width);
      if (space == 0 || space >= line.size()) break;
      out += line.substr(0, space) + "\n";
      line.replace(0, space + 1, std::string(indent, ' '));
    }
    at = end == text.size() ? end : end + separator.size();
  }
  return out + line + "\n";
}

}  // namespace holdfast
