#include "base/source_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace holdfast {
namespace {

// The rest behind the last `mark`; nothing if it is not in there.
std::optional<std::string_view> behind_last(std::string_view text, std::string_view mark) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + mark.size());
}

// "github.com/!burnt!sushi" is how the module cache writes "github.com/BurntSushi".
std::string with_capitals(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_mark = path[i] == '!' && i + 1 < path.size() && path[i + 1] >= 'a' && path[i + 1] <= 'z';
    out += is_mark ? static_cast<char>(path[++i] - 'a' + 'A') : path[i];
  }
  return out;
}

// Leaves the "@v1.2.3" of modules out.
std::string without_versions(std::string_view path) {
  std::string out;
  bool is_version = false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '/') is_version = false;
    if (path[i] == '@' && i > 0 && path.substr(i + 1).starts_with('v')) is_version = true;
    if (!is_version) out += path[i];
  }
  return out;
}

std::string with_dots(std::string_view package) {
  std::string out;
  for (std::size_t at = 0; at < package.size(); ++at) {
    const bool is_dot = package.substr(at).starts_with("%2e");
    out += is_dot ? '.' : package[at];
    if (is_dot) at += 2;
  }
  return out;
}

// Behind $GOROOT/src: a toolchain of the module cache, or one that was installed where Go proposes.
std::optional<std::string_view> in_go_root(std::string_view path) {
  if (const auto toolchain = behind_last(path, "/golang.org/toolchain@")) {
    const std::size_t source = toolchain->find("/src/");
    if (source != std::string_view::npos) return toolchain->substr(source + 5);
  }
  for (const std::string_view root : {"/go/src/", "/golang/src/"})
    if (const std::size_t at = path.rfind(root); at != std::string_view::npos) {
      const std::string_view rest = path.substr(at + root.size());
      const std::string_view first = rest.substr(0, rest.find('/'));
      if (first.find('.') == std::string_view::npos) return rest;  // not $GOPATH/src/example.com/...
    }
  return std::nullopt;
}

}  // namespace

std::string canonical_path(std::string_view path) {
  std::string slashes(path);
  std::replace(slashes.begin(), slashes.end(), '\\', '/');
  std::string_view rest = slashes;
  while (rest.starts_with("./")) rest.remove_prefix(2);
  if (const auto standard = in_go_root(rest)) return std::string(*standard);
  if (const auto vendored = behind_last(rest, "/vendor/")) return std::string(*vendored);
  if (rest.starts_with("vendor/")) return std::string(rest.substr(7));
  if (const auto module = behind_last(rest, "/pkg/mod/")) return with_capitals(without_versions(*module));
  return without_versions(rest);
}

CommonTail common_tail(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  while (b.starts_with("../")) b.remove_prefix(3);  // from a folder that is not known
  const auto last_segment = [](std::string_view path) { return path.substr(path.rfind('/') + 1); };
  CommonTail out;
  while (!b.empty() && last_segment(a) == last_segment(b)) {
    ++out.segments;
    a.remove_suffix(std::min(a.size(), last_segment(a).size() + 1));
    b.remove_suffix(std::min(b.size(), last_segment(b).size() + 1));
  }
  out.is_whole = out.segments > 0 && b.empty();
  return out;
}

FunctionName split_function(std::string_view name) {
  std::string plain;
  std::size_t depth = 0;
  for (const char c : name) {
    if (c == '[' && depth++ == 0) plain += "[...]";
    if (depth == 0) plain += c;
    if (c == ']' && depth > 0) --depth;
  }
  // The package ends at the first dot behind the last slash; dots of its last segment are written "%2e".
  const std::size_t slash = plain.rfind('/');
  const std::size_t dot = plain.find('.', slash == std::string::npos ? 0 : slash);
  const bool has_package = dot != std::string::npos && dot > 0 && !plain.starts_with('(') &&
                           plain.substr(0, dot).find('[') == std::string::npos;
  if (!has_package) return {"", plain};
  FunctionName out{plain.substr(0, dot), plain.substr(dot + 1)};
  out.package = with_dots(out.package);
  if (const auto vendored = behind_last(out.package, "/vendor/")) out.package = std::string(*vendored);
  return out;
}

bool same_function(const FunctionName& a, const FunctionName& b) {
  if (a.name != b.name) return false;
  return a.package.empty() || b.package.empty() || a.package == b.package || a.package == "main" || b.package == "main";
}

std::uint32_t PlaceIndex::path_of(std::string_view path) {
  const auto [at, is_new] = path_rows_.try_emplace(std::string(path), static_cast<std::uint32_t>(paths_.size()));
  if (is_new) paths_.push_back(canonical_path(path));
  return at->second;
}

std::uint32_t PlaceIndex::function_of(std::string_view name) {
  if (functions_.empty()) functions_.emplace_back();
  if (name.empty()) return 0;
  const auto [at, is_new] =
      function_rows_.try_emplace(std::string(name), static_cast<std::uint32_t>(functions_.size()));
  if (is_new) functions_.push_back(split_function(name));
  return at->second;
}

namespace {

std::string line_key(std::string_view path, std::uint32_t line) {
  return fmt::format("{}:{}", base_name(path), line);
}

std::string function_key(std::string_view path, std::string_view function, std::uint32_t offset) {
  return fmt::format("{} {}+{}", base_name(path), function, offset);
}

bool knows_offset(const SourcePlace& place) {
  return place.function_line > 0 && place.line >= place.function_line && !place.function.empty();
}

}  // namespace

void PlaceIndex::add(const SourcePlace& place, std::uint32_t row) {
  const auto number = static_cast<std::uint32_t>(entries_.size());
  const Entry entry{path_of(place.path), function_of(place.function), place.line, place.function_line, row};
  entries_.push_back(entry);
  const std::string& path = paths_[entry.path];
  by_line_[line_key(path, place.line)].push_back(number);
  if (knows_offset(place))
    by_function_[function_key(path, functions_[entry.function].name, place.line - place.function_line)].push_back(
        number);
}

// By the line; and by the line in its function, where that began elsewhere in the other build.
std::vector<const PlaceIndex::Entry*> PlaceIndex::candidates(const SourcePlace& place,
                                                             const FunctionName& wanted) const {
  std::vector<const Entry*> out;
  const std::string path = canonical_path(place.path);
  const auto has_moved = [&](const Entry& entry) {
    return knows_offset(place) && entry.function_line > 0 && entry.function_line != place.function_line &&
           functions_[entry.function].name == wanted.name;
  };
  if (const auto found = by_line_.find(line_key(path, place.line)); found != by_line_.end())
    for (const std::uint32_t number : found->second)
      if (!has_moved(entries_[number])) out.push_back(&entries_[number]);
  if (!knows_offset(place)) return out;
  const auto found = by_function_.find(function_key(path, wanted.name, place.line - place.function_line));
  if (found == by_function_.end()) return out;
  for (const std::uint32_t number : found->second)
    if (has_moved(entries_[number])) out.push_back(&entries_[number]);
  return out;
}

std::vector<std::uint32_t> PlaceIndex::find(const SourcePlace& place) const {
  const FunctionName wanted = split_function(place.function);
  const std::string path = canonical_path(place.path);
  using Fit = std::pair<CommonTail, bool>;  // and whether the functions are the same
  Fit best;
  std::vector<std::uint32_t> rows;
  for (const Entry* const entry : candidates(place, wanted)) {
    const bool knows_both = !place.function.empty() && entry->function != 0;
    const Fit fit{common_tail(path, paths_[entry->path]),
                  knows_both && same_function(wanted, functions_[entry->function])};
    if (fit.first.segments == 0 || !(fit.first.is_whole || fit.second) || fit < best) continue;
    if (fit > best) rows.clear();
    best = fit;
    rows.push_back(entry->row);
  }
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  return rows;
}

}  // namespace holdfast
