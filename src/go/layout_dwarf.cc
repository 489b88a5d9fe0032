#include "go/layout_dwarf.h"

#include <limits>

namespace holdfast::go {

using binary::DwarfTypeId;

std::optional<NamedLayouts::Member> DwarfLayouts::exact_member(const std::string& type,
                                                               const std::string& field) const {
  const DwarfTypeId id = dwarf_.underlying(dwarf_.find_type(type));
  if (!id || field == "_") return std::nullopt;
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint32_t>::max();
  for (const binary::DwarfField& member : dwarf_.fields(dwarf_.type(id))) {
    if (member.name != field) continue;
    const std::uint64_t size = member.type ? dwarf_.type(member.type).size : 0;
    if (member.offset > kLargest || size > kLargest) return std::nullopt;
    return Member{{static_cast<std::uint32_t>(member.offset), static_cast<std::uint32_t>(size)},
                  dwarf_.name_of_parts(member.type)};
  }
  return std::nullopt;
}

std::optional<std::uint64_t> DwarfLayouts::exact_size(const std::string& type) const {
  const DwarfTypeId id = dwarf_.find_type(type);
  return id ? std::optional(dwarf_.type(id).size) : std::nullopt;
}

std::optional<std::string> DwarfLayouts::variable_type(const std::string& name) const {
  const binary::DwarfGlobal* global = dwarf_.find_global(name);
  if (global == nullptr) return std::nullopt;
  std::string type = dwarf_.name_of_parts(global->type);
  return type.empty() ? std::nullopt : std::optional(std::move(type));
}

}  // namespace holdfast::go
