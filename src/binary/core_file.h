// A core file of a Linux process of the architecture that holdfast reads. It may be written by the kernel (sparse,
// without file-backed read-only pages) or by gdb's gcore, and it may be cut off by a size limit. What is missing is
// reported and never a reason to refuse. Source: core(5), linux/elfcore.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/registers.h"
#include "binary/elf.h"

namespace holdfast::binary {

struct CoreSegment {
  AddressRange range;
  // What the core has of the range, from its beginning on. This may be all of it, less (the rest was not dumped and
  // should be taken from the mapped file), or nothing.
  std::span<const std::byte> bytes;
  std::uint64_t missing_bytes = 0;  // promised by the core but behind the end of the file: a loss
  std::uint32_t flags = 0;          // PF_X 1, PF_W 2, PF_R 4

  bool executable() const { return (flags & 1) != 0; }
  bool writable() const { return (flags & 2) != 0; }
};

struct CoreThread {
  std::int32_t tid = 0;
  std::int32_t signal = 0;  // the one it was about to get; 0 = none
  Registers registers;
};

// A file that is mapped into the process.
struct CoreMapping {
  AddressRange range;
  std::uint64_t file_offset = 0;  // bytes
  std::string_view path;
};

struct CoreProcess {
  std::int32_t pid = 0;
  std::string name;  // at most 15 characters
  std::string args;  // at most 79 characters
};

// From the auxiliary vector; null if it does not say.
struct CoreAuxv {
  Address entry;            // AT_ENTRY; without the file's e_entry it is the load bias
  Address program_headers;  // AT_PHDR
  Address interpreter;      // AT_BASE
};

struct CoreSignal {
  std::int32_t number = 0;
  std::int32_t code = 0;
  Address address;  // the one that faulted; meaningful for SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP
};

// Spans and texts point into the bytes of the view, which must outlive it. Several threads may read it.
class CoreFile {
 public:
  // Fails like ElfFile, and with kUnsupported if the file is not a core.
  explicit CoreFile(ByteView file);

  // In file order, without segments that are empty or wrap around.
  const std::vector<CoreSegment>& segments() const { return segments_; }
  // The sum over all segments, in bytes.
  std::uint64_t missing_bytes() const;
  // In file order: in a kernel's core the thread that died comes first.
  const std::vector<CoreThread>& threads() const { return threads_; }
  const std::vector<CoreMapping>& mappings() const { return mappings_; }
  const std::optional<CoreProcess>& process() const { return process_; }
  const std::optional<CoreAuxv>& auxv() const { return auxv_; }
  const std::optional<CoreSignal>& signal() const { return signal_; }
  // Sentences that say what was damaged or missing, with numbers.
  const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  void add_segments(const ElfFile& elf);
  void add_note(const ElfNote& note);
  void add_thread(const ByteView& note);
  void add_mappings(const ByteView& note);
  void add_auxv(const ByteView& note);

  std::vector<CoreSegment> segments_;
  std::vector<CoreThread> threads_;
  std::vector<CoreMapping> mappings_;
  std::optional<CoreProcess> process_;
  std::optional<CoreAuxv> auxv_;
  std::optional<CoreSignal> signal_;
  std::vector<std::string> remarks_;
};

}  // namespace holdfast::binary
