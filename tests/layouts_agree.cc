// Compares everything in the table with a program's own debug information: layouts_agree PROGRAM VERSION. A structure
// that the program does not use cannot be compared; a field or a size that differs is a failure.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "binary/dwarf_info.h"
#include "go/layout_dwarf.h"
#include "go/layout_table.h"

namespace holdfast::go {
namespace {

constexpr int kEnough = 1000;  // the comparison means nothing if a Go program has fewer fields and constants

struct Comparison {
  const LayoutSource& dwarf;
  const LayoutSource& table;
  int same = 0;
  int different = 0;

  template <typename Value>
  void compare(const Value& ours, const Value& theirs, const std::string& what) {
    if (ours == theirs) {
      ++same;
    } else {
      ++different;
      fmt::print("{} differs between {} and {}\n", what, table.name(), dwarf.name());
    }
  }

  void structs(const nlohmann::json& rows) {
    for (const auto& [type, row] : rows.items()) {
      if (!dwarf.size_of(type) || !table.size_of(type)) continue;
      compare(table.size_of(type), dwarf.size_of(type), "size of " + type);
      for (const auto& [field, place] : row.at(1).items()) {
        compare(table.find(type, field), dwarf.find(type, field), fmt::format("{} {}", type, field));
        // Also compares what is inside: through a type's name, and elements of arrays.
        if (place.size() > 2 && place.at(2).get<std::string>().starts_with('['))
          compare(table.find(type, field + "[]"), dwarf.find(type, field + "[]"), fmt::format("{} {}[]", type, field));
      }
    }
  }

  void variables(const nlohmann::json& rows) {
    for (const auto& [name, type] : rows.items()) {
      const std::string variable = "var:" + name + (type.get<std::string>().starts_with('[') ? "[]" : "");
      if (dwarf.size_of(variable)) compare(table.size_of(variable), dwarf.size_of(variable), variable);
    }
  }

  void constants(const nlohmann::json& rows) {
    for (const auto& [name, value] : rows.items())
      if (dwarf.constant(name)) compare(table.constant(name), dwarf.constant(name), name);
  }
};

int run(const char* path, const char* version_text) {
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(bytes.data()), std::ssize(bytes));
  const binary::DwarfInfo info(ByteView(bytes, path));
  const DwarfLayouts dwarf(info);
  const GoVersion version = parse_version(version_text);
  const auto table = layout_table(version);
  Comparison comparison{dwarf, *table};
  const auto rows = nlohmann::json::parse(embedded_layout(fmt::format("go1.{}", version.minor)));
  comparison.structs(rows.at("structs"));
  comparison.variables(rows.at("variables"));
  comparison.constants(rows.at("constants"));
  fmt::print("{}: {} the same, {} different\n", version_text, comparison.same, comparison.different);
  return comparison.different == 0 && comparison.same > kEnough ? 0 : 1;
}

}  // namespace
}  // namespace holdfast::go

int main(int count, char** arguments) {
  if (count != 3) {
    fmt::print(stderr, "layouts_agree PROGRAM VERSION\n");
    return 2;
  }
  try {
    return holdfast::go::run(arguments[1], arguments[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "layouts_agree: {}\n", error.what());
    return 1;
  }
}
