#include "view/table_query.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace holdfast::view {

// Takes time in proportion to the text, and memory in proportion to the expression, whatever it is: that of the C
// library overflows the stack on many brackets, and takes all memory for a{30000}{30000}.
class TextPattern {
 public:
  // Fails with kUsage, naming the whole filter.
  TextPattern(const std::string& pattern, const std::string& filter) : compiled_(pattern, options()) {
    if (!compiled_.ok())
      fail(ErrorCode::kUsage, "--filter {}: \"{}\" is no regular expression: {}", filter, pattern, compiled_.error());
  }

  bool matches(std::string_view text) const {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_);
  }

 private:
  static RE2::Options options() {
    RE2::Options options(RE2::Quiet);
    options.set_case_sensitive(false);
    return options;
  }

  RE2 compiled_;
};

namespace {

std::string list_of(std::span<const Column> columns) {
  std::string out;
  for (const Column& column : columns) out += fmt::format("{}{}", out.empty() ? "" : ", ", column.name);
  return out;
}

std::optional<std::size_t> exactly(std::span<const Column> columns, std::string_view name) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  return std::nullopt;
}

std::size_t find_column(std::span<const Column> columns, std::string_view name) {
  if (const auto exact = exactly(columns, name)) return *exact;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (name.empty() || !columns[i].name.starts_with(name)) continue;
    if (found)
      fail(ErrorCode::kUsage, "\"{}\" may be {} or {}; the columns are {}", name, columns[*found].name, columns[i].name,
           list_of(columns));
    found = i;
  }
  if (!found) fail(ErrorCode::kUsage, "there is no column \"{}\"; the columns are {}", name, list_of(columns));
  return *found;
}

struct Suffix {
  std::string_view text;
  double factor;
};
constexpr std::array kByteSuffixes = {Suffix{"", 1},          Suffix{"b", 1},         Suffix{"kib", 1024},
                                      Suffix{"mib", 1 << 20}, Suffix{"gib", 1 << 30}, Suffix{"tib", 1099511627776.0}};
constexpr std::array kTimeSuffixes = {Suffix{"ns", 1},     Suffix{"us", 1e3},   Suffix{"ms", 1e6},
                                      Suffix{"s", 1e9},    Suffix{"m", 60e9},   Suffix{"min", 60e9},
                                      Suffix{"h", 3600e9}, Suffix{"d", 86400e9}};
constexpr std::array kNoSuffixes = {Suffix{"", 1}};

std::span<const Suffix> suffixes_of(Unit unit) {
  if (unit == Unit::kBytes) return kByteSuffixes;
  if (unit == Unit::kNanoseconds) return kTimeSuffixes;
  return kNoSuffixes;
}

const char* example_of(Unit unit) {
  if (unit == Unit::kBytes) return "a size such as 4096 or 1.5MiB";
  if (unit == Unit::kNanoseconds) return "a time such as 90s, 5m or 2h";
  return unit == Unit::kAddress ? "an address such as 0xc000010000" : "a number";
}

// Of a number without a sign.
std::optional<std::uint64_t> read_magnitude(std::string_view text, Unit unit) {
  const std::string digits = lower(text);
  char* end = nullptr;
  if (digits.empty() || std::isdigit(static_cast<unsigned char>(digits.front())) == 0) return std::nullopt;
  if (digits.find_first_not_of(digits.starts_with("0x") ? "0123456789abcdefx" : "0123456789") == std::string::npos &&
      unit != Unit::kNanoseconds) {
    errno = 0;
    const std::uint64_t value = std::strtoull(digits.c_str(), &end, digits.starts_with("0x") ? 16 : 10);
    return errno == 0 && *end == '\0' ? std::optional(value) : std::nullopt;
  }
  const std::size_t behind = digits.find_first_not_of("0123456789.");
  if (behind == std::string::npos) return std::nullopt;
  const std::string number = digits.substr(0, behind);  // `end` points into it
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0') return std::nullopt;
  const std::size_t suffix_at = digits.find_first_not_of(' ', behind);
  const std::string_view suffix = suffix_at == std::string::npos ? "" : std::string_view(digits).substr(suffix_at);
  for (const Suffix& one : suffixes_of(unit))
    if (one.text == suffix && value * one.factor < 18e18)
      return static_cast<std::uint64_t>(std::llround(value * one.factor));
  return std::nullopt;
}

// Nothing if it is no number of the column. A plus is read where the text has one, before what rose.
Cell read_number(std::string_view text, const Column& column) {
  const bool has_sign = column.sign != Sign::kNone && (text.starts_with("-") || text.starts_with("+"));
  const auto magnitude = read_magnitude(has_sign ? text.substr(1) : text, column.unit);
  if (!magnitude) return {};
  if (!has_sign || text.front() == '+') return *magnitude;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 63;
  return *magnitude > kMost ? Cell() : Cell(static_cast<std::int64_t>(0 - *magnitude));
}

struct Operator {
  std::string_view text;
  Filter::Test test;
  bool negated;
};
// An operator that begins with another one must come before it.
constexpr std::array kOperators = {
    Operator{"!=", Filter::Test::kEquals, true}, Operator{"!~", Filter::Test::kMatches, true},
    Operator{">=", Filter::Test::kBelow, true},  Operator{"<=", Filter::Test::kAbove, true},
    Operator{"=", Filter::Test::kEquals, false}, Operator{"~", Filter::Test::kMatches, false},
    Operator{">", Filter::Test::kAbove, false},  Operator{"<", Filter::Test::kBelow, false}};

// A filter's text, taken apart. `name` is what could be a column's.
struct Comparison {
  std::string_view name;
  Operator op;
  std::string_view value;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// Texts that people look for can hold operators: "chan<- int", "func() <-chan int". Except for the arrow of channels,
// none of them has a single word before an operator.
std::optional<Comparison> take_apart(std::span<const Column> columns, std::string_view text) {
  const std::size_t at = text.find_first_of("=<>!~");
  if (at == std::string_view::npos) return std::nullopt;
  const auto op = std::find_if(kOperators.begin(), kOperators.end(),
                               [&](const Operator& one) { return text.substr(at).starts_with(one.text); });
  const std::string_view name = trimmed(text.substr(0, at));
  const bool is_word = !name.empty() && std::all_of(name.begin(), name.end(),
                                                    [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; });
  const bool is_arrow = text.substr(at).starts_with("<-") && !exactly(columns, name);
  if (op == kOperators.end() || !is_word || is_arrow) return std::nullopt;
  return Comparison{name, *op, trimmed(text.substr(at + op->text.size()))};
}

// An unknown word is refused behind != as well: it has been mistyped.
void require_a_word(const Column& column, const Comparison& asked, const std::string& text, const Filter& filter) {
  const std::vector<std::string_view> words = column.words();
  const bool is_pattern = filter.test == Filter::Test::kMatches;
  if (std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        return is_pattern ? filter.pattern->matches(word) != filter.negated : word == asked.value;
      }))
    return;
  std::string list;
  for (const std::string_view word : words)
    list += fmt::format("{}{}", list.empty() ? "" : ", ", word.empty() ? "nothing" : word);
  if (is_pattern) fail(ErrorCode::kUsage, "--filter {}: no {} passes it; it is one of {}", text, column.name, list);
  fail(ErrorCode::kUsage, "--filter {}: {} is never \"{}\"; it is one of {}", text, column.name, asked.value, list);
}

void compare_texts(const Column& column, const Comparison& asked, const std::string& text, Filter& filter) {
  filter.text = asked.value;
  // No text that is shown begins so, but chan types do with '<'.
  if (filter.test == Filter::Test::kEquals && !asked.value.empty() &&
      std::string_view("=~>").find(asked.value[0]) != std::string_view::npos)
    fail(ErrorCode::kUsage, "--filter {}: there is no operator \"{}{}\"; use {}=TEXT, {}!=TEXT or {}~REGEX", text,
         asked.op.text, asked.value[0], column.name, column.name, column.name);
  if (filter.test == Filter::Test::kMatches) {
    filter.pattern = std::make_shared<TextPattern>(filter.text, text);
  } else if (filter.test != Filter::Test::kEquals) {
    fail(ErrorCode::kUsage, "--filter {}: {} is text; use {}=TEXT, {}!=TEXT or {}~REGEX", text, column.name,
         column.name, column.name, column.name);
  }
  if (column.words != nullptr) require_a_word(column, asked, text, filter);
}

void compare_numbers(const Column& column, const Comparison& asked, const std::string& text, Filter& filter) {
  const bool is_flag = column.unit == Unit::kFlag;
  if (filter.test == Filter::Test::kMatches || (is_flag && filter.test != Filter::Test::kEquals))
    fail(ErrorCode::kUsage, "--filter {}: {} is {}; it can be compared by {}", text, column.name,
         is_flag ? "yes or no" : "a number", is_flag ? "= and !=" : "=, !=, <, <=, > and >=");
  if (is_flag && (asked.value == "yes" || asked.value == "no")) {
    filter.number = flag_cell(asked.value == "yes");
    return;
  }
  const Cell number = read_number(asked.value, column);
  if (number == Cell())
    fail(ErrorCode::kUsage, "--filter {}: \"{}\" is not {}", text, asked.value,
         is_flag ? "yes or no" : example_of(column.unit));
  const Cell least = column.sign == Sign::kNone ? Cell(std::uint64_t{0}) : std::numeric_limits<std::int64_t>::min();
  const Cell most = is_flag ? flag_cell(true) : ~std::uint64_t{0};
  const bool passes_none = !filter.negated && ((filter.test == Filter::Test::kBelow && number == least) ||
                                               (filter.test == Filter::Test::kAbove && number == most));
  if (passes_none || is_less(most, number))
    fail(ErrorCode::kUsage, "--filter {}: {} is never {} {}", text, column.name,
         is_flag                               ? "equal to"
         : filter.test == Filter::Test::kBelow ? "below"
                                               : "above",
         asked.value);
  filter.number = number;
}

Filter read_filter(std::span<const Column> columns, const std::string& text) {
  const auto asked = take_apart(columns, text);
  Filter filter;
  if (!asked) {
    filter.text = lower(text);
    if (text.empty())
      fail(ErrorCode::kUsage, "--filter \"\" looks for nothing; give TEXT or a comparison of {}", list_of(columns));
    return filter;
  }
  filter.column = find_column(columns, asked->name);
  filter.test = asked->op.test;
  filter.negated = asked->op.negated;
  const Column& column = columns[*filter.column];
  if (column.unit == Unit::kText)
    compare_texts(column, *asked, text, filter);
  else
    compare_numbers(column, *asked, text, filter);
  return filter;
}

bool contains(const Cell& cell, const std::string& text) {
  const auto* value = std::get_if<std::string_view>(&cell);
  return value != nullptr && lower(*value).find(text) != std::string::npos;
}

// What is not known is neither above nor below anything, but it differs from everything.
bool passes(const Filter& filter, const Cell& cell) {
  const auto* text = std::get_if<std::string_view>(&cell);
  const bool is_number = text == nullptr && cell != Cell();
  switch (filter.test) {
    case Filter::Test::kContains:
      return contains(cell, filter.text);
    case Filter::Test::kMatches:
      return filter.pattern->matches(text != nullptr ? *text : std::string_view()) != filter.negated;
    case Filter::Test::kEquals: {
      const bool equal = filter.number != Cell()
                             ? is_number && !is_less(cell, filter.number) && !is_less(filter.number, cell)
                             : (text != nullptr ? *text : std::string_view()) == filter.text;
      return equal != filter.negated;
    }
    case Filter::Test::kAbove:
      return is_number && is_less(filter.number, cell) != filter.negated;
    case Filter::Test::kBelow:
      return is_number && is_less(cell, filter.number) != filter.negated;
  }
  return false;
}

bool passes(const Table& table, const Filter& filter, std::uint32_t row) {
  if (filter.column) return passes(filter, table.cell(row, *filter.column));
  for (std::size_t column = 0; column < table.shape.columns.size(); ++column)
    if (passes(filter, table.cell(row, column))) return true;
  return false;
}

std::vector<std::size_t> read_columns(std::span<const Column> columns, std::string_view names) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; names.empty() && i < columns.size(); ++i)
    if (columns[i].shown != Shown::kWhenAsked) out.push_back(i);
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t comma = std::min(names.find(',', at), names.size());
    out.push_back(find_column(columns, names.substr(at, comma - at)));
    at = comma + 1;
  }
  return out;
}

SortOrder read_sort(std::span<const Column> columns, std::string_view text) {
  const bool reversed = text.starts_with("-");
  const std::size_t column = find_column(columns, text.substr(reversed ? 1 : 0));
  return {column, (columns[column].unit != Unit::kText) != reversed};
}

// Adds up what the rows from `first` on have and no other of the rows has.
Cell sum_of(const Table& table, std::span<const std::uint32_t> rows, std::size_t first) {
  const auto column = exactly(table.shape.columns, table.shape.sum);
  if (!column) return {};
  std::vector<bool> is_there(table.rows);
  for (const std::uint32_t row : rows) is_there[row] = true;
  const auto is_in_another = [&](std::uint32_t row) {
    if (!table.part_of) return false;
    for (auto whole = table.part_of(row); whole; whole = table.part_of(*whole))
      if (is_there[*whole]) return true;
    return false;
  };
  std::uint64_t sum = 0;  // also of negative numbers: it turns round as they do
  for (const std::uint32_t row : rows.subspan(first)) {
    const Cell cell = table.cell(row, *column);
    if (is_in_another(row)) continue;
    if (const auto* const number = std::get_if<std::uint64_t>(&cell)) sum += *number;
    if (const auto* const number = std::get_if<std::int64_t>(&cell)) sum += static_cast<std::uint64_t>(*number);
  }
  if (table.shape.columns[*column].sign == Sign::kNone) return sum;
  return static_cast<std::int64_t>(sum);
}

std::uint64_t number_with_unit(std::string_view text, Unit unit) {
  if (const auto number = read_magnitude(text, unit)) return *number;
  fail(ErrorCode::kUsage, "\"{}\" is not {}", text, example_of(unit));
}

}  // namespace

bool is_less(const Cell& a, const Cell& b) {
  const auto sort = [](const Cell& cell) {
    return cell == Cell() ? 0 : std::holds_alternative<std::string_view>(cell) ? 2 : 1;
  };
  if (sort(a) != sort(b)) return sort(a) < sort(b);
  if (sort(a) != 1) return a < b;
  return std::visit(
      [](const auto& left, const auto& right) {
        if constexpr (std::is_integral_v<std::decay_t<decltype(left)>> &&
                      std::is_integral_v<std::decay_t<decltype(right)>>)
          return std::cmp_less(left, right);
        else
          return false;
      },
      a, b);
}

std::uint64_t parse_time(std::string_view text) {
  return number_with_unit(text, Unit::kNanoseconds);
}

std::uint64_t parse_size(std::string_view text) {
  return number_with_unit(text, Unit::kBytes);
}

TablePlan plan_table(const TableShape& shape, const TableQuery& query) {
  const std::span<const Column> columns = shape.columns;
  TablePlan plan;
  plan.top = query.top;
  plan.sort = read_sort(columns, query.sort.empty() ? shape.default_sort : std::string_view(query.sort));
  for (const std::string& filter : query.filters) plan.filters.push_back(read_filter(columns, filter));
  plan.text_columns = read_columns(columns, query.columns);
  plan.columns_named = !query.columns.empty();
  return plan;
}

Selection select(const Table& table, const TablePlan& plan) {
  struct Key {
    Cell cell;
    std::uint32_t row;
  };
  std::vector<Key> keys;
  for (std::uint32_t row = 0; row < table.rows; ++row)
    if (std::all_of(plan.filters.begin(), plan.filters.end(),
                    [&](const Filter& filter) { return passes(table, filter, row); }))
      keys.push_back({table.cell(row, plan.sort.column), row});
  const auto before = [&](const Key& a, const Key& b) {
    const bool less = is_less(a.cell, b.cell), more = is_less(b.cell, a.cell);
    if (!less && !more) return a.row < b.row;
    if (a.cell == Cell() || b.cell == Cell()) return b.cell == Cell();
    return plan.sort.descending ? more : less;
  };
  const std::size_t shown = plan.top == 0 ? keys.size() : std::min(plan.top, keys.size());
  std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(shown), keys.end(), before);
  Selection selection;
  selection.matching = keys.size();
  for (std::size_t i = 0; i < shown; ++i) selection.rows.push_back(keys[i].row);
  std::vector<std::uint32_t> matching;
  matching.reserve(keys.size());
  for (const Key& key : keys) matching.push_back(key.row);
  selection.left_out = sum_of(table, matching, shown);
  return selection;
}

}  // namespace holdfast::view
