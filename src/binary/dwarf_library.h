// Wraps libdw, for the implementation of DwarfInfo only.
#pragma once

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>

#include "base/byte_view.h"
#include "base/huge_array.h"

namespace holdfast::binary {

// What Go adds to DWARF (cmd/internal/dwarf in its sources).
constexpr unsigned kGoLanguage = 22;
constexpr unsigned kGoKind = 0x2900;
constexpr unsigned kGoKey = 0x2901;
constexpr unsigned kGoElem = 0x2902;
constexpr unsigned kGoEmbeddedField = 0x2903;
constexpr unsigned kGoRuntimeType = 0x2904;
constexpr unsigned kGoClosureOffset = 0x2907;

struct DwarfLibrary {
  explicit DwarfLibrary(const ByteView& file);
  DwarfLibrary(const DwarfLibrary&) = delete;
  DwarfLibrary& operator=(const DwarfLibrary&) = delete;
  DwarfLibrary(DwarfLibrary&&) = delete;
  DwarfLibrary& operator=(DwarfLibrary&&) = delete;
  ~DwarfLibrary();

  // Returns the text of an attribute; empty if it is no text or does not end within its section.
  std::string_view text(Dwarf_Attribute& attribute) const;

  Mapping image;  // a copy of the file, since libelf writes to section headers when it unpacks sections
  Elf* elf = nullptr;
  Dwarf* dwarf = nullptr;
  std::span<const char> info;  // .debug_info, unpacked
  std::mutex in_use;           // libdw 0.188 fills its caches while it reads
};

// What holdfast reads of a DIE in one pass over its attributes. References are offsets in .debug_info; 0 = none.
struct DwarfAttributes {
  DwarfAttributes(const DwarfLibrary& library, Dwarf_Die& die);

  std::string_view name;
  std::string_view producer;
  std::uint64_t size = 0, count = 0, language = 0;
  std::uint64_t go_kind = 0, runtime_type = 0;
  std::uint64_t type = 0, elem = 0, key = 0;
  std::uint64_t member_offset = 0;
  std::optional<std::uint64_t> closure_offset;
  std::optional<std::int64_t> value;
  std::optional<std::uint64_t> static_address;  // from DW_AT_location {DW_OP_addr}
  std::optional<std::uint64_t> low_pc, high_pc;
  bool embedded = false;
  bool result = false;
  bool frame_base_is_cfa = false;

 private:
  const DwarfLibrary& library_;

  static int take(Dwarf_Attribute* attribute, void* self);
  void take(Dwarf_Attribute& attribute);
  void take_pc(Dwarf_Attribute& attribute);
  void take_block(Dwarf_Attribute& attribute);
  bool high_is_length_ = false;
};

}  // namespace holdfast::binary
