#include "go/layout_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "go/layout_names.h"

namespace holdfast::go {
namespace {

using Json = nlohmann::json;

// The file has {"release", "structs": {type: [size, {field: [offset, size, type?]}]}, "variables": {name: type},
// "constants": {name: value}, "variants": [{"when": [experiments, all of them], "structs", "variables", "constants"}]}.
// A variant holds what it replaces, and null for what it lacks; variants apply in file order.
class LayoutTable final : public NamedLayouts {
 public:
  LayoutTable(const GoVersion& version, std::string_view text, std::string name) : name_(std::move(name)) {
    const Json json = Json::parse(text);
    take(json);
    for (const Json& variant : json.at("variants"))
      if (applies(variant.at("when"), version)) take(variant);
  }

  std::string name() const override { return name_; }

 private:
  struct Struct {
    std::uint64_t size = 0;
    std::unordered_map<std::string, Member> fields;
  };

  static bool holds(const std::string& condition, const GoVersion& version) {
    if (!condition.starts_with('<')) return version.has_experiment(condition);
    return version.is_before_patch(std::stoi(condition.substr(1)));
  }

  static bool applies(const Json& when, const GoVersion& version) {
    return std::all_of(when.begin(), when.end(),
                       [&](const Json& condition) { return holds(condition.get_ref<const std::string&>(), version); });
  }

  // Null erases a row, anything else replaces it.
  template <typename Map, typename Read>
  static void merge(Map& map, const Json& rows, Read&& read) {
    for (const auto& [name, row] : rows.items()) {
      if (row.is_null())
        map.erase(name);
      else
        map[name] = read(row);
    }
  }

  void take(const Json& json) {
    merge(structs_, json.at("structs"), read_struct);
    merge(variables_, json.at("variables"), [](const Json& type) { return type.get<std::string>(); });
    merge(constants_, json.at("constants"), [](const Json& value) { return value.get<std::int64_t>(); });
  }

  static Struct read_struct(const Json& row) {
    Struct out{.size = row.at(0).get<std::uint64_t>(), .fields = {}};
    for (const auto& [name, field] : row.at(1).items()) {
      Member member{{field.at(0).get<std::uint32_t>(), field.at(1).get<std::uint32_t>()}, {}};
      if (field.size() > 2) member.type = field.at(2).get<std::string>();
      out.fields.emplace(name, std::move(member));
    }
    return out;
  }

  std::optional<Member> exact_member(const std::string& type, const std::string& field) const override {
    const auto found = structs_.find(type);
    if (found == structs_.end()) return std::nullopt;
    const auto member = found->second.fields.find(field);
    return member == found->second.fields.end() ? std::nullopt : std::optional(member->second);
  }

  std::optional<std::uint64_t> exact_size(const std::string& type) const override {
    const auto found = structs_.find(type);
    return found == structs_.end() ? std::nullopt : std::optional(found->second.size);
  }

  std::optional<std::int64_t> exact_constant(const std::string& name) const override {
    const auto found = constants_.find(name);
    return found == constants_.end() ? std::nullopt : std::optional(found->second);
  }

  std::optional<std::string> variable_type(const std::string& name) const override {
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
  }

  std::string name_;
  std::unordered_map<std::string, Struct> structs_;
  std::unordered_map<std::string, std::string> variables_;
  std::unordered_map<std::string, std::int64_t> constants_;
};

}  // namespace

std::unique_ptr<LayoutSource> layout_table(const GoVersion& version) {
  const std::string release = version.layout_release();
  const std::string_view text = embedded_layout(release);
  if (text.empty()) fail(ErrorCode::kUnsupported, "there is no layout table for {}", release);
  const char* note = version.known() ? "" : " (the newest known)";
  return std::make_unique<LayoutTable>(version, text, fmt::format("table {}{}", release, note));
}

}  // namespace holdfast::go
