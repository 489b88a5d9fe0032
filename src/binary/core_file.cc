#include "binary/core_file.h"

#include <algorithm>
#include <cstring>

#include "base/architecture.h"
#include "base/units.h"

namespace holdfast::binary {
namespace {

// The notes of owner "CORE" (linux/elf.h); Delve writes the same types without an owner.
constexpr std::uint32_t kNotePrstatus = 1, kNotePrpsinfo = 3, kNoteAuxv = 6;
constexpr std::uint32_t kNoteFile = 0x46494c45, kNoteSiginfo = 0x53494749;

struct WirePrstatus {  // struct elf_prstatus without its last word, which is padded
  les32 signal_number, signal_code, signal_error;
  le16 current_signal;
  std::byte padding[2];
  le64 pending, held;
  les32 pid, parent, group, session;
  le64 times[8];
  le64 registers[kArchitecture.user_words];  // struct user_regs_struct
};
static_assert(sizeof(WirePrstatus) == 112 + kArchitecture.user_words * sizeof(std::uint64_t) &&
              WireStruct<WirePrstatus>);

struct WirePrpsinfo {  // struct elf_prpsinfo of 64-bit machines
  std::uint8_t state, state_name, zombie, nice;
  std::byte padding[4];
  le64 flags;
  le32 uid, gid;
  les32 pid, parent, group, session;
  char name[16];
  char args[80];
};
static_assert(sizeof(WirePrpsinfo) == 136 && WireStruct<WirePrpsinfo>);

struct WireSiginfo {  // the beginning of siginfo_t
  les32 number, error, code;
  std::byte padding[4];
  le64 address;
};
static_assert(sizeof(WireSiginfo) == 24 && WireStruct<WireSiginfo>);

struct WireMapping {  // a record of NT_FILE; the paths follow the records
  le64 begin, end, page;
};
static_assert(sizeof(WireMapping) == 24 && WireStruct<WireMapping>);

struct WireAuxv {
  le64 key, value;
};
static_assert(sizeof(WireAuxv) == 16 && WireStruct<WireAuxv>);

constexpr std::uint64_t kAuxvEnd = 0, kAuxvPhdr = 3, kAuxvBase = 7, kAuxvEntry = 9;

template <std::size_t Size>
std::string text_of(const char (&field)[Size]) {
  return {field, strnlen(field, Size)};
}

}  // namespace

CoreFile::CoreFile(ByteView file) {
  const ElfFile elf(std::move(file));
  if (elf.type() != ElfType::kCore) fail(ErrorCode::kUnsupported, "{} is a program, no core file", elf.file().origin());
  remarks_ = elf.remarks();
  add_segments(elf);
  std::uint64_t unusable = 0;
  std::string first_reason;
  for (const ElfNote& note : elf.notes()) {
    if (note.owner != "CORE" && !note.owner.empty()) continue;
    try {
      add_note(note);
    } catch (const Error& error) {
      if (unusable++ == 0) first_reason = fmt::format("type {:#x}: {}", note.type, error.what());
    }
  }
  if (unusable > 0)
    remarks_.push_back(fmt::format("{} of no use; the first is of {}", format_count(unusable, "note"), first_reason));
  if (threads_.empty()) remarks_.push_back("no thread's registers are in the core");
}

void CoreFile::add_segments(const ElfFile& elf) {
  for (const ElfSegment& segment : elf.segments()) {
    if (segment.type != kSegmentLoad || segment.vaddr + segment.memory_size <= segment.vaddr) continue;
    const std::uint64_t announced = std::min(segment.file_size, segment.memory_size);
    const auto there = elf.segment_bytes(segment);
    const auto bytes = there.first(std::min<std::uint64_t>(there.size(), announced));
    segments_.push_back(
        {{segment.vaddr, segment.vaddr + segment.memory_size}, bytes, announced - bytes.size(), segment.flags});
  }
}

std::uint64_t CoreFile::missing_bytes() const {
  std::uint64_t sum = 0;
  for (const CoreSegment& segment : segments_) sum += segment.missing_bytes;
  return sum;
}

void CoreFile::add_note(const ElfNote& note) {
  const ByteView content(note.content, "the note");
  switch (note.type) {
    case kNotePrstatus:
      add_thread(content);
      break;
    case kNotePrpsinfo: {
      const auto& info = content.at<WirePrpsinfo>(0);
      if (!process_) process_ = {info.pid, text_of(info.name), text_of(info.args)};
      break;
    }
    case kNoteSiginfo: {  // gdb writes one per thread; the core is about the first one
      const auto& info = content.at<WireSiginfo>(0);
      if (!signal_) signal_ = {info.number, info.code, Address(info.address)};
      break;
    }
    case kNoteFile:
      add_mappings(content);
      break;
    case kNoteAuxv:
      add_auxv(content);
      break;
    default:
      break;
  }
}

void CoreFile::add_thread(const ByteView& note) {
  const auto& status = note.at<WirePrstatus>(0);
  threads_.push_back({status.pid, status.current_signal, user_registers(std::as_bytes(std::span(status.registers)))});
}

void CoreFile::add_mappings(const ByteView& note) {
  const auto count = note.integer<std::uint64_t>(0);
  const auto page_size = note.integer<std::uint64_t>(8);
  const auto rows = note.array<WireMapping>(16, count);
  std::uint64_t text_at = 16 + rows.size_bytes();
  mappings_.reserve(rows.size());
  for (const WireMapping& row : rows) {
    const std::string_view path = note.c_string(text_at);
    text_at += path.size() + 1;
    mappings_.push_back({{Address(row.begin), Address(row.end)}, row.page * page_size, path});
  }
}

void CoreFile::add_auxv(const ByteView& note) {
  CoreAuxv auxv;
  for (const WireAuxv& row : note.array<WireAuxv>(0, note.size() / sizeof(WireAuxv))) {
    if (row.key == kAuxvEnd) break;
    if (row.key == kAuxvEntry) auxv.entry = Address(row.value);
    if (row.key == kAuxvPhdr) auxv.program_headers = Address(row.value);
    if (row.key == kAuxvBase) auxv.interpreter = Address(row.value);
  }
  auxv_ = auxv;
}

}  // namespace holdfast::binary
