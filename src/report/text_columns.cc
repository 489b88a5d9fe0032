#include "report/text_columns.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/terminal_text.h"

namespace holdfast::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12;  // columns of a folded cell; with fewer, names cannot be told apart

class Columns {
 public:
  Columns(std::span<const std::vector<std::string>> rows, std::span<const TextColumn> columns)
      : columns_(columns), widths_(columns.size()), shown_(columns.size(), true) {
    for (const auto& row : rows)
      for (std::size_t c = 0; c < row.size(); ++c) widths_[c] = std::max(widths_[c], text_width(row[c]));
  }

  // Folding comes last, since the names of a column that is left out need not fold.
  void fit(std::size_t width) {
    while (width_if(true) > width)
      if (!leave_one_out()) break;
    for (std::size_t total = width_if(false); total > width; --total) {
      std::size_t* const widest = widest_that_folds();
      if (widest == nullptr) break;
      --*widest;
    }
  }

  bool shown(std::size_t c) const { return shown_[c]; }
  std::size_t width(std::size_t c) const { return widths_[c]; }

 private:
  std::size_t width_if(bool all_fold) const {
    std::size_t sum = 0, columns = 0;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (!shown_[c]) continue;
      sum += all_fold && columns_[c].gives_way ? std::min(widths_[c], kNarrowest) : widths_[c];
      ++columns;
    }
    return sum + kGap * (columns - std::min<std::size_t>(columns, 1));
  }

  bool leave_one_out() {
    for (const Stays stays : {Stays::kIfRoom, Stays::kUsually})
      for (std::size_t c = columns_.size(); c-- > 0;) {
        if (!shown_[c] || columns_[c].stays != stays) continue;
        shown_[c] = false;
        return true;
      }
    return false;
  }

  std::size_t* widest_that_folds() {
    std::size_t* widest = nullptr;
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (shown_[c] && columns_[c].gives_way && widths_[c] > kNarrowest && (widest == nullptr || widths_[c] > *widest))
        widest = &widths_[c];
    return widest;
  }

  std::span<const TextColumn> columns_;
  std::vector<std::size_t> widths_;
  std::vector<bool> shown_;
};

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t own = text_width(text);
  const std::string gap(width > own ? width - own : 0, ' ');
  return right ? gap + text : text + gap;
}

}  // namespace

TextLayout lay_out(std::span<const std::vector<std::string>> rows, std::span<const TextColumn> columns,
                   std::size_t width) {
  Columns fitted(rows, columns);
  fitted.fit(width);
  TextLayout layout;
  for (const auto& row : rows) {
    std::string& line = layout.lines.emplace_back();
    bool first = true;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (!fitted.shown(c)) continue;
      line += std::string(first ? 0 : kGap, ' ');
      line += padded(folded(row[c], fitted.width(c)), fitted.width(c), columns[c].right);
      first = false;
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (!fitted.shown(c)) layout.left_out.push_back(c);
  return layout;
}

std::string left_out_words(const TextLayout& layout, std::span<const std::string> headings, std::size_t width,
                           std::size_t indent) {
  if (layout.left_out.empty()) return "";
  std::string names;
  for (const std::size_t c : layout.left_out) names += (names.empty() ? "" : ", ") + headings[c];
  return wrapped(std::string(indent, ' '), fmt::format("no room for {}; --wide shows all columns", names), width);
}

}  // namespace holdfast::report
