#include "capture/program_calls.h"

#include <cstring>
#include <vector>

#include "base/architecture.h"
#include "base/memory_image.h"
#include "capture/build_ids.h"
#include "capture/layouts.h"
#include "capture/program.h"
#include "code/allocation_calls.h"
#include "go/identify.h"
#include "os/file_mapping.h"

namespace holdfast::capture {
namespace {

// The parts of the file as if it were loaded where it was linked.
std::vector<FilePart> linked_parts(const binary::ElfFile& elf, const std::string& path) {
  std::vector<FilePart> parts;
  for (const auto& segment : elf.loads()) {
    const std::uint64_t slack = segment.offset % kSystemPage;
    const Address begin = segment.vaddr - slack;
    parts.push_back({{begin, segment.vaddr + segment.memory_size}, segment.offset - slack, path});
  }
  return parts;
}

// Adds writable segments as the loader would make them, without the zeros behind their bytes.
void add_writable(const binary::ElfFile& elf, MemoryImage& memory) {
  const std::vector<binary::RelativeRelocation> relocations = elf.relative_relocations();
  for (const auto& segment : elf.loads()) {
    if (!segment.writable()) continue;
    const std::span<const std::byte> bytes = elf.segment_bytes(segment);
    const auto copy = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    for (const binary::RelativeRelocation& one : relocations) {
      const std::uint64_t at = one.where - segment.vaddr;
      if (one.where < segment.vaddr || at + sizeof(std::uint64_t) > copy->size()) continue;
      std::memcpy(copy->data() + at, &one.value.value, sizeof(std::uint64_t));
    }
    memory.add(segment.vaddr, *copy, copy);
  }
}

// Where addresses can stand. A file that is loaded anywhere has them in what is writable before they are relocated;
// what looks like one elsewhere is the table of relocations.
std::vector<AddressRange> data_of(const binary::ElfFile& elf) {
  const bool is_relocated = !elf.relative_relocations().empty();
  std::vector<AddressRange> data;
  for (const auto& segment : elf.loads())
    if (!segment.executable() && (segment.writable() || !is_relocated))
      data.push_back({segment.vaddr, segment.vaddr + segment.file_size});
  return data;
}

}  // namespace

compiler::AllocationCalls read_program_calls(const std::string& path) {
  const auto file = os::map_file(path);
  LossLedger losses;
  const binary::ElfFile elf = in_context([&] { return binary::ElfFile(file->bytes()); }, "{}", path);
  Program program = Program::open(
      linked_parts(elf, path), path,
      [&](const FilePart&) {
        return FileBytes{file->bytes(), file};
      },
      losses);
  program.take({0}, {}, std::nullopt);
  MemoryImage memory;
  program.add_read_only(memory);
  add_writable(elf, memory);
  memory.seal();
  const ProgramLayouts layouts = open_layouts(program, false, losses);
  const go::Identified identified =
      go::find_runtime(memory, *layouts.source, program.version(), program.images(), losses);
  compiler::AllocationCalls calls = code::find_allocation_calls(*identified.functions, data_of(elf));
  calls.build_id = BuildIds::of(elf).text();
  return calls;
}

}  // namespace holdfast::capture
