// Rows of cells as lines of text: columns as wide as what they hold, two spaces between them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace holdfast::report {

struct TextColumn {
  bool right = false;      // numbers stand on the right
  bool gives_way = false;  // names fold in the middle where a line would be too wide; numbers never do
};

// A line for each row, of at most `width` terminal columns as long as only columns that give way are too wide. Cells
// are made harmless (base/terminal_text.h). Each row has as many cells as there are columns.
std::vector<std::string> lay_out(std::span<const std::vector<std::string>> rows, std::span<const TextColumn> columns,
                                 std::size_t width);

}  // namespace holdfast::report
