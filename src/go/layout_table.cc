#include "go/layout_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/embedded_file.h"
#include "base/error.h"

namespace holdfast {

std::span<const EmbeddedFile> layout_files();  // written by tools/embed

namespace go {
namespace {

using nlohmann::json;

constexpr int kDeepestNesting = 8;

struct TableField {
  FieldLayout layout;
  std::string type;
};
struct TableStruct {
  std::uint64_t size = 0;
  std::map<std::string, TableField, std::less<>> fields;
};

const EmbeddedFile* file_named(std::string_view name) {
  for (const EmbeddedFile& file : layout_files())
    if (file.name == name) return &file;
  return nullptr;
}

class LayoutTable : public LayoutSource {
 public:
  LayoutTable(const GoVersion& version, int minor)
      : name_(fmt::format("table go1.{}{}", minor, minor == version.minor ? "" : " (the newest known)")) {
    const EmbeddedFile* file = file_named(fmt::format("go1.{}.json", minor));
    HOLDFAST_CHECK(file != nullptr);
    const json data = json::parse(file->text);
    add_structs(data.at("structs"));
    for (const auto& [constant, value] : data.at("constants").items()) constants_[constant] = value.get<std::int64_t>();
    for (const auto& [experiment, changes] : data.at("experiments").items())
      if (version.has_experiment(experiment)) add_structs(changes.at("structs"));
    const json aliases = json::parse(file_named("aliases.json")->text);
    for (const auto& [newest, older] : aliases.items()) aliases_[newest] = older.get<std::vector<std::string>>();
  }

  std::optional<FieldLayout> find(std::string_view type, std::string_view field) const override {
    return find_nested(type, field, 0);
  }
  std::optional<std::uint64_t> size_of(std::string_view type) const override {
    const TableStruct* found = find_struct(type);
    return found != nullptr ? std::optional(found->size) : std::nullopt;
  }
  std::optional<std::int64_t> constant(std::string_view name) const override {
    const auto it = constants_.find(name);
    return it == constants_.end() ? std::nullopt : std::optional(it->second);
  }
  std::string name() const override { return name_; }

 private:
  void add_structs(const json& structs) {
    for (const auto& [name, data] : structs.items()) {
      TableStruct& row = structs_[name];
      row = {};
      row.size = data.at("size").get<std::uint64_t>();
      for (const auto& [field, place] : data.at("fields").items())
        row.fields[field] = {{place.at(0).get<std::uint32_t>(), place.at(1).get<std::uint32_t>()},
                             place.at(2).get<std::string>()};
    }
  }

  const TableStruct* find_struct(std::string_view type) const {
    const auto it = structs_.find(type);
    if (it != structs_.end()) return &it->second;
    const auto alias = aliases_.find(type);
    if (alias == aliases_.end()) return nullptr;
    for (const std::string& older : alias->second)
      if (const auto found = structs_.find(older); found != structs_.end()) return &found->second;
    return nullptr;
  }

  // "sched.sp": the field as it stands, else the part before a dot and the rest within its type.
  std::optional<FieldLayout> find_nested(std::string_view type, std::string_view field, int depth) const {
    const TableStruct* outer = find_struct(type);
    if (outer == nullptr || depth > kDeepestNesting) return std::nullopt;
    if (const auto whole = outer->fields.find(field); whole != outer->fields.end()) return whole->second.layout;
    for (std::size_t dot = field.find('.'); dot != std::string_view::npos; dot = field.find('.', dot + 1)) {
      const auto head = outer->fields.find(field.substr(0, dot));
      if (head == outer->fields.end()) continue;
      auto inner = find_nested(head->second.type, field.substr(dot + 1), depth + 1);
      if (!inner) continue;
      inner->offset += head->second.layout.offset;
      return inner;
    }
    return std::nullopt;
  }

  std::string name_;
  std::map<std::string, TableStruct, std::less<>> structs_;
  std::map<std::string, std::int64_t, std::less<>> constants_;
  std::map<std::string, std::vector<std::string>, std::less<>> aliases_;
};

}  // namespace

std::unique_ptr<LayoutSource> layout_table(const GoVersion& version) {
  return std::make_unique<LayoutTable>(version, std::clamp(version.minor, kOldestMinor, kNewestMinor));
}

}  // namespace go
}  // namespace holdfast
