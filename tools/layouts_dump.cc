// Writes what tools/layouts needs of a Go program's debug information, as JSON to stdout:
//   {"structs": {name: [size, {field: [offset, size, type?]}]}, "variables": {name: type}, "constants": {name: value}}
// A field's type is there when it is, behind its typedefs, a structure or an array. Named arrays are structures without
// fields, so that their size is known. Variables are those whose type has no name of its own.
// With a second argument it says what a reader of that program gets instead: counts, seconds, remarks.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/error.h"
#include "binary/dwarf_info.h"

namespace holdfast {
namespace {

using binary::DwarfInfo;
using binary::DwarfTag;
using binary::DwarfType;
using binary::DwarfTypeId;
using nlohmann::json;

// The name under which the table knows the type; empty for what has no parts.
std::string_view name_with_parts(const DwarfInfo& dwarf, DwarfTypeId id) {
  const DwarfTypeId real = dwarf.underlying(id);
  if (!real) return {};
  const DwarfType& type = dwarf.type(real);
  return type.tag == DwarfTag::kStruct || type.tag == DwarfTag::kArray ? type.name : std::string_view();
}

json fields_of(const DwarfInfo& dwarf, const DwarfType& type) {
  json fields = json::object();
  for (const auto& field : dwarf.fields(type)) {
    if (field.name == "_") continue;
    json row = json::array({field.offset, field.type ? dwarf.type(field.type).size : 0});
    if (const auto name = name_with_parts(dwarf, field.type); !name.empty()) row.push_back(name);
    fields[std::string(field.name)] = std::move(row);
  }
  return fields;
}

json layouts_of(const DwarfInfo& dwarf) {
  json structs = json::object();
  json variables = json::object();
  for (const DwarfType& type : dwarf.types()) {
    const std::string name(type.name);
    const bool named_array = type.tag == DwarfTag::kTypedef && dwarf.underlying(type.target) &&
                             dwarf.type(dwarf.underlying(type.target)).tag == DwarfTag::kArray;
    if ((type.tag == DwarfTag::kStruct || named_array) && !name.empty() && !structs.contains(name))
      structs[name] = json::array({type.size, fields_of(dwarf, type)});
  }
  for (const auto& global : dwarf.globals())
    if (const auto name = name_with_parts(dwarf, global.type); name.find("struct {") != std::string_view::npos)
      variables[std::string(global.name)] = name;
  json constants = json::object();
  for (const auto& [name, value] : dwarf.constants()) constants[std::string(name)] = value;
  return {{"structs", structs}, {"variables", variables}, {"constants", constants}};
}

int run(const char* path, bool statistics) {
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(bytes.data()), std::ssize(bytes));
  const auto start = std::chrono::steady_clock::now();
  const DwarfInfo dwarf(ByteView(bytes, path));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  for (const std::string& remark : dwarf.remarks()) fmt::print(stderr, "{}: {}\n", path, remark);
  if (statistics)
    fmt::print("{}: {} types, {} constants, {} variables, {} functions in {:.3f} s\n", dwarf.producer(),
               dwarf.types().size(), dwarf.constants().size(), dwarf.globals().size(), dwarf.functions().size(),
               taken.count());
  else
    fmt::print("{}\n", layouts_of(dwarf).dump());
  return 0;
}

}  // namespace
}  // namespace holdfast

int main(int count, char** arguments) {
  if (count < 2 || count > 3) {
    fmt::print(stderr, "layouts_dump PROGRAM [statistics]\n");
    return 2;
  }
  try {
    return holdfast::run(arguments[1], count == 3);
  } catch (const std::exception& error) {
    fmt::print(stderr, "layouts_dump: {}\n", error.what());
    return 1;
  }
}
