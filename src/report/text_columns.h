// Lays out rows of cells as lines of text: columns are as wide as what they hold, with two spaces between them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace holdfast::report {

struct TextColumn {
  bool right = false;      // numbers stand on the right
  bool gives_way = false;  // its names fold in the middle where a line would be too wide; numbers never do
};

// Returns a line for each row. A line has at most `width` terminal columns if enough columns may give way. Cells are
// made harmless (base/terminal_text.h). Each row must have as many cells as there are columns.
std::vector<std::string> lay_out(std::span<const std::vector<std::string>> rows, std::span<const TextColumn> columns,
                                 std::size_t width);

}  // namespace holdfast::report
