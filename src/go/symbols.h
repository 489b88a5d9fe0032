// Names of places in the data of the target's modules: its symbol table where there is one, else its debug information,
// else "data+0x120".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "binary/dwarf_info.h"
#include "go/modules.h"
#include "go/runtime.h"

namespace holdfast::go {

// A package variable as the symbol table has it, or debug information.
struct Variable {
  AddressRange range;  // at run time
  std::string_view name;
  bool is_of_dwarf = false;  // debug information has it, and the symbol table does not
};

class Symbols {
 public:
  // Names come from the symbol tables of these images, and from debug information. All must outlive this.
  explicit Symbols(const std::vector<LoadedImage>& images);
  // Names that an image's symbol table does not have, or that it has without a table.
  void add(const binary::DwarfInfo& debug_information, const LoadedImage& image);

  // The variable that covers the address; nullptr if none does.
  const Variable* find(Address at) const;
  // `range`, cut at the borders of its variables: them and what lies between, in order.
  std::vector<AddressRange> parts_of(const AddressRange& range) const;

 private:
  void sort();

  std::vector<Variable> variables_;  // sorted, disjoint
};

// "data+0x120", "bss+0x40 of libplugin.so": for places without a name.
std::string place_name(const Module& module, bool of_program, Address at);

}  // namespace holdfast::go
