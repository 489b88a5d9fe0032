#include "go/package_names.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::go {
namespace {

// The first elements of import paths in GOROOT/src, Go 1.19-1.27, ascending.
constexpr std::array<std::string_view, 53> kStandard = {
    "archive",  "arena",  "bufio",   "bytes",    "cmp",      "compress", "container", "context", "crypto",
    "database", "debug",  "embed",   "encoding", "errors",   "expvar",   "flag",      "fmt",     "go",
    "hash",     "html",   "image",   "index",    "internal", "io",       "iter",      "log",     "maps",
    "math",     "mime",   "net",     "os",       "path",     "plugin",   "reflect",   "regexp",  "runtime",
    "simd",     "slices", "sort",    "strconv",  "strings",  "structs",  "sync",      "syscall", "testing",
    "text",     "time",   "unicode", "unique",   "unsafe",   "uuid",     "vendor",    "weak"};
static_assert(std::is_sorted(kStandard.begin(), kStandard.end()));

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string_view package_of(std::string_view function) {
  function = function.substr(0, function.find('['));  // type arguments have paths of their own
  if (function.find(':') != std::string_view::npos) return {};
  const std::size_t slash = function.rfind('/');
  const std::size_t dot = function.find('.', slash == std::string_view::npos ? 0 : slash);
  return dot == std::string_view::npos ? std::string_view() : function.substr(0, dot);
}

bool is_standard_library(std::string_view package) {
  const std::string_view first = package.substr(0, package.find('/'));
  return first.empty() || std::binary_search(kStandard.begin(), kStandard.end(), first);
}

bool is_initialiser(std::string_view function) {
  const std::string_view package = package_of(function);
  if (package.empty()) return false;
  std::string_view name = function.substr(package.size() + 1);
  for (const std::string_view begin : {"map.init.", "init."})
    if (name.starts_with(begin)) return is_number(name.substr(begin.size()));
  return name == "init";
}

std::string unescaped(std::string_view name) {
  std::string text;
  while (true) {
    const std::size_t percent = name.find('%');
    text += name.substr(0, percent);
    if (percent == std::string_view::npos) return text;
    name.remove_prefix(percent + 1);
    unsigned value = 0;
    const std::string_view digits = name.substr(0, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (error != std::errc() || end != digits.data() + 2) {
      text += '%';
      continue;
    }
    text += static_cast<char>(value);
    name.remove_prefix(2);
  }
}

StringId add_name(StringTable& strings, std::string_view name) {
  const bool as_it_is = name.find('%') == std::string_view::npos || name.find('"') != std::string_view::npos;
  return as_it_is ? strings.add(name) : strings.add(unescaped(name));
}

}  // namespace holdfast::go
