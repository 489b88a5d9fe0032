// Layouts from the target's own debug information. They take precedence if it is there.
#pragma once

#include "binary/dwarf_info.h"
#include "go/layout_names.h"

namespace holdfast::go {

// Keeps a reference to `dwarf`.
class DwarfLayouts final : public NamedLayouts {
 public:
  explicit DwarfLayouts(const binary::DwarfInfo& dwarf) : dwarf_(dwarf) {}

  std::string name() const override { return "dwarf"; }

 private:
  std::optional<Member> exact_member(const std::string& type, const std::string& field) const override;
  std::optional<std::uint64_t> exact_size(const std::string& type) const override;
  std::optional<std::int64_t> exact_constant(const std::string& name) const override { return dwarf_.constant(name); }
  std::optional<std::string> variable_type(const std::string& name) const override;

  const binary::DwarfInfo& dwarf_;
};

}  // namespace holdfast::go
