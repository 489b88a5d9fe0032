// The memory of another process: single reads for pointer chasing, bulk reads for freezing a heap. Neither needs the
// target to be stopped; only then, though, is what they return of one moment.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/memory_source.h"
#include "os/file_descriptor.h"

namespace holdfast::os {

enum class ReadMethod : std::uint8_t {
  kVmReadv,  // process_vm_readv, fastest; /proc/TID/mem where the system refuses it
  kProcMem,  // only /proc/TID/mem: for memory shared after a fork, which process_vm_readv would copy page by page. It
             // also reads what is mapped without read permission.
};

struct RangesRead {
  std::uint64_t bytes = 0;          // that were read
  std::vector<AddressRange> holes;  // that could not be; ascending, joined, zero in the destination
};

// Target memory and where it is to be copied to in ours, as many bytes.
struct RangeCopy {
  AddressRange from;
  std::byte* to = nullptr;
};

// Safe for several threads at once.
class ProcessMemory final : public MemorySource {
 public:
  // Fails with kNotFound, kTargetGone or kPermission.
  explicit ProcessMemory(pid_t pid, ReadMethod method = ReadMethod::kVmReadv);

  // The process, also where a thread's id was given.
  pid_t pid() const { return pid_; }
  // Whether the memory that this was opened for is no more: the process has ended or runs a program anew (execve).
  bool is_gone() const;

  bool try_read(Address from, std::span<std::byte> to) const override;
  // Always null: the bytes lie in another process.
  const std::byte* try_view(Address, std::uint64_t) const override { return nullptr; }

  bool try_gather(std::span<const AddressRange> ranges, std::span<std::byte> to) const override {
    return read_ranges(ranges, to, 1).holes.empty();
  }

  // Makes the copies (ascending, apart) with 1 or more threads. Their places should be populated: fresh pages cost 2.5
  // times the read. A hole costs a call per page, so ask present_ranges() first. Fails with kTargetGone if the process
  // ends meanwhile.
  RangesRead copy_ranges(std::span<const RangeCopy> copies, unsigned threads) const;
  // The same into `to`, one range behind the other; the sum of their sizes is at most `to.size()`.
  RangesRead read_ranges(std::span<const AddressRange> ranges, std::span<std::byte> to, unsigned threads) const;

  // The pages of `range` that hold something: in memory or swapped out, zero pages left out. Reading others would only
  // cost the target page tables. Without PAGEMAP_SCAN (Linux 6.7) zero pages are not told apart; where pagemap is
  // refused, all of `range`. Ascending, joined, cut to `range`.
  std::vector<AddressRange> present_ranges(AddressRange range) const;

  // The pages of a mapping, or several of them, that its resident size `rss` (of smaps, just read) counts: in memory,
  // zero pages left out. Without PAGEMAP_SCAN what fits `rss` best of all pages in memory and those that no other
  // process shares; where pagemap is refused, all of `range`. `range` lies on page borders.
  std::vector<AddressRange> resident_ranges(AddressRange range, std::uint64_t rss) const;

 private:
  struct ThreadShare;
  struct Got {
    std::uint64_t bytes = 0;  // 0: the first byte cannot be read
    bool target_gone = false;
  };
  void read_share(ThreadShare& share) const;
  // Reads each piece of `from` into the one of the same size in `to`, up to the first page that cannot be read.
  Got read_some(std::span<const iovec> from, std::span<const iovec> to) const;

  pid_t pid_;
  pid_t tid_;  // living when we began
  FileDescriptor mem_;
  FileDescriptor pagemap_;  // may be missing
  mutable std::atomic<bool> use_readv_;
};

// Makes the system give memory for all of `bytes` now; contents are kept. Fails with kSystem if there is too little.
void populate(std::span<std::byte> bytes);
// Asks the system not to take a huge page where a small one will do. The span begins and ends on page borders.
void use_small_pages(std::span<std::byte> bytes);

}  // namespace holdfast::os
