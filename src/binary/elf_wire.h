// ELF64 structures as they lie in the file (System V ABI, AMD64 supplement). Offsets and sizes are in bytes and as the
// file says them: ElfFile (binary/elf.h) checks them.
#pragma once

#include "base/wire.h"

namespace holdfast::binary {

struct WireElfHeader {  // Elf64_Ehdr
  std::byte magic[4];
  std::uint8_t elf_class, byte_order, ident_version, os_abi, abi_version;
  std::byte padding[7];
  le16 type, machine;
  le32 version;
  le64 entry, segments_at, sections_at;
  le32 flags;
  le16 header_size, segment_record_size, segment_count, section_record_size, section_count, section_names;
};
static_assert(sizeof(WireElfHeader) == 64 && WireStruct<WireElfHeader>);

struct WireSegment {  // Elf64_Phdr
  le32 type, flags;
  le64 offset, vaddr, paddr, file_size, memory_size, alignment;
};
static_assert(sizeof(WireSegment) == 56 && WireStruct<WireSegment>);

struct WireSection {  // Elf64_Shdr
  le32 name, type;
  le64 flags, addr, offset, size;
  le32 link, info;
  le64 alignment, record_size;
};
static_assert(sizeof(WireSection) == 64 && WireStruct<WireSection>);

struct WireSymbol {  // Elf64_Sym
  le32 name;
  std::uint8_t info, other;
  le16 section;
  le64 value, size;
};
static_assert(sizeof(WireSymbol) == 24 && WireStruct<WireSymbol>);

struct WireRela {  // Elf64_Rela
  le64 where;
  le32 type, symbol;
  le64 addend;
};
static_assert(sizeof(WireRela) == 24 && WireStruct<WireRela>);

struct WireDynamic {  // Elf64_Dyn
  le64 tag, value;
};
static_assert(sizeof(WireDynamic) == 16 && WireStruct<WireDynamic>);

struct WireNote {  // Elf64_Nhdr; owner and content follow, each padded
  le32 owner_size, content_size, type;
};
static_assert(sizeof(WireNote) == 12 && WireStruct<WireNote>);

// A count of program headers or an index of the section names that does not fit into 16 bits is in section 0 instead.
constexpr std::uint16_t kCountInSectionZero = 0xffff;

}  // namespace holdfast::binary
