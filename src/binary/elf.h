// ELF64 files of the architecture that holdfast reads (base/architecture.h): programs, shared libraries, cores. Program
// headers decide; section headers are a convenience that strippers remove and truncation damages, so nothing here needs
// them. Source: elf(5), the System V ABI.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/architecture.h"
#include "base/byte_view.h"

namespace holdfast::binary {

// The values of e_type that are read; other kinds of file are refused.
enum class ElfType : std::uint8_t { kExec = 2, kDyn = 3, kCore = 4 };

// Numbers of the ELF specification that callers compare with.
constexpr std::uint32_t kSegmentLoad = 1;  // PT_LOAD
constexpr std::uint32_t kSegmentDynamic = 2;
constexpr std::uint32_t kSegmentNote = 4;
constexpr std::uint32_t kSectionSymtab = 2;  // SHT_SYMTAB
constexpr std::uint32_t kSectionNote = 7;
constexpr std::uint32_t kSectionNobits = 8;
constexpr std::uint32_t kSectionDynsym = 11;
constexpr std::uint8_t kSymbolObject = 1;  // STT_OBJECT
constexpr std::uint8_t kSymbolFunction = 2;

struct ElfSegment {
  std::uint32_t type = 0;
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;       // in the file, bytes
  Address vaddr;                  // as linked, without load bias
  std::uint64_t file_size = 0;    // in bytes, as the header says; the file may end before
  std::uint64_t memory_size = 0;  // in bytes; what exceeds file_size is zero
  std::uint64_t alignment = 0;

  bool executable() const { return (flags & 1) != 0; }
  bool writable() const { return (flags & 2) != 0; }
  bool readable() const { return (flags & 4) != 0; }
};

struct ElfSection {
  std::string_view name;  // empty if its offset is damaged
  std::uint32_t type = 0;
  std::uint32_t link = 0;  // another section, such as the string table of a symbol table
  std::uint64_t flags = 0;
  Address addr;  // as linked; null if not loaded
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t alignment = 0;
};

struct ElfSymbol {
  std::string_view name;
  Address value;  // as linked
  std::uint64_t size = 0;
  std::uint8_t type = 0;      // STT_*
  std::uint16_t section = 0;  // 0 = defined elsewhere
};

struct ElfNote {
  std::string_view owner;  // "GNU", "Go", "CORE", "LINUX"
  std::uint32_t type = 0;
  std::span<const std::byte> content;
};

// R_X86_64_RELATIVE: the loader stores `value` + load bias at `where` + load bias.
struct RelativeRelocation {
  Address where;
  Address value;
};

// Texts and spans point into the bytes of the view, which must outlive it. The constructor fails with kUnsupported (no
// ELF, 32-bit, big endian, another machine, another type), and with kTruncated or kDamaged (header or program header
// table). Anything else that is wrong becomes a remark. Several threads may read it.
class ElfFile {
 public:
  explicit ElfFile(ByteView file);
  ElfFile(ElfFile&&) noexcept;
  ElfFile& operator=(ElfFile&&) noexcept;
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;
  ~ElfFile();

  const ByteView& file() const { return file_; }
  ElfType type() const { return type_; }
  Address entry() const { return entry_; }

  // In file order.
  const std::vector<ElfSegment>& segments() const { return segments_; }
  // The PT_LOAD ones in address order; none of their addresses wraps around.
  const std::vector<ElfSegment>& loads() const { return loads_; }
  // In file order with the null section, so that indices are those of the file. Empty if the headers are not usable.
  const std::vector<ElfSection>& sections() const { return sections_; }
  // Sentences that say what was damaged or missing, with numbers.
  const std::vector<std::string>& remarks() const { return remarks_; }

  const ElfSection* find_section(std::string_view name) const;

  // .symtab, then .dynsym, without nameless and undefined symbols. They are read at the first call.
  const std::vector<ElfSymbol>& symbols() const;
  // Returns the first symbol of exactly that name; nullptr if there is none. It scans: to find many names, go over
  // symbols() once.
  const ElfSymbol* find_symbol(std::string_view name) const;
  // Whether there is a .symtab with symbols (the dynamic ones do not count).
  bool has_symbols() const;
  bool is_stripped() const { return !has_symbols(); }
  bool has_dwarf() const;

  // Returns the notes of all PT_NOTE segments, then of note sections outside of them: Go 1.24+ leaves
  // .note.gnu.build-id out of its only note segment (seen in 1.27.4).
  std::vector<ElfNote> notes() const;
  std::string gnu_build_id() const;  // in hex; empty if there is none
  std::string go_build_id() const;   // Go's own text "a/b/c/d"; empty if there is none

  // Returns those of DT_RELA and DT_RELR, without those that point outside the file's segments.
  std::vector<RelativeRelocation> relative_relocations() const;

  // Returns the `count` bytes that are loaded at `at`, if the file has them all in one segment; none for zero-filled
  // memory. Relocations are not applied.
  std::optional<std::span<const std::byte>> try_bytes(Address at, std::uint64_t count) const;
  // Returns the bytes of the segment that the file really has.
  std::span<const std::byte> segment_bytes(const ElfSegment& segment) const;

 private:
  struct Symbols;

  void read_header();
  void read_segments();
  void read_sections();
  std::uint64_t segment_count() const;
  const ElfSegment* load_at(Address at) const;
  std::optional<std::span<const std::byte>> dynamic_table(std::uint64_t address_tag, std::uint64_t size_tag) const;
  void add_notes(std::span<const std::byte> bytes, std::uint64_t alignment, std::vector<ElfNote>& to) const;

  ByteView file_;
  ElfType type_ = ElfType::kExec;
  Address entry_;
  std::vector<ElfSegment> segments_;
  std::vector<ElfSegment> loads_;
  std::vector<ElfSection> sections_;
  std::vector<std::string> remarks_;
  std::unique_ptr<Symbols> symbols_;
};

}  // namespace holdfast::binary
