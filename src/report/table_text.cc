#include "report/table_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/units.h"

namespace holdfast::report {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12;  // of a folded column

struct Glyph {
  std::string text;
  std::size_t width = 1;
};

struct CodeRange {
  char32_t first, last;
};
// East Asian Width W and F and the emoji, and what combines with the letter before (Unicode 15, the larger blocks).
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

// The glyph that begins at `at`, which moves behind it.
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

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t own = text_width(text);
  const std::string gap(width > own ? width - own : 0, ' ');
  return right ? gap + text : text + gap;
}

using Lines = std::vector<std::vector<std::string>>;  // by line and column; the first are the titles

// The widest columns of text give way until the line fits.
std::vector<std::size_t> fit(const Lines& lines, const std::vector<bool>& is_text) {
  std::vector<std::size_t> widths(is_text.size());
  for (const auto& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], text_width(line[c]));
  const auto total = [&] { return std::accumulate(widths.begin(), widths.end(), (widths.size() - 1) * kGap); };
  while (total() > kWidth) {
    std::size_t* widest = nullptr;
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (is_text[c] && widths[c] > kNarrowest && (widest == nullptr || widths[c] > *widest)) widest = &widths[c];
    if (widest == nullptr) break;
    --*widest;
  }
  return widths;
}

// "12 of 81 types; --top 0 shows all"
std::string footer(const Table& table, const Selection& selection) {
  std::string text = fmt::format("{} {}", format_count(table.rows), table.shape.name);
  if (selection.matching < table.rows) text = fmt::format("{} of {} match", format_count(selection.matching), text);
  if (selection.rows.size() < selection.matching)
    text = fmt::format("{} of {}; --top 0 shows all", format_count(selection.rows.size()), text);
  return text;
}

}  // namespace

std::size_t text_width(std::string_view text) {
  return width_of(glyphs_of(text));
}

std::string folded(std::string_view text, std::size_t width) {
  const std::vector<Glyph> glyphs = glyphs_of(text);
  std::string head, tail;
  if (width_of(glyphs) <= width) {
    for (const Glyph& glyph : glyphs) head += glyph.text;
    return head;
  }
  std::size_t head_room = width > 0 ? (width - 1) / 3 : 0;
  std::size_t tail_room = width > 0 ? width - 1 - head_room : 0;
  for (std::size_t i = 0; i < glyphs.size() && glyphs[i].width <= head_room; ++i) {
    head += glyphs[i].text;
    head_room -= glyphs[i].width;
  }
  for (std::size_t i = glyphs.size(); i-- > 0 && glyphs[i].width <= tail_room;) {
    tail.insert(0, glyphs[i].text);
    tail_room -= glyphs[i].width;
  }
  return width > 0 ? head + "…" + tail : "";
}

std::string cell_text(const Cell& cell, Unit unit) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(*text);
  const auto* number = std::get_if<std::uint64_t>(&cell);
  if (number == nullptr) return "-";
  switch (unit) {
    case Unit::kBytes:
      return format_bytes(*number);
    case Unit::kAddress:
      return fmt::format("{:#x}", *number);
    case Unit::kNanoseconds:
      return format_seconds(static_cast<double>(*number) * 1e-9);
    case Unit::kFlag:
      return *number != 0 ? "yes" : "no";
    case Unit::kId:
      return std::to_string(*number);
    case Unit::kText:
    case Unit::kCount:
      break;
  }
  return format_count(*number);
}

std::string table_text(const Table& table, const TablePlan& plan, const Selection& selection) {
  Lines lines(1);
  std::vector<bool> is_text, is_right;
  for (const std::size_t c : plan.text_columns) {
    const Unit unit = table.shape.columns[c].unit;
    lines.front().emplace_back(table.shape.columns[c].title);
    is_text.push_back(unit == Unit::kText);
    is_right.push_back(unit != Unit::kText && unit != Unit::kFlag);
  }
  for (const std::uint32_t row : selection.rows) {
    auto& line = lines.emplace_back();
    for (const std::size_t c : plan.text_columns)
      line.push_back(cell_text(table.cell(row, c), table.shape.columns[c].unit));
  }
  const std::vector<std::size_t> widths = fit(lines, is_text);
  std::string out;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string text;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      text += std::string(c > 0 ? kGap : 0, ' ');
      text += padded(folded(lines[l][c], widths[c]), widths[c], is_right[c]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
    if (l == 0 || !table.lines) continue;
    for (const std::string& below : table.lines(selection.rows[l - 1]))
      out += "      " + folded(below, below.size()) + "\n";
  }
  return out + "\n" + footer(table, selection) + "\n";
}

}  // namespace holdfast::report
