// Names of places in the data of the target's modules: its symbol table where there is one, else "data+0x120".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "go/modules.h"
#include "go/runtime.h"

namespace holdfast::capture {

// A package variable as the symbol table has it.
struct Variable {
  AddressRange range;  // at run time
  std::string_view name;
};

class Symbols {
 public:
  // The images must outlive this: names point into their files.
  explicit Symbols(const std::vector<go::LoadedImage>& images);

  // The variable that covers the address; nullptr if none does.
  const Variable* find(Address at) const;
  // `range`, cut at the borders of its variables: them and what lies between, in order.
  std::vector<AddressRange> parts_of(const AddressRange& range) const;

 private:
  std::vector<Variable> variables_;  // sorted, disjoint
};

// "data+0x120", "bss+0x40 of libplugin.so": for places without a name.
std::string place_name(const go::Module& module, bool of_program, Address at);

}  // namespace holdfast::capture
