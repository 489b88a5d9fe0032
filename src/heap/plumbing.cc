#include "heap/plumbing.h"

namespace holdfast::heap {
namespace {

template <typename Stops>
const Frame* first_frame(const Snapshot& snapshot, std::uint32_t first, std::uint32_t count, const Stops& stops) {
  for (std::uint32_t f = first; f < first + count; ++f)
    if (stops(snapshot.strings[snapshot.frames[f].function])) return &snapshot.frames[f];
  return nullptr;
}

}  // namespace

bool is_plumbing(const OwnerRules& rules, std::string_view function) {
  return function.empty() || static_cast<bool>(rules.plumbing(function));
}

bool is_standard_library(std::string_view function, std::string_view main_module) {
  if (lies_in(function, "main") || (!main_module.empty() && lies_in(function, main_module))) return false;
  if (function.starts_with("plugin/unnamed-")) return false;  // the package main of a plugin (cmd/go, -pluginpath)
  const std::size_t end = function.find_first_of("/[(");      // type arguments have paths of their own
  return end == std::string_view::npos || function[end] != '/' || function.find('.') > end;
}

const Frame* first_user_frame(const Snapshot& snapshot, const OwnerRules& rules, std::uint32_t first,
                              std::uint32_t count) {
  const Frame* const found =
      first_frame(snapshot, first, count, [&](std::string_view function) { return !is_plumbing(rules, function); });
  return found == nullptr && count > 0 ? &snapshot.frames[first] : found;
}

bool is_own(const OwnerRules& rules, std::string_view function, std::string_view main_module) {
  if (!main_module.empty() && lies_in(function, main_module))
    return true;  // also if the program is what others use as plumbing
  return !is_plumbing(rules, function) && !is_standard_library(function, main_module);
}

const Frame* first_own_frame(const Snapshot& snapshot, const OwnerRules& rules, std::uint32_t first,
                             std::uint32_t count) {
  const std::string& module = snapshot.target.main_module;
  const Frame* const found =
      first_frame(snapshot, first, count, [&](std::string_view function) { return is_own(rules, function, module); });
  if (found != nullptr) return found;
  return first_frame(snapshot, first, count, [&](std::string_view function) { return !is_plumbing(rules, function); });
}

bool is_below(const Snapshot& snapshot, const Goroutine& goroutine, std::span<const std::string_view> functions) {
  for (std::uint32_t f = goroutine.first_frame; f < goroutine.first_frame + goroutine.frame_count; ++f)
    if (std::ranges::find(functions, snapshot.strings[snapshot.frames[f].function]) != functions.end()) return true;
  return false;
}

}  // namespace holdfast::heap
