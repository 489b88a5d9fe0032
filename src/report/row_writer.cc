#include "report/row_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/units.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using query::Blob;
using query::ResultColumn;
using query::Value;

constexpr std::size_t kMeasuredRows = 1000;
constexpr std::size_t kMuch = 1 << 16;      // bytes that are written at once
constexpr std::size_t kGapOfRows = 2;       // between columns
constexpr std::size_t kNarrowestCell = 12;  // to which a column is folded at most

std::string hex_digits(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02X}", static_cast<unsigned char>(byte));
  return out;
}

std::string real_text(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

// As it stands in a table and in CSV, but for NULL.
std::string text_of_value(const Value& value, const ResultColumn& column) {
  if (const auto* const number = std::get_if<std::int64_t>(&value))
    return column.is_address ? query::address_text(*number) : fmt::format("{}", *number);
  if (const auto* const real = std::get_if<double>(&value)) return real_text(*real);
  if (const auto* const text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* const blob = std::get_if<Blob>(&value)) return fmt::format("X'{}'", hex_digits(blob->bytes));
  return {};
}

ordered_json json_of_value(const Value& value, const ResultColumn& column) {
  if (const auto* const number = std::get_if<std::int64_t>(&value); number != nullptr && !column.is_address)
    return *number;
  if (const auto* const real = std::get_if<double>(&value)) return *real;
  if (std::holds_alternative<std::monostate>(value)) return nullptr;
  return text_of_value(value, column);
}

// A text with a comma, a quote or a new line stands in quotes, and so does an empty one, which is not NULL.
std::string csv_of_value(const Value& value, const ResultColumn& column) {
  if (std::holds_alternative<std::monostate>(value)) return {};
  std::string text = text_of_value(value, column);
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

void RowWriter::begin(std::span<const ResultColumn> columns) {
  rows_ = 0;
  text_.clear();  // the last result may have ended in the middle
  measured_ = false;
  first_lines_.clear();
  columns_ = format_ == RowFormat::kJson ? query::with_different_names(columns)
                                         : std::vector<ResultColumn>(columns.begin(), columns.end());
  if (format_ != RowFormat::kCsv) return;
  for (std::size_t c = 0; c < columns.size(); ++c)
    text_ += fmt::format("{}{}", c == 0 ? "" : ",", csv_of_value(std::string_view(columns[c].name), columns[c]));
  text_ += "\r\n";
}

void RowWriter::row(std::span<const Value> values) {
  switch (format_) {
    case RowFormat::kTable:
      add_line(values);
      break;
    case RowFormat::kCsv:
      add_csv(values);
      break;
    case RowFormat::kJson:
      add_json(values);
      break;
  }
  ++rows_;
  write_if_much();
}

void RowWriter::end() {
  if (format_ == RowFormat::kJson) text_ += rows_ == 0 ? "[]\n" : "\n]\n";
  if (format_ == RowFormat::kTable) {
    measure();
    text_ += fmt::format("\n{}\n", format_count(rows_, "row"));
  }
  write_(text_);
  text_.clear();
}

void RowWriter::add_json(std::span<const Value> values) {
  ordered_json object = ordered_json::object();
  for (std::size_t c = 0; c < values.size(); ++c) object[columns_[c].name] = json_of_value(values[c], columns_[c]);
  // Names come from the target and may be no UTF-8.
  text_ += fmt::format("{}  {}", rows_ == 0 ? "[\n" : ",\n",
                       object.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

void RowWriter::add_csv(std::span<const Value> values) {
  for (std::size_t c = 0; c < values.size(); ++c) {
    if (c > 0) text_ += ',';
    text_ += csv_of_value(values[c], columns_[c]);
  }
  text_ += "\r\n";
}

void RowWriter::add_line(std::span<const Value> values) {
  Line line;
  for (std::size_t c = 0; c < values.size(); ++c) {
    const bool is_null = std::holds_alternative<std::monostate>(values[c]);
    line.is_number.push_back(is_null || std::holds_alternative<std::int64_t>(values[c]) ||
                             std::holds_alternative<double>(values[c]));
    line.cells.push_back(is_null ? "-" : cleaned(text_of_value(values[c], columns_[c])));
  }
  if (measured_) return print_line(line.cells, false);
  first_lines_.push_back(std::move(line));
  if (first_lines_.size() == kMeasuredRows) measure();
}

// Decides how wide columns are, and prints the heading and what was kept for that.
void RowWriter::measure() {
  if (measured_) return;
  measured_ = true;
  std::vector<std::string> names;
  names.reserve(columns_.size());
  for (const ResultColumn& column : columns_) names.push_back(cleaned(column.name));
  widths_.clear();
  right_.assign(columns_.size(), !first_lines_.empty());
  for (const std::string& name : names) widths_.push_back(text_width(name));
  for (const Line& line : first_lines_)
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      widths_[c] = std::max(widths_[c], text_width(line.cells[c]));
      right_[c] = right_[c] && line.is_number[c];
    }
  // What is too wide takes from the widest column of texts.
  const auto total = [&] {
    std::size_t sum = kGapOfRows * (widths_.size() - 1);
    for (const std::size_t width : widths_) sum += width;
    return sum;
  };
  for (std::size_t sum = total(); sum > style_.width; --sum) {
    std::size_t* widest = nullptr;
    for (std::size_t c = 0; c < widths_.size(); ++c)
      if (!right_[c] && widths_[c] > kNarrowestCell && (widest == nullptr || widths_[c] > *widest))
        widest = &widths_[c];
    if (widest == nullptr) break;
    --*widest;
  }
  print_line(names, true);
  for (const Line& line : first_lines_) print_line(line.cells, false);
  first_lines_.clear();
}

void RowWriter::print_line(const std::vector<std::string>& cells, bool is_heading) {
  std::string line;
  for (std::size_t c = 0; c < cells.size(); ++c) {
    const bool folds = style_.width != kEndless && !right_[c];
    const std::string cell = folds ? folded(cells[c], widths_[c]) : cells[c];
    const std::size_t width = text_width(cell);
    const std::string padding(width < widths_[c] ? widths_[c] - width : 0, ' ');
    if (c > 0) line += std::string(kGapOfRows, ' ');
    line += right_[c] ? padding + cell : c + 1 == cells.size() ? cell : cell + padding;
  }
  text_ += (is_heading ? style_.bold(line) : line) + "\n";
}

void RowWriter::write_if_much() {
  if (text_.size() < kMuch) return;
  write_(text_);
  text_.clear();
}

}  // namespace holdfast::report
