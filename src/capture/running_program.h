// A live process and the Go program in it, opened while it runs: its mappings, its memory, its program files, the
// runtime that was chosen of several, and the layouts that fit it. Nothing is stopped, so two reads can be of two
// moments. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "base/memory_image.h"
#include "capture/capture.h"
#include "capture/layered_memory.h"
#include "capture/layouts.h"
#include "capture/program.h"
#include "os/maps.h"
#include "os/process.h"
#include "os/process_memory.h"

namespace holdfast::capture {

class RunningProgram {
 public:
  // `status` must outlive it. Fails as os::ProcessMemory, os::read_maps, Program::open and take_runtime() do.
  RunningProgram(const os::ProcessStatus& status, const Options& options, LossLedger& losses);
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  const os::ProcessStatus& status() const { return status_; }
  const std::vector<os::ProcessMapping>& mappings() const { return maps_; }
  // Asks for the mappings anew: what a running process maps later is not among those that were read before.
  void read_mappings();
  // Those of the mappings that can be read, sorted and joined.
  std::vector<AddressRange> readable() const;

  const os::ProcessMemory& memory() const { return memory_; }
  const MemoryImage& files() const { return files_; }
  // The program files above the memory.
  const MemorySource& layers() const { return layers_; }
  const Program& program() const { return *program_; }
  const ProgramLayouts& layouts() const { return layouts_; }

  // Reads [from, from + to.size()) and returns how many bytes from the start on could be read.
  std::uint64_t fetch(Address from, std::span<std::byte> to) const;
  // Fails with kTargetGone unless the process still is what was opened. Everything that was learned of a process that
  // has become another one is wrong, and an error that came of that would mislead.
  void require_same() const;

 private:
  FileBytes open(const FilePart& part) const;

  const os::ProcessStatus& status_;
  std::vector<os::ProcessMapping> maps_;
  os::ProcessMemory memory_;
  std::optional<Program> program_;
  MemoryImage files_;
  LayeredMemory layers_{files_, memory_};
  ProgramLayouts layouts_;
};

// The mappings that can be read, sorted and joined.
std::vector<AddressRange> readable_ranges(const std::vector<os::ProcessMapping>& maps);

}  // namespace holdfast::capture
