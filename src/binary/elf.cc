#include "binary/elf.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "base/text.h"
#include "binary/elf_wire.h"

namespace holdfast::binary {
namespace {

constexpr char kMagic[4] = {0x7f, 'E', 'L', 'F'};
constexpr std::uint8_t kClass32 = 1, kClass64 = 2, kLittleEndian = 1, kBigEndian = 2;
constexpr std::uint64_t kDynamicRela = 7, kDynamicRelaSize = 8, kDynamicRelrSize = 35, kDynamicRelr = 36;
constexpr std::uint32_t kNoteGnuBuildId = 3, kNoteGoBuildId = 4;

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case 3:
      return "386";
    case 8:
      return "MIPS";
    case 20:
      return "PowerPC";
    case 21:
      return "ppc64";
    case 22:
      return "s390";
    case 40:
      return "arm";
    case kAmd64.elf_machine:
      return "amd64";
    case 183:
      return "arm64";
    case 243:
      return "riscv64";
    case 258:
      return "loong64";
    default:
      return fmt::format("number {}", machine);
  }
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Returns the part of [offset, offset + size) that the file has.
std::span<const std::byte> clip(const ByteView& file, std::uint64_t offset, std::uint64_t size) {
  if (offset >= file.size()) return {};
  return file.bytes(offset, std::min(size, file.size() - offset));
}

std::uint64_t padded(std::uint64_t size, std::uint64_t to) {
  return (size + to - 1) / to * to;
}

}  // namespace

struct ElfFile::Symbols {
  std::once_flag once;
  std::vector<ElfSymbol> rows;
};

ElfFile::ElfFile(ByteView file) : file_(std::move(file)), symbols_(std::make_unique<Symbols>()) {
  read_header();
  read_segments();
  read_sections();
}

ElfFile::ElfFile(ElfFile&&) noexcept = default;
ElfFile& ElfFile::operator=(ElfFile&&) noexcept = default;
ElfFile::~ElfFile() = default;

void ElfFile::read_header() {
  const std::string& name = file_.origin();
  if (!file_.has(0, sizeof kMagic) || std::memcmp(file_.data(), kMagic, sizeof kMagic) != 0)
    fail(ErrorCode::kUnsupported, "{} ({:#x} bytes) is no ELF file: it does not begin with 7f 45 4c 46", name,
         file_.size());
  if (!file_.has(0, sizeof(WireElfHeader)))
    fail(ErrorCode::kTruncated, "the ELF header of {} needs {} bytes, the file has {}", name, sizeof(WireElfHeader),
         file_.size());
  const auto& header = file_.at<WireElfHeader>(0);
  const bool big = header.byte_order == kBigEndian;
  const auto machine = static_cast<std::uint16_t>(big ? (header.machine & 0xff) << 8 | header.machine >> 8
                                                      : static_cast<int>(header.machine));
  if (header.elf_class == kClass32)
    fail(ErrorCode::kUnsupported, "{} is a 32-bit program (machine {}); only 64-bit {} is understood", name,
         machine_name(machine), kArchitecture.go_name);
  if (big)
    fail(ErrorCode::kUnsupported, "{} is a big-endian program (machine {}); only {} is understood", name,
         machine_name(machine), kArchitecture.go_name);
  if (header.elf_class != kClass64 || header.byte_order != kLittleEndian)
    fail(ErrorCode::kDamaged, "the ELF header of {} says class {} and byte order {}; 2 and 1 are expected", name,
         header.elf_class, header.byte_order);
  if (machine != kArchitecture.elf_machine)
    fail(ErrorCode::kUnsupported, "{} is for machine {}; only {} is understood", name, machine_name(machine),
         kArchitecture.go_name);
  const unsigned type = header.type;
  if (type == 1) fail(ErrorCode::kUnsupported, "{} is a relocatable object, no program", name);
  if (type < 2 || type > 4)
    fail(ErrorCode::kDamaged, "the ELF header of {} says type {}; 2, 3 or 4 is expected", name, type);
  type_ = static_cast<ElfType>(type);
  entry_ = Address(header.entry);
}

std::uint64_t ElfFile::segment_count() const {
  const auto& header = file_.at<WireElfHeader>(0);
  if (header.segment_count != kCountInSectionZero) return header.segment_count;
  const std::uint64_t at = header.sections_at;
  if (at != 0 && file_.has(at, sizeof(WireSection))) return file_.at<WireSection>(at).info;
  // The kernel writes section 0 at the very end of a core, so one that is cut lacks it. But its first segment, the
  // notes, begins right behind the table.
  const std::uint64_t table = header.segments_at;
  const std::uint64_t first = file_.at<WireSegment>(table).offset;
  if (first < table)
    fail(ErrorCode::kTruncated,
         "{} has more than 65534 segments, and section 0 at {:#x}, which counts them, is missing", file_.origin(), at);
  return (first - table) / sizeof(WireSegment);
}

void ElfFile::read_segments() {
  const auto& header = file_.at<WireElfHeader>(0);
  if (header.segment_count == 0) return;
  if (header.segment_record_size != sizeof(WireSegment))
    fail(ErrorCode::kDamaged, "program headers of {} are {} bytes each; {} are expected", file_.origin(),
         static_cast<unsigned>(header.segment_record_size), sizeof(WireSegment));
  const auto table =
      in_context([&] { return file_.array<WireSegment>(header.segments_at, segment_count()); }, "program header table");
  segments_.reserve(table.size());
  std::uint64_t cut = 0, wrapping = 0;
  for (const WireSegment& row : table) {
    const ElfSegment segment{row.type,      row.flags,       row.offset,   Address(row.vaddr),
                             row.file_size, row.memory_size, row.alignment};
    segments_.push_back(segment);
    if (segment_bytes(segment).size() < segment.file_size) ++cut;
    if (segment.type != kSegmentLoad || segment.memory_size == 0) continue;
    if (segment.vaddr + segment.memory_size < segment.vaddr)
      ++wrapping;
    else
      loads_.push_back(segment);
  }
  std::stable_sort(loads_.begin(), loads_.end(),
                   [](const ElfSegment& a, const ElfSegment& b) { return a.vaddr < b.vaddr; });
  if (cut > 0)
    remarks_.push_back(fmt::format("{} of {} segments end behind the end of the file ({:#x} bytes)", cut,
                                   segments_.size(), file_.size()));
  if (wrapping > 0)
    remarks_.push_back(
        fmt::format("{} of {} segments wrap around the address space; they are ignored", wrapping, segments_.size()));
}

void ElfFile::read_sections() {
  const auto& header = file_.at<WireElfHeader>(0);
  const std::uint64_t at = header.sections_at;
  if (at == 0) return;
  if (header.section_record_size != sizeof(WireSection)) {
    remarks_.push_back(fmt::format("section headers are {} bytes each, {} are expected; they are ignored",
                                   static_cast<unsigned>(header.section_record_size), sizeof(WireSection)));
    return;
  }
  std::uint64_t count = header.section_count;
  if (count == 0 && file_.has(at, sizeof(WireSection))) count = file_.at<WireSection>(at).size;
  if (count == 0) return;
  if (at > file_.size() || count > (file_.size() - at) / sizeof(WireSection)) {
    remarks_.push_back(
        fmt::format("{} section headers of {} bytes at {:#x} overrun the file ({:#x} bytes); they are ignored", count,
                    sizeof(WireSection), at, file_.size()));
    return;
  }
  const auto table = file_.array<WireSection>(at, count);
  const std::uint64_t names_index =
      header.section_names == kCountInSectionZero ? std::uint64_t{table[0].link} : std::uint64_t{header.section_names};
  ByteView names;
  if (names_index < count)
    names = ByteView(clip(file_, table[names_index].offset, table[names_index].size), "section names");
  sections_.reserve(count);
  for (const WireSection& row : table)
    sections_.push_back({names.try_c_string(row.name, 4096).value_or(""), row.type, row.link, row.flags,
                         Address(row.addr), row.offset, row.size, row.alignment});
}

const ElfSection* ElfFile::find_section(std::string_view name) const {
  const auto it = std::find_if(sections_.begin(), sections_.end(), [&](const auto& s) { return s.name == name; });
  return it == sections_.end() ? nullptr : &*it;
}

const std::vector<ElfSymbol>& ElfFile::symbols() const {
  std::call_once(symbols_->once, [&] {
    for (const std::uint32_t kind : {kSectionSymtab, kSectionDynsym}) {
      const auto table =
          std::find_if(sections_.begin(), sections_.end(), [&](const ElfSection& s) { return s.type == kind; });
      if (table == sections_.end() || table->link >= sections_.size()) continue;
      const ElfSection& texts = sections_[table->link];
      const ByteView names(clip(file_, texts.offset, texts.size), "symbol names");
      const ByteView bytes(clip(file_, table->offset, table->size), "symbol table");
      const auto rows = bytes.array<WireSymbol>(0, bytes.size() / sizeof(WireSymbol));
      symbols_->rows.reserve(symbols_->rows.size() + rows.size());
      for (const WireSymbol& row : rows) {
        const auto name = names.try_c_string(row.name);
        if (!name || name->empty() || row.section == 0) continue;
        symbols_->rows.push_back(
            {*name, Address(row.value), row.size, static_cast<std::uint8_t>(row.info & 0xf), row.section});
      }
    }
  });
  return symbols_->rows;
}

const ElfSymbol* ElfFile::find_symbol(std::string_view name) const {
  const auto& rows = symbols();
  const auto it = std::find_if(rows.begin(), rows.end(), [&](const ElfSymbol& s) { return s.name == name; });
  return it == rows.end() ? nullptr : &*it;
}

bool ElfFile::has_symbols() const {
  return std::any_of(sections_.begin(), sections_.end(), [&](const ElfSection& s) {
    return s.type == kSectionSymtab && clip(file_, s.offset, s.size).size() >= 2 * sizeof(WireSymbol);
  });
}

bool ElfFile::has_dwarf() const {
  return std::any_of(sections_.begin(), sections_.end(), [&](const ElfSection& s) {
    return (s.name == ".debug_info" || s.name == ".zdebug_info") && s.type != kSectionNobits && s.size > 0;
  });
}

void ElfFile::add_notes(std::span<const std::byte> bytes, std::uint64_t alignment, std::vector<ElfNote>& to) const {
  const ByteView view(bytes, "notes");
  const std::uint64_t unit = alignment == 8 ? 8 : 4;
  // Segments can overlap, so the sum is bounded: no file has more notes than note headers fit into it.
  const std::uint64_t limit = file_.size() / sizeof(WireNote);
  std::uint64_t at = 0;
  while (to.size() < limit && view.has(at, sizeof(WireNote))) {
    const auto& note = view.at<WireNote>(at);
    const std::uint64_t owner_at = at + sizeof(WireNote);
    const std::uint64_t content_at = at + padded(sizeof(WireNote) + note.owner_size, unit);
    if (!view.has(owner_at, note.owner_size) || !view.has(content_at, note.content_size)) return;
    std::string_view owner = as_text(view.bytes(owner_at, note.owner_size));
    owner = owner.substr(0, owner.find('\0'));
    to.push_back({owner, note.type, view.bytes(content_at, note.content_size)});
    at = content_at + padded(note.content_size, unit);
  }
}

std::vector<ElfNote> ElfFile::notes() const {
  std::vector<ElfNote> out;
  std::vector<const ElfSegment*> segments;
  for (const ElfSegment& segment : segments_) {
    if (segment.type != kSegmentNote) continue;
    segments.push_back(&segment);
    add_notes(segment_bytes(segment), segment.alignment, out);
  }
  for (const ElfSection& section : sections_) {
    if (section.type != kSectionNote) continue;
    const bool seen = std::any_of(segments.begin(), segments.end(), [&](const ElfSegment* s) {
      return section.offset >= s->offset && section.offset - s->offset < s->file_size;
    });
    if (!seen) add_notes(clip(file_, section.offset, section.size), section.alignment, out);
  }
  return out;
}

std::string ElfFile::gnu_build_id() const {
  for (const ElfNote& note : notes())
    if (note.owner == "GNU" && note.type == kNoteGnuBuildId) return hex(note.content);
  return {};
}

std::string ElfFile::go_build_id() const {
  for (const ElfNote& note : notes())
    if (note.owner == "Go" && note.type == kNoteGoBuildId) return std::string(as_text(note.content));
  return {};
}

std::optional<std::span<const std::byte>> ElfFile::dynamic_table(std::uint64_t address_tag,
                                                                 std::uint64_t size_tag) const {
  const auto dynamic =
      std::find_if(segments_.begin(), segments_.end(), [](const ElfSegment& s) { return s.type == kSegmentDynamic; });
  if (dynamic == segments_.end()) return std::nullopt;
  const ByteView bytes(segment_bytes(*dynamic), "dynamic table");
  std::uint64_t address = 0, size = 0;
  for (const WireDynamic& row : bytes.array<WireDynamic>(0, bytes.size() / sizeof(WireDynamic))) {
    if (row.tag == 0) break;
    if (row.tag == address_tag) address = row.value;
    if (row.tag == size_tag) size = row.value;
  }
  if (address == 0 || size == 0) return std::nullopt;
  return try_bytes(Address(address), size);
}

std::vector<RelativeRelocation> ElfFile::relative_relocations() const {
  std::vector<RelativeRelocation> out;
  if (const auto table = dynamic_table(kDynamicRela, kDynamicRelaSize)) {
    const ByteView rela(*table, "relocations");
    for (const WireRela& row : rela.array<WireRela>(0, rela.size() / sizeof(WireRela))) {
      const Address where(row.where);
      if (row.type == kArchitecture.relative_relocation && load_at(where) != nullptr)
        out.push_back({where, Address(row.addend)});
    }
  }
  const auto table = dynamic_table(kDynamicRelr, kDynamicRelrSize);
  if (!table) return out;
  // An even word is an address; an odd one has a bit for each of the 63 words that follow. The value to relocate is in
  // place. A word of bits can name more than its own size, so the sum is bounded by the words that the file has.
  const std::uint64_t limit = out.size() + file_.size() / 8;
  const auto add = [&](Address where) {
    if (out.size() >= limit) return;
    if (const auto bytes = try_bytes(where, 8)) out.push_back({where, Address(load_le<std::uint64_t>(bytes->data()))});
  };
  const ByteView relr(*table, "packed relocations");
  Address next;
  for (const le64& row : relr.array<le64>(0, relr.size() / sizeof(le64))) {
    if ((row & 1) == 0) {
      add(Address(row));
      next = Address(row) + 8;
      continue;
    }
    for (unsigned bit = 1; bit < 64; ++bit)
      if ((row >> bit & 1) != 0) add(next + std::uint64_t{bit - 1} * 8);
    next += std::uint64_t{63} * 8;
  }
  return out;
}

const ElfSegment* ElfFile::load_at(Address at) const {
  const auto after =
      std::upper_bound(loads_.begin(), loads_.end(), at, [](Address a, const ElfSegment& s) { return a < s.vaddr; });
  if (after == loads_.begin()) return nullptr;
  const ElfSegment& segment = *std::prev(after);
  return at - segment.vaddr < segment.memory_size ? &segment : nullptr;
}

std::optional<std::span<const std::byte>> ElfFile::try_bytes(Address at, std::uint64_t count) const {
  const ElfSegment* segment = load_at(at);
  if (segment == nullptr) return std::nullopt;
  const auto bytes = segment_bytes(*segment);
  const std::uint64_t from = at - segment->vaddr;
  if (from > bytes.size() || count > bytes.size() - from) return std::nullopt;
  return bytes.subspan(from, count);
}

std::span<const std::byte> ElfFile::segment_bytes(const ElfSegment& segment) const {
  return clip(file_, segment.offset, segment.file_size);
}

}  // namespace holdfast::binary
