// Debug information of a Go program: types as a graph, constants, package variables, functions and their variables.
// libdw reads it, but shows nowhere here. It may be DWARF 4 (Go up to 1.24) or 5, with compressed sections or not;
// units of other languages (cgo) are left out. Addresses are as linked, without load bias. Sources: the DWARF standard,
// cmd/internal/dwarf in Go's sources (reference 7).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/byte_view.h"
#include "base/ids.h"

namespace holdfast::binary {

using DwarfTypeId = Id<struct DwarfTypeTag>;  // a row of DwarfInfo::types()

enum class DwarfTag : std::uint8_t { kBase, kStruct, kArray, kPointer, kTypedef, kFunction, kOther };

struct DwarfField {
  std::string_view name;
  std::uint64_t offset = 0;  // bytes
  DwarfTypeId type;
  bool embedded = false;
};

struct DwarfType {
  std::string_view name;  // Go's, "runtime.mspan"; perhaps empty
  DwarfTag tag = DwarfTag::kOther;
  std::uint8_t go_kind = 0;  // a number of reflect.Kind; 0 = none
  std::uint64_t size = 0;    // in bytes; a typedef has the size of its target
  std::uint64_t count = 0;   // elements of an array
  // The offset of the type descriptor from moduledata.types of its module; 0 = there is none.
  std::uint64_t runtime_type = 0;
  DwarfTypeId target;                              // what a pointer points to, an array holds, a typedef names
  DwarfTypeId elem;                                // of maps, channels and slices
  DwarfTypeId key;                                 // of maps
  std::uint32_t first_field = 0, field_count = 0;  // the rows of DwarfInfo::fields()
};

struct DwarfGlobal {
  std::string_view name;  // "runtime.mheap_"
  Address address;
  DwarfTypeId type;
};

struct DwarfFunction {
  std::string_view name;
  AddressRange code;
  std::uint64_t die = 0;  // offset in .debug_info
};

// A part of a variable that is in memory.
struct DwarfPiece {
  std::uint64_t offset = 0;  // within the variable
  std::uint64_t size = 0;    // bytes
  // From the canonical frame address, which is the stack pointer before the call instruction.
  std::int64_t cfa_offset = 0;
};

struct DwarfVariable {
  std::string_view name;
  DwarfTypeId type;
  bool parameter = false;
  bool result = false;
  std::vector<DwarfPiece> pieces;  // without the parts in registers
};

// A variable of an outer function that the closure object of an inner one holds (Go 1.23+).
struct DwarfCapture {
  std::string_view name;     // "&x" if the object holds the variable's address
  std::uint64_t offset = 0;  // bytes from the start of the closure object; its code pointer is at 0
  DwarfTypeId type;
};

struct DwarfLibrary;  // has libdw's handles (dwarf_library.h)

// Names point into the view of the ELF file or into what DwarfInfo unpacked: both must live as long as names are used.
// Several threads may read it.
class DwarfInfo {
 public:
  // Reads types, constants, variables and functions of all units. Fails with kNotFound if there is no debug information
  // and with kDamaged if it cannot be opened; damage further in ends a unit and leaves a remark.
  explicit DwarfInfo(const ByteView& elf);
  DwarfInfo(DwarfInfo&&) noexcept;
  DwarfInfo& operator=(DwarfInfo&&) noexcept;
  DwarfInfo(const DwarfInfo&) = delete;
  DwarfInfo& operator=(const DwarfInfo&) = delete;
  ~DwarfInfo();

  // In file order.
  const std::vector<DwarfType>& types() const { return types_; }
  const DwarfType& type(DwarfTypeId id) const { return types_[id.row]; }
  std::span<const DwarfField> fields(const DwarfType& type) const {
    return std::span(fields_).subspan(type.first_field, type.field_count);
  }
  // Finds a type by its Go name; of several with one name, the first that is no typedef.
  DwarfTypeId find_type(std::string_view name) const;
  // Follows typedefs; null if they go round in circles.
  DwarfTypeId underlying(DwarfTypeId id) const;

  // Names a type that has parts as layouts do, behind its typedefs: a structure by its name, an array as "[4]T" by its
  // element. Empty for everything else, also for strings, slices and interfaces.
  std::string name_of_parts(DwarfTypeId id) const;

  std::optional<std::int64_t> constant(std::string_view name) const;
  const std::unordered_map<std::string_view, std::int64_t>& constants() const { return constants_; }

  // Ordered by address.
  const std::vector<DwarfGlobal>& globals() const { return globals_; }
  const DwarfGlobal* find_global(std::string_view name) const;

  // Ordered by address; generated copies appear once.
  const std::vector<DwarfFunction>& functions() const { return functions_; }
  const DwarfFunction* function_at(Address pc) const;
  // Returns the parameters and locals of the function, and of what is inlined there, that exist at `pc` (for a caller's
  // frame its return address - 1). Several threads may call it; they wait for one another.
  std::vector<DwarfVariable> variables(const DwarfFunction& function, Address pc) const;
  std::vector<DwarfCapture> captures(const DwarfFunction& function) const;

  // Returns "Go cmd/compile go1.26.8; regabi", which the first Go unit says.
  std::string_view producer() const { return producer_; }
  // Sentences that say what was damaged.
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  friend class DwarfScan;

  DwarfTypeId type_of_die(std::uint64_t offset) const;
  void index_names();

  std::unique_ptr<DwarfLibrary> library_;
  std::vector<DwarfType> types_;
  std::vector<std::uint64_t> type_dies_;  // row for row with types_, ascending
  std::vector<DwarfField> fields_;
  std::vector<DwarfGlobal> globals_;
  std::vector<DwarfFunction> functions_;
  std::unordered_map<std::string_view, std::int64_t> constants_;
  std::unordered_map<std::string_view, DwarfTypeId> type_by_name_;
  std::unordered_map<std::string_view, std::uint32_t> global_by_name_;
  std::string_view producer_;
  std::vector<std::string> remarks_;
};

}  // namespace holdfast::binary
