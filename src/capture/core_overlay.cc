#include "capture/core_overlay.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/architecture.h"
#include "base/huge_array.h"
#include "base/units.h"

namespace holdfast::capture {
namespace {

Address page_of(Address at) {
  return Address(at.value / kSystemPage * kSystemPage);
}

const binary::CoreMapping* mapping_at(const binary::CoreFile& core, Address at) {
  if (!at) return nullptr;
  for (const binary::CoreMapping& mapping : core.mappings())
    if (mapping.range.contains(at)) return &mapping;
  return nullptr;
}

// Returns the dumped bytes from `at` to the end of their segment.
std::span<const std::byte> dumped_from(const binary::CoreFile& core, Address at) {
  for (const binary::CoreSegment& segment : core.segments())
    if (segment.range.contains(at) && at - segment.range.begin < segment.bytes.size())
      return segment.bytes.subspan(at - segment.range.begin);
  return {};
}

bool is_file_mapped(const binary::CoreFile& core, const AddressRange& range) {
  return std::any_of(core.mappings().begin(), core.mappings().end(), [&](const binary::CoreMapping& mapping) {
    return mapping.range.begin < range.end && range.begin < mapping.range.end;
  });
}

// Whether it is writable memory without a file.
bool is_plain(const binary::CoreFile& core, const binary::CoreSegment& segment) {
  return segment.writable() && !is_file_mapped(core, segment.range);
}

bool holds_plain_memory(const binary::CoreFile& core) {
  return std::any_of(core.segments().begin(), core.segments().end(), [&](const binary::CoreSegment& segment) {
    return !segment.bytes.empty() && is_plain(core, segment);
  });
}

// As cores that Delve writes: the auxiliary vector alone tells where the program was.
bool lists_no_files(const binary::CoreFile& core) {
  return core.mappings().empty() && core.auxv() && core.auxv()->program_headers;
}

// Zeros for ranges of any size, of which all share the same bytes.
class Zeros {
 public:
  void add(const AddressRange& range, MemoryImage& memory) {
    if (!bytes_) bytes_ = std::make_shared<Mapping>(kSize);
    for (Address at = range.begin; at < range.end; at += kSize)
      memory.add(at, {bytes_->data(), std::min<std::uint64_t>(kSize, range.end - at)}, bytes_);
  }

 private:
  static constexpr std::uint64_t kSize = 64 << 20;
  std::shared_ptr<Mapping> bytes_;
};

}  // namespace

std::string main_program(const binary::CoreFile& core) {
  if (!core.auxv()) return {};
  for (const Address at : {core.auxv()->program_headers, core.auxv()->entry})
    if (const auto* mapping = mapping_at(core, at)) return std::string(mapping->path);
  return {};
}

BuildIds ids_in_core(const binary::CoreFile& core, std::string_view path) {
  const auto ids_at = [&](Address at, std::uint64_t most) -> std::optional<BuildIds> {
    const auto bytes = dumped_from(core, at);
    try {
      return BuildIds::of(binary::ElfFile(
          ByteView(bytes.first(std::min<std::size_t>(bytes.size(), most)), std::string(path) + " in the core")));
    } catch (const Error&) {
      return std::nullopt;  // its first page is not there, or it is not a program
    }
  };
  if (lists_no_files(core))
    return ids_at(page_of(core.auxv()->program_headers), std::uint64_t(-1)).value_or(BuildIds());
  for (const binary::CoreMapping& mapping : core.mappings()) {
    if (mapping.path != path || mapping.file_offset != 0) continue;
    if (const auto ids = ids_at(mapping.range.begin, mapping.range.size())) return *ids;
  }
  return {};
}

std::optional<std::uint64_t> bias_of_main(const binary::CoreFile& core, const binary::ElfFile& elf) {
  if (elf.type() == binary::ElfType::kExec) return 0;
  if (!core.auxv() || !core.auxv()->entry) return std::nullopt;
  return core.auxv()->entry - elf.entry();
}

bool fits_segments(const binary::CoreFile& core, std::string_view path, const binary::ElfFile& elf) {
  const auto bias = bias_of_main(core, elf);
  if (!bias || (core.auxv() && core.auxv()->entry && core.auxv()->entry != elf.entry() + *bias)) return false;
  if (lists_no_files(core)) {
    const auto& loads = elf.loads();
    return std::all_of(loads.begin(), loads.end(), [&](const binary::ElfSegment& load) {
      const Address begin = page_of(load.vaddr + *bias);
      return std::any_of(core.segments().begin(), core.segments().end(), [&](const binary::CoreSegment& segment) {
        return segment.range.contains(begin) && segment.executable() == load.executable();
      });
    });
  }
  bool any = false;
  for (const binary::CoreMapping& mapping : core.mappings()) {
    if (mapping.path != path) continue;
    const bool fits = std::any_of(elf.loads().begin(), elf.loads().end(), [&](const binary::ElfSegment& segment) {
      const Address begin = segment.vaddr + *bias;
      return mapping.range.begin >= page_of(begin) && mapping.range.begin < begin + segment.memory_size &&
             mapping.range.begin - mapping.file_offset == begin - segment.offset;
    });
    if (!fits) return false;
    any = true;
  }
  return any;
}

std::vector<FilePart> parts_of(const binary::CoreFile& core) {
  // A file with no executable part, as far as the core tells, holds no code.
  const auto may_hold_code = [&](std::string_view path) {
    for (const binary::CoreMapping& mapping : core.mappings()) {
      if (mapping.path != path) continue;
      bool listed = false;
      for (const binary::CoreSegment& segment : core.segments()) {
        if (!segment.range.contains(mapping.range.begin)) continue;
        if (segment.executable()) return true;
        listed = true;
      }
      if (!listed) return true;
    }
    return false;
  };
  std::vector<FilePart> parts;
  for (const binary::CoreMapping& mapping : core.mappings())
    if (may_hold_code(mapping.path)) parts.push_back({mapping.range, mapping.file_offset, std::string(mapping.path)});
  return parts;
}

void add_core_memory(const binary::CoreFile& core, const std::shared_ptr<const void>& owner, MemoryImage& memory,
                     LossLedger& losses) {
  const bool plain_memory = holds_plain_memory(core);
  Zeros zeros;
  for (const binary::CoreSegment& segment : core.segments()) {
    const Address dumped_end = segment.range.begin + segment.bytes.size();
    memory.add(segment.range.begin, segment.bytes, owner);
    if (segment.missing_bytes > 0) {
      losses.add(LossKind::kCutOffCore, dumped_end, (segment.missing_bytes + kSystemPage - 1) / kSystemPage);
    } else if (segment.bytes.empty() && plain_memory && is_plain(core, segment)) {
      zeros.add(segment.range, memory);
    }
  }
  if (!plain_memory) losses.add(LossKind::kNoPrivateMemory, Address());
}

std::string describe_gaps(const std::string& path, const binary::CoreFile& core) {
  const std::uint64_t missing = core.missing_bytes();
  if (missing > 0) {
    std::uint64_t there = 0;
    Address first(~std::uint64_t{0});
    for (const binary::CoreSegment& segment : core.segments()) {
      there += segment.bytes.size();
      if (segment.missing_bytes > 0) first = std::min(first, segment.range.begin + segment.bytes.size());
    }
    return fmt::format(
        "{} (cut off by a size limit or a full disk: {} of {} of memory are missing, the first at {:#x})", path,
        format_bytes(missing), format_bytes(there + missing), first.value);
  }
  if (!holds_plain_memory(core))
    return fmt::format("{} (without the private memory of the process: see coredump_filter in core(5))", path);
  return path;
}

void refuse_lost_notes(const std::string& path, const binary::CoreFile& core) {
  const bool any = core.process() || core.auxv() || !core.threads().empty() || !core.mappings().empty();
  if (!any && core.missing_bytes() > 0)
    fail(ErrorCode::kTruncated,
         "{}: what it said of its program and threads is missing, too, so nothing can be read; copy the core again",
         describe_gaps(path, core));
}

Error error_of_core(Error error, const std::string& path, const binary::CoreFile& core) {
  const std::string described = describe_gaps(path, core);
  const bool is_about_contents = error.code() == ErrorCode::kUnsupported || error.code() == ErrorCode::kDamaged;
  if (is_about_contents && described != path)
    return Error(ErrorCode::kTruncated,
                 fmt::format("{}: too little of the Go runtime's memory is left to read the heap by", described));
  error.add_frame(described);
  return error;
}

}  // namespace holdfast::capture
