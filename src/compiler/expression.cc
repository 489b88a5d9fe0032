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

std::string short_type(std::string_view type) {
  if (type.starts_with('[')) type.remove_prefix(std::min(type.find(']'), type.size() - 1) + 1);
  const std::size_t stars = std::min(type.find_first_not_of('*'), type.size());
  std::string_view name = type.substr(stars);
  name = name.substr(0, name.find('['));  // type arguments, which may have slashes and dots of their own
  if (name.empty() || name.starts_with("map[") || name.find_first_of(" ({") != name.npos) return "";
  name.remove_prefix(name.rfind('/') + 1);
  name.remove_prefix(name.rfind('.') + 1);
  name = name.substr(0, name.find("·"));  // the number of a type within a function
  if (name == "map" || name == "func" || name == "chan") return "";
  return std::string(stars, '*').append(name);
}

std::string type_named_by(std::string_view expression) {
  const auto between = [&](std::string_view begin, std::string_view end) {
    const std::size_t at = expression.rfind(end);
    return expression.starts_with(begin) && at != expression.npos && at > begin.size()
               ? short_type(expression.substr(begin.size(), at - begin.size()))
               : std::string();
  };
  switch (made_by(expression)) {
    case Made::kObject:
      return expression.starts_with('&') ? between("&", "{") : between("new(", ")");
    case Made::kSlice:
      if (!expression.starts_with("make([]")) return "";
      return short_type(expression.substr(0, expression.find(", ")).substr(std::string_view("make([]").size()));
    case Made::kSliceLiteral:
      return between("[]", "{");
    case Made::kValue:
      return expression.ends_with('}') ? between("", "{") : std::string();
    default:
      return "";
  }
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
