#include "capture/running_program.h"

#include <algorithm>

#include "base/architecture.h"
#include "base/ranges.h"
#include "capture/runtimes.h"
#include "capture/symbol_files.h"
#include "os/file_mapping.h"

namespace holdfast::capture {
namespace {

std::vector<FilePart> file_parts(const std::vector<os::ProcessMapping>& maps) {
  std::vector<FilePart> parts;
  for (const auto& mapping : maps)
    if (mapping.is_file() && !mapping.permissions.shared)
      parts.push_back({mapping.range, mapping.file_offset, mapping.path});
  return parts;
}

}  // namespace

std::vector<AddressRange> readable_ranges(const std::vector<os::ProcessMapping>& maps) {
  std::vector<AddressRange> ranges;
  for (const auto& mapping : maps)
    if (mapping.is_readable()) ranges.push_back(mapping.range);
  return joined(std::move(ranges));
}

RunningProgram::RunningProgram(const os::ProcessStatus& status, const Options& options, LossLedger& losses)
    : status_(status), memory_(status.pid) {
  read_mappings();
  program_ = Program::open(
      file_parts(maps_), status.exe, [this](const FilePart& part) { return open(part); }, losses);
  program_->add_read_only(files_);
  files_.seal();
  take_runtime(*program_, layers_, options.image, given_release(options));
  if (!options.symbols.empty()) add_symbols(*program_, options.symbols);
  layouts_ = open_layouts(*program_, options.use_dwarf, losses);
}

void RunningProgram::read_mappings() {
  maps_ = os::read_maps(status_.pid);
}

std::vector<AddressRange> RunningProgram::readable() const {
  return readable_ranges(maps_);
}

FileBytes RunningProgram::open(const FilePart& part) const {
  if (part.path == status_.exe) {
    auto file = os::map_file(os::open_exe(status_.pid), part.path);
    return {file->bytes(), file};
  }
  for (const auto& mapping : maps_) {
    if (mapping.range != part.range) continue;
    auto file = os::map_file(os::open_mapped_file(status_.pid, mapping), part.path);
    return {file->bytes(), file};
  }
  fail(ErrorCode::kNotFound, "{} is not mapped", part.path);
}

std::uint64_t RunningProgram::fetch(Address from, std::span<std::byte> to) const {
  if (memory_.try_read(from, to)) return to.size();
  std::uint64_t got = 0;
  while (got < to.size()) {
    const std::uint64_t n = std::min<std::uint64_t>(to.size() - got, kSystemPage - (from + got).value % kSystemPage);
    if (!memory_.try_read(from + got, to.subspan(got, n))) break;
    got += n;
  }
  return got;
}

void RunningProgram::require_same() const {
  if (const auto became = os::what_became_of(status_)) fail(ErrorCode::kTargetGone, "{}", *became);
  if (memory_.is_gone())
    fail(ErrorCode::kTargetGone, "process {} has started its program {} anew", status_.pid, status_.exe);
}

}  // namespace holdfast::capture
