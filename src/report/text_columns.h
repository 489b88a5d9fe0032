// Lays out rows of cells as lines of text: columns are as wide as what they hold, with two spaces between them. Where
// lines would be too wide, names fold first, and then whole columns are left out: a number is shown whole or not at
// all. Any thread may call these; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace holdfast::report {

// How long a column stays where there is too little room. Of equals, the last is left out first.
enum class Stays : std::uint8_t { kIfRoom, kUsually, kAlways };

struct TextColumn {
  bool right = false;      // numbers stand on the right
  bool gives_way = false;  // its names may fold in the middle, down to 12 terminal columns
  Stays stays = Stays::kUsually;
};

struct TextLayout {
  std::vector<std::string> lines;     // one for each row
  std::vector<std::size_t> left_out;  // columns that are in none of them, in order
};

// A line has at most `width` terminal columns, unless the columns that always stay need more. Cells are made harmless
// (base/terminal_text.h). Each row must have as many cells as there are columns.
TextLayout lay_out(std::span<const std::vector<std::string>> rows, std::span<const TextColumn> columns,
                   std::size_t width);

// Says which columns are left out, below the rows and after `indent` spaces; empty if none is.
std::string left_out_words(const TextLayout& layout, std::span<const std::string> headings, std::size_t width,
                           std::size_t indent = 0);

}  // namespace holdfast::report
