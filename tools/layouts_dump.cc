// Writes the part of a Go program's debug information that tools/layouts needs, as JSON to stdout:
//   {"structs": {name: [size, {field: [offset, size, type?]}]}, "variables": {name: type}, "constants": {name: value}}
// A field has its type if that is, behind typedefs, a structure or an array. Named arrays are structures without
// fields, so that their size is known. Variables are those whose type has no name of its own.
// With a second argument it says instead what a reader of that program gets: counts, seconds, remarks.
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
using nlohmann::json;

json fields_of(const DwarfInfo& dwarf, const DwarfType& type) {
  json fields = json::object();
  for (const auto& field : dwarf.fields(type)) {
    if (field.name == "_") continue;
    json row = json::array({field.offset, field.type ? dwarf.type(field.type).size : 0});
    if (const auto name = dwarf.name_of_parts(field.type); !name.empty()) row.push_back(name);
    fields[std::string(field.name)] = std::move(row);
  }
  return fields;
}

json layouts_of(const DwarfInfo& dwarf) {
  json structs = json::object();
  json variables = json::object();
  for (const DwarfType& type : dwarf.types()) {
    const std::string name(type.name);
    const bool named_array = type.tag == DwarfTag::kArray && !name.starts_with('[');
    if ((type.tag == DwarfTag::kStruct || named_array) && !name.empty() && !structs.contains(name))
      structs[name] = json::array({type.size, fields_of(dwarf, type)});
  }
  for (const auto& global : dwarf.globals())
    if (const auto name = dwarf.name_of_parts(global.type); name.find("struct {") != std::string::npos)
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
