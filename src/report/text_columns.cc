#include "report/text_columns.h"

#include <algorithm>
#include <numeric>

#include "base/terminal_text.h"

namespace holdfast::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 4;  // columns of a folded cell

// The widest columns that may give way do so until the line fits.
std::vector<std::size_t> column_widths(std::span<const std::vector<std::string>> rows,
                                       std::span<const TextColumn> columns, std::size_t width) {
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], text_width(row[c]));
  std::size_t total = std::accumulate(widths.begin(), widths.end(), (widths.size() - 1) * kGap);
  for (; total > width; --total) {
    std::size_t* widest = nullptr;
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (columns[c].gives_way && widths[c] > kNarrowest && (widest == nullptr || widths[c] > *widest))
        widest = &widths[c];
    if (widest == nullptr) break;
    --*widest;
  }
  return widths;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t own = text_width(text);
  const std::string gap(width > own ? width - own : 0, ' ');
  return right ? gap + text : text + gap;
}

}  // namespace

std::vector<std::string> lay_out(std::span<const std::vector<std::string>> rows, std::span<const TextColumn> columns,
                                 std::size_t width) {
  const std::vector<std::size_t> widths = column_widths(rows, columns, width);
  std::vector<std::string> lines;
  for (const auto& row : rows) {
    std::string& line = lines.emplace_back();
    for (std::size_t c = 0; c < widths.size(); ++c) {
      line += std::string(c > 0 ? kGap : 0, ' ');
      line += padded(folded(row[c], widths[c]), widths[c], columns[c].right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

}  // namespace holdfast::report
