// Fills a DwarfInfo in one walk over the top level of all Go units.
#pragma once

#include <cstdint>
#include <vector>

#include "binary/dwarf_info.h"
#include "binary/dwarf_library.h"

namespace holdfast::binary {

class DwarfScan {
 public:
  explicit DwarfScan(DwarfInfo& to) : to_(to), library_(*to.library_) {}
  void run();

 private:
  // References of a type, until they become rows.
  struct References {
    std::uint64_t target = 0, elem = 0, key = 0;
  };

  void unit(Dwarf_Die& die);
  void top_level(Dwarf_Die& die);
  void type(Dwarf_Die& die, DwarfTag tag);
  void members(Dwarf_Die& die, DwarfType& row, DwarfTag tag);
  void resolve();

  DwarfInfo& to_;
  DwarfLibrary& library_;
  std::vector<References> references_;      // row for row with types
  std::vector<std::uint64_t> field_types_;  // row for row with fields
  std::vector<std::uint64_t> global_types_;
};

}  // namespace holdfast::binary
