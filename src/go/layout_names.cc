#include "go/layout_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/embedded_file.h"

namespace holdfast {

std::span<const EmbeddedFile> layout_files();  // tools/embed writes it

namespace go {
namespace {

constexpr int kMaxDepth = 16;

using Group = std::vector<std::string>;  // names of one thing, newest first; "*" at the end stands for any rest

struct Aliases {
  std::vector<Group> types, constants;
  std::vector<std::pair<std::string, std::vector<Group>>> fields;  // by the newest name of their type
};

const Aliases& aliases() {
  static const Aliases loaded = [] {
    const auto json = nlohmann::json::parse(embedded_layout("aliases"));
    Aliases out;
    out.types = json.at("types").get<std::vector<Group>>();
    out.constants = json.at("constants").get<std::vector<Group>>();
    for (const auto& [type, groups] : json.at("fields").items())
      out.fields.emplace_back(type, groups.get<std::vector<Group>>());
    return out;
  }();
  return loaded;
}

// Returns what "*" stands for if `name` fits `pattern`; an empty text if they are simply equal.
std::optional<std::string_view> fit(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return name == pattern ? std::optional(std::string_view()) : std::nullopt;
  pattern.remove_suffix(1);
  if (!name.starts_with(pattern)) return std::nullopt;
  return name.substr(pattern.size());
}

std::vector<std::string> names_of(const std::vector<Group>& groups, std::string_view name) {
  std::vector<std::string> out{std::string(name)};
  const auto add = [&](std::string other) {
    if (std::find(out.begin(), out.end(), other) == out.end()) out.push_back(std::move(other));
  };
  for (const Group& group : groups) {
    for (const std::string& pattern : group) {
      const auto rest = fit(pattern, name);
      if (!rest) continue;
      for (const std::string& other : group)
        add(other.ends_with('*') ? other.substr(0, other.size() - 1).append(*rest) : other);
    }
  }
  return out;
}

// Splits "[4][2]T" into {4, "[2]T"}.
std::optional<std::pair<std::uint64_t, std::string>> array_element(const std::string& type) {
  const std::size_t close = type.find(']');
  if (!type.starts_with('[') || close == std::string::npos || close < 2) return std::nullopt;
  const std::string digits = type.substr(1, close - 1);
  if (digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::pair(std::stoull(digits), type.substr(close + 1));
}

}  // namespace

std::string_view embedded_layout(std::string_view name) {
  for (const EmbeddedFile& file : layout_files())
    if (file.name == fmt::format("{}.json", name)) return file.text;
  return {};
}

std::vector<std::string> type_names(std::string_view type) {
  return names_of(aliases().types, type);
}

std::vector<std::string> constant_names(std::string_view constant) {
  return names_of(aliases().constants, constant);
}

std::vector<std::string> field_names(std::string_view type, std::string_view field) {
  std::string_view bare = field;
  while (bare.ends_with("[]")) bare.remove_suffix(2);
  const auto types = type_names(type);
  std::vector<std::string> out{std::string(bare)};
  for (const auto& [newest, groups] : aliases().fields)
    if (std::find(types.begin(), types.end(), newest) != types.end()) out = names_of(groups, bare);
  for (std::string& name : out) name += field.substr(bare.size());
  return out;
}

std::optional<NamedLayouts::Member> NamedLayouts::step(const std::string& type, std::string_view component) const {
  std::size_t elements = 0;
  for (; component.ends_with("[]"); ++elements) component.remove_suffix(2);
  auto member = exact_member(type, std::string(component));
  for (; member && elements > 0; --elements) {
    const auto element = array_element(member->type);
    if (!element || element->first == 0) return std::nullopt;
    member->place.size = static_cast<std::uint32_t>(member->place.size / element->first);
    member->type = element->second;
  }
  return member;
}

// Aliases may be paths themselves: "state" of sync.Mutex is "mu.state" since Go 1.24.
std::optional<NamedLayouts::Member> NamedLayouts::resolve(const std::string& type, std::string_view path,
                                                          int depth) const {
  if (depth > kMaxDepth) return std::nullopt;
  for (const std::string& name : type_names(type)) {
    for (const std::string& candidate : field_names(name, path)) {
      const std::size_t dot = candidate.find('.');
      if (dot == std::string::npos) {
        if (auto found = step(name, candidate)) return found;
        continue;
      }
      const auto outer = resolve(name, std::string_view(candidate).substr(0, dot), depth + 1);
      if (!outer) continue;
      auto inner = resolve(outer->type, std::string_view(candidate).substr(dot + 1), depth + 1);
      if (!inner) continue;
      inner->place.offset += outer->place.offset;
      return inner;
    }
  }
  return std::nullopt;
}

std::optional<std::string> NamedLayouts::real_type(std::string_view type) const {
  std::size_t elements = 0;
  for (; type.ends_with("[]"); ++elements) type.remove_suffix(2);
  std::optional<std::string> real(type);
  if (type.starts_with("var:")) real = variable_type(std::string(type.substr(4)));
  for (; real && elements > 0; --elements) {
    const auto element = array_element(*real);
    real = element ? std::optional(element->second) : std::nullopt;
  }
  return real;
}

std::optional<FieldLayout> NamedLayouts::find(std::string_view type, std::string_view field) const {
  const auto real = real_type(type);
  const auto found = real ? resolve(*real, field, 0) : std::nullopt;
  return found ? std::optional(found->place) : std::nullopt;
}

std::optional<std::uint64_t> NamedLayouts::size_of(std::string_view type) const {
  const auto real = real_type(type);
  if (!real) return std::nullopt;
  for (const std::string& name : type_names(*real))
    if (const auto size = exact_size(name)) return size;
  return std::nullopt;
}

std::optional<std::int64_t> NamedLayouts::constant(std::string_view name) const {
  for (const std::string& other : constant_names(name))
    if (const auto value = exact_constant(other)) return value;
  return std::nullopt;
}

}  // namespace go
}  // namespace holdfast
