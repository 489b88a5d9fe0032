#include "compiler/expression.h"

#include <algorithm>

namespace holdfast::compiler {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && is_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || c == '.' || c == 'e' || c == '+' || c == '-'; });
}

}  // namespace

Made made_by(std::string_view expression) {
  const auto begins = [&](std::string_view word) { return expression.starts_with(word); };
  if (expression.empty()) return Made::kNothing;
  if (expression == "func literal") return Made::kClosure;
  if (expression == "... argument") return Made::kArguments;
  if (expression == "append" || begins("append(")) return Made::kAppend;
  if (begins("new(") || (begins("&") && expression.ends_with('}'))) return Made::kObject;
  if (begins("make(map[") || (begins("map[") && expression.ends_with('}'))) return Made::kMap;
  if (begins("make(")) return Made::kSlice;
  if (begins("[]") && expression.ends_with('}')) return Made::kSliceLiteral;
  if (begins("string(") || begins("([]byte)(") || begins("([]rune)(")) return Made::kText;
  if (expression.find(" + ") != std::string_view::npos && expression.find('"') != std::string_view::npos)
    return Made::kText;
  return Made::kValue;
}

bool has_constant_size(std::string_view expression) {
  // The sizes are behind the type, which may have commas and parentheses of its own: only the last ones count.
  if (!expression.ends_with(')')) return true;
  expression.remove_suffix(1);
  const std::size_t comma = expression.rfind(", ");
  return comma != std::string_view::npos && is_number(expression.substr(comma + 2));
}

bool is_constant(std::string_view expression) {
  return is_number(expression) || expression == "nil" || expression == "true" || expression == "false" ||
         expression == "struct {}{}" ||
         (expression.size() >= 2 && expression.front() == '"' && expression.back() == '"' &&
          expression.find("\" + ") == std::string_view::npos) ||
         (expression.size() >= 3 && expression.front() == '\'' && expression.back() == '\'');
}

std::string_view words_of(Made made) {
  switch (made) {
    case Made::kVariable:
      return "variable";
    case Made::kObject:
      return "object";
    case Made::kSlice:
    case Made::kSliceLiteral:
      return "slice";
    case Made::kMap:
      return "map";
    case Made::kClosure:
      return "closure";
    case Made::kText:
      return "text";
    case Made::kAppend:
      return "append";
    case Made::kArguments:
      return "arguments";
    case Made::kValue:
      return "value";
    case Made::kNothing:
      break;
  }
  return "";
}

}  // namespace holdfast::compiler
