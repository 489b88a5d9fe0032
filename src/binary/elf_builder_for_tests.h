// For tests: makes small ELF files. Say what is in memory and in the notes, and get the bytes of the file.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "binary/elf.h"
#include "binary/elf_wire.h"

namespace holdfast::binary {

// Little-endian values, one after the other.
class Bytes {
 public:
  template <std::integral T>
  Bytes& add(T value) {
    const WireInt<T, std::endian::little> wire(value);
    return add_record(wire);
  }
  Bytes& u8(std::uint8_t value) { return add(value); }
  Bytes& u32(std::uint32_t value) { return add(value); }
  Bytes& u64(std::uint64_t value) { return add(value); }
  Bytes& text(std::string_view text) { return append(std::as_bytes(std::span(text.data(), text.size()))); }
  Bytes& append(std::span<const std::byte> more) {
    bytes_.insert(bytes_.end(), more.begin(), more.end());
    return *this;
  }
  template <WireStruct T>
  Bytes& add_record(const T& record) {
    return append(std::as_bytes(std::span(&record, 1)));
  }
  Bytes& zeros(std::size_t count) {
    bytes_.resize(bytes_.size() + count);
    return *this;
  }
  Bytes& pad_to(std::size_t multiple) { return zeros((multiple - bytes_.size() % multiple) % multiple); }
  template <WireStruct T>
  void put(std::size_t at, const T& record) {
    std::memcpy(bytes_.data() + at, &record, sizeof record);
  }
  std::size_t size() const { return bytes_.size(); }
  const std::vector<std::byte>& get() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

class ElfBuilder {
 public:
  explicit ElfBuilder(ElfType type) : type_(type) {}

  // Adds a segment with these bytes in the file; memory_size 0 = as many as there are bytes.
  ElfBuilder& segment(std::uint32_t type, std::uint32_t flags, Address vaddr, const Bytes& bytes,
                      std::uint64_t memory_size = 0) {
    segments_.push_back({type, flags, vaddr, bytes, memory_size == 0 ? bytes.size() : memory_size});
    return *this;
  }
  // Adds a section that is a part of a segment added before.
  ElfBuilder& section_at(std::string_view name, std::uint32_t type, Address addr, std::uint64_t size) {
    sections_.push_back({std::string(name), type, addr, size, {}, 0});
    return *this;
  }
  // Adds a section with bytes of its own.
  ElfBuilder& section(std::string_view name, std::uint32_t type, const Bytes& bytes, std::uint32_t link = 0) {
    sections_.push_back({std::string(name), type, Address(), bytes.size(), bytes, link});
    return *this;
  }
  ElfBuilder& symbol(std::string_view name, Address value, std::uint64_t size, std::uint8_t type = kSymbolObject) {
    if (symbol_names_.size() == 0) {
      symbol_names_.u8(0);
      symbols_.add_record(WireSymbol{});
    }
    const auto at = static_cast<std::uint32_t>(symbol_names_.size());
    symbols_.add_record(WireSymbol{at, type, 0, 1, value.value, size});
    symbol_names_.text(name).u8(0);
    return *this;
  }
  ElfBuilder& note(std::string_view owner, std::uint32_t type, const Bytes& content) {
    const auto owner_size = static_cast<std::uint32_t>(owner.size() + 1);
    notes_.add_record(WireNote{owner_size, static_cast<std::uint32_t>(content.size()), type});
    notes_.text(owner).u8(0).pad_to(4).append(content.get()).pad_to(4);
    return *this;
  }

  std::vector<std::byte> build() const;

 private:
  struct Segment {
    std::uint32_t type, flags;
    Address vaddr;
    Bytes bytes;
    std::uint64_t memory_size;
  };
  struct Section {
    std::string name;
    std::uint32_t type;
    Address addr;
    std::uint64_t size;
    Bytes bytes;  // empty: the segments have them
    std::uint32_t link;
  };

  std::vector<Section> all_sections() const {
    std::vector<Section> out = sections_;
    if (symbols_.size() > 0) {
      const auto link = static_cast<std::uint32_t>(out.size() + 2);  // counting the null section
      out.push_back({".symtab", kSectionSymtab, Address(), symbols_.size(), symbols_, link});
      out.push_back({".strtab", 3, Address(), symbol_names_.size(), symbol_names_, 0});
    }
    return out;
  }
  std::vector<Segment> all_segments() const {
    std::vector<Segment> out = segments_;
    if (notes_.size() > 0) out.insert(out.begin(), {kSegmentNote, 4, Address(), notes_, notes_.size()});
    return out;
  }
  void add_sections(Bytes& file, const std::vector<WireSegment>& placed, WireElfHeader& header) const;

  ElfType type_;
  std::vector<Segment> segments_;
  std::vector<Section> sections_;
  Bytes symbols_, symbol_names_, notes_;
};

inline void ElfBuilder::add_sections(Bytes& file, const std::vector<WireSegment>& placed, WireElfHeader& header) const {
  const std::vector<Section> sections = all_sections();
  const bool many = placed.size() >= kCountInSectionZero;
  if (sections.empty() && !many) return;
  Bytes names;
  names.u8(0);
  WireSection null{};
  if (many) null.info = static_cast<std::uint32_t>(placed.size());
  std::vector<WireSection> table = {null};
  for (const Section& section : sections) {
    WireSection row{};
    row.name = static_cast<std::uint32_t>(names.size());
    row.type = section.type;
    row.addr = section.addr.value;
    row.size = section.size;
    row.link = section.link;
    row.offset = file.size();
    for (const WireSegment& s : placed)
      if (section.addr && s.type == kSegmentLoad && section.addr.value - s.vaddr < s.memory_size)
        row.offset = s.offset + section.addr.value - s.vaddr;
    names.text(section.name).u8(0);
    file.append(section.bytes.get()).pad_to(8);
    table.push_back(row);
  }
  WireSection names_row{};
  names_row.type = 3;
  names_row.offset = file.size();
  names_row.size = names.size();
  file.append(names.get()).pad_to(8);
  table.push_back(names_row);
  header.sections_at = file.size();
  header.section_count = static_cast<std::uint16_t>(table.size());
  header.section_names = static_cast<std::uint16_t>(table.size() - 1);
  for (const WireSection& row : table) file.add_record(row);
}

inline std::vector<std::byte> ElfBuilder::build() const {
  const std::vector<Segment> segments = all_segments();
  WireElfHeader header{};
  const char magic[4] = {0x7f, 'E', 'L', 'F'};
  std::memcpy(header.magic, magic, sizeof magic);
  header.elf_class = 2;
  header.byte_order = 1;
  header.ident_version = 1;
  header.type = static_cast<std::uint16_t>(type_);
  header.machine = kArchitecture.elf_machine;
  header.version = 1;
  header.entry = segments.empty() ? 0 : segments.back().vaddr.value;
  header.header_size = sizeof(WireElfHeader);
  header.segments_at = sizeof(WireElfHeader);
  header.segment_record_size = sizeof(WireSegment);
  header.segment_count =
      static_cast<std::uint16_t>(std::min<std::size_t>(segments.size(), std::size_t{kCountInSectionZero}));
  header.section_record_size = sizeof(WireSection);
  Bytes file;
  file.add_record(header).zeros(segments.size() * sizeof(WireSegment));
  std::vector<WireSegment> placed;
  for (const Segment& segment : segments) {
    placed.push_back({segment.type, segment.flags, file.size(), segment.vaddr.value, 0, segment.bytes.size(),
                      segment.memory_size, 8});
    file.append(segment.bytes.get());
    if (placed.back().type == kSegmentNote) placed.back().alignment = 4;
  }
  file.pad_to(8);
  add_sections(file, placed, header);
  file.put(0, header);
  for (std::size_t i = 0; i < placed.size(); ++i) file.put(sizeof header + i * sizeof(WireSegment), placed[i]);
  return file.get();
}

}  // namespace holdfast::binary
