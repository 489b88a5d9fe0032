#include "heap/plumbing.h"

#include <algorithm>
#include <span>
#include <vector>

#include "base/embedded_file.h"

namespace holdfast {

std::span<const EmbeddedFile> plumbing_files();  // data/plumbing.txt

}  // namespace holdfast

namespace holdfast::heap {
namespace {

std::vector<std::string_view> read_packages(std::string_view text) {
  std::vector<std::string_view> packages;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.front() != '#') packages.push_back(line);
  }
  return packages;
}

// Whether the name begins with the path, and goes on with a function or a deeper package.
bool lies_in(std::string_view function, std::string_view path) {
  return function.starts_with(path) && function.size() > path.size() &&
         (function[path.size()] == '.' || function[path.size()] == '/');
}

template <typename Stops>
const Frame* first_frame(const Snapshot& snapshot, std::uint32_t first, std::uint32_t count, const Stops& stops) {
  for (std::uint32_t f = first; f < first + count; ++f)
    if (stops(snapshot.strings[snapshot.frames[f].function])) return &snapshot.frames[f];
  return nullptr;
}

}  // namespace

bool is_plumbing(std::string_view function) {
  static const std::vector<std::string_view> packages = read_packages(plumbing_files().front().text);
  return function.empty() ||
         std::any_of(packages.begin(), packages.end(), [&](std::string_view path) { return lies_in(function, path); });
}

bool is_standard_library(std::string_view function, std::string_view main_module) {
  if (lies_in(function, "main") || (!main_module.empty() && lies_in(function, main_module))) return false;
  if (function.starts_with("plugin/unnamed-")) return false;  // the package main of a plugin (cmd/go, -pluginpath)
  const std::size_t end = function.find_first_of("/[(");      // type arguments have paths of their own
  return end == std::string_view::npos || function[end] != '/' || function.find('.') > end;
}

const Frame* first_user_frame(const Snapshot& snapshot, std::uint32_t first, std::uint32_t count) {
  const Frame* const found =
      first_frame(snapshot, first, count, [](std::string_view function) { return !is_plumbing(function); });
  return found == nullptr && count > 0 ? &snapshot.frames[first] : found;
}

const Frame* first_own_frame(const Snapshot& snapshot, std::uint32_t first, std::uint32_t count) {
  const std::string& module = snapshot.target.main_module;
  const Frame* const found = first_frame(snapshot, first, count, [&](std::string_view function) {
    if (!module.empty() && lies_in(function, module))
      return true;  // also if the program is what others use as plumbing
    return !is_plumbing(function) && !is_standard_library(function, module);
  });
  return found == nullptr ? first_user_frame(snapshot, first, count) : found;
}

}  // namespace holdfast::heap
