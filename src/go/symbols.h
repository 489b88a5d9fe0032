// Names and extents of package variables: from the symbol tables of the target's images, and from debug information
// where a table is missing. Addresses are those of this run. Safe to read from several threads; nothing throws.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "binary/dwarf_info.h"
#include "go/modules.h"
#include "go/runtime.h"

namespace holdfast::go {

// A package variable as a symbol table or debug information has it.
struct Variable {
  AddressRange range;  // at run time
  std::string_view name;
  bool is_of_dwarf = false;  // debug information has it, and the symbol table does not

  // Whether it is what the compiler made of a literal (main..stmp_3), which another variable points to. Only programs
  // that were linked externally have symbols of these (seen in 1.22, 1.23 and 1.27).
  bool is_literal() const { return name.find("..stmp_") != std::string_view::npos; }
};

class Symbols {
 public:
  // Takes the variables of these images' symbol tables. The images must outlive this.
  explicit Symbols(const std::vector<LoadedImage>& images);
  // Adds those variables of the debug information that no symbol covers. It must outlive this.
  void add(const binary::DwarfInfo& debug_information, const LoadedImage& image);

  // The variable that covers the address; nullptr if none does.
  const Variable* find(Address at) const;
  // `range` cut at the borders of its variables: the variables and what lies between them, in order.
  std::vector<AddressRange> parts_of(const AddressRange& range) const;

 private:
  void sort();

  std::vector<Variable> variables_;  // sorted, disjoint
};

}  // namespace holdfast::go
