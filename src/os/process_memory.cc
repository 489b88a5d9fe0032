#include "os/process_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "base/architecture.h"
#include "base/error.h"
#include "base/ranges.h"
#include "os/pagemap.h"
#include "os/proc_text.h"
#include "os/process.h"
#include "os/refusal.h"

namespace holdfast::os {
namespace {

constexpr std::uint64_t kCallBytes = 256 << 10;  // the fastest size of a call on the machines that we measured
constexpr std::size_t kCallRanges = 1024;        // UIO_MAXIOV, the most that a call takes
constexpr std::uint64_t kAddressEnd = (std::uint64_t{1} << kArchitecture.address_bits) - kSystemPage;  // of user memory

// Returns the part [offset, offset + count) of `copies`, which count as one behind the other.
std::vector<RangeCopy> cut(std::span<const RangeCopy> copies, std::uint64_t offset, std::uint64_t count) {
  std::vector<RangeCopy> out;
  for (const RangeCopy& copy : copies) {
    if (count == 0) break;
    if (offset >= copy.from.size()) {
      offset -= copy.from.size();
      continue;
    }
    const std::uint64_t take = std::min(copy.from.size() - offset, count);
    out.push_back({{copy.from.begin + offset, copy.from.begin + offset + take}, copy.to + offset});
    offset = 0;
    count -= take;
  }
  return out;
}

}  // namespace

// What one thread reads, and what it got.
struct ProcessMemory::ThreadShare {
  std::vector<RangeCopy> copies;
  RangesRead result;
  bool target_gone = false;
};

ProcessMemory::ProcessMemory(pid_t pid, ReadMethod method)
    : pid_(pid), tid_(0), use_readv_(method == ReadMethod::kVmReadv) {
  const ProcessStatus status = read_status(pid);
  require_readable(status);
  pid_ = status.pid;
  tid_ = living_thread(pid_);
  mem_ = FileDescriptor(open(thread_file(pid_, tid_, "mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (!mem_) fail_proc(errno, pid_, "opening the memory of process " + describe(status));
  pagemap_ = FileDescriptor(open(thread_file(pid_, tid_, "pagemap").c_str(), O_RDONLY | O_CLOEXEC));
}

// An open /proc/PID/mem belongs to one address space for ever. It reads as an empty file once that is given up; before,
// unmapped memory is an error (fs/proc/base.c, mem_rw).
bool ProcessMemory::is_gone() const {
  std::byte byte{};
  return pread(mem_.get(), &byte, 1, 0) == 0;
}

ProcessMemory::Got ProcessMemory::read_some(std::span<const iovec> from, std::span<const iovec> to) const {
  if (use_readv_.load(std::memory_order_relaxed)) {
    const ssize_t got = process_vm_readv(tid_, to.data(), to.size(), from.data(), from.size(), 0);
    if (got >= 0) return {static_cast<std::uint64_t>(got), false};
    if (errno != ESRCH && errno != EPERM && errno != ENOSYS) return {0, false};
    // The thread has ended, or a filter forbids the call. The open file works as long as any thread lives.
    use_readv_.store(false, std::memory_order_relaxed);
  }
  std::uint64_t done = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const ssize_t got = pread(mem_.get(), to[i].iov_base, from[i].iov_len,
                              static_cast<off_t>(reinterpret_cast<std::uint64_t>(from[i].iov_base)));
    if (got == 0 && done == 0 && from[i].iov_len > 0) return {0, true};
    done += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
    if (got < static_cast<ssize_t>(from[i].iov_len)) break;
  }
  return {done, false};
}

bool ProcessMemory::try_read(Address from, std::span<std::byte> to) const {
  while (!to.empty()) {
    const iovec remote{reinterpret_cast<void*>(from.value), to.size()};
    const iovec local{to.data(), to.size()};
    const std::uint64_t got = read_some({&remote, 1}, {&local, 1}).bytes;
    if (got == 0) return false;
    to = to.subspan(got);
    from += got;
  }
  return true;
}

void ProcessMemory::read_share(ThreadShare& share) const {
  std::vector<iovec> remote, local;
  std::size_t row = 0;
  std::uint64_t done = 0;  // of the row that is read
  const auto advance = [&](std::uint64_t bytes) {
    for (done += bytes; row < share.copies.size() && done >= share.copies[row].from.size(); ++row)
      done -= share.copies[row].from.size();
  };
  while (row < share.copies.size()) {
    remote.clear();
    local.clear();
    std::uint64_t want = 0;
    std::uint64_t skip = done;
    for (std::size_t i = row; i < share.copies.size() && want < kCallBytes && remote.size() < kCallRanges; ++i) {
      const RangeCopy& copy = share.copies[i];
      const std::uint64_t take = std::min(copy.from.size() - skip, kCallBytes - want);
      remote.push_back({reinterpret_cast<void*>(copy.from.begin.value + skip), take});
      local.push_back({copy.to + skip, take});
      want += take;
      skip = 0;
    }
    const Got got = read_some(remote, local);
    share.target_gone = got.target_gone;
    if (got.target_gone) return;
    share.result.bytes += got.bytes;
    if (got.bytes > 0) {
      advance(got.bytes);
      continue;
    }
    const RangeCopy& copy = share.copies[row];
    const Address at = copy.from.begin + done;
    const AddressRange hole{at, std::min(Address((at.value / kSystemPage + 1) * kSystemPage), copy.from.end)};
    append_range(share.result.holes, hole);
    std::memset(copy.to + done, 0, hole.size());
    advance(hole.size());
  }
}

RangesRead ProcessMemory::copy_ranges(std::span<const RangeCopy> copies, unsigned threads) const {
  std::uint64_t total = 0;
  for (const RangeCopy& copy : copies) total += copy.from.size();
  constexpr std::uint64_t kWorthAThread = 1 << 20;
  const std::uint64_t count = std::clamp<std::uint64_t>(total / kWorthAThread, 1, std::max(threads, 1U));
  std::vector<ThreadShare> shares(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t begin = total / kSystemPage * i / count * kSystemPage;
    const std::uint64_t end = i + 1 == count ? total : total / kSystemPage * (i + 1) / count * kSystemPage;
    shares[i].copies = cut(copies, begin, end - begin);
  }
  {
    std::vector<std::jthread> workers;
    for (std::uint64_t i = 1; i < count; ++i) workers.emplace_back([this, &share = shares[i]] { read_share(share); });
    read_share(shares[0]);
  }
  RangesRead result;
  for (const ThreadShare& share : shares) {
    if (share.target_gone)
      fail(ErrorCode::kTargetGone, "process {} ended while {} bytes of its memory were read", pid_, total);
    result.bytes += share.result.bytes;
    for (const AddressRange& hole : share.result.holes) append_range(result.holes, hole);
  }
  return result;
}

RangesRead ProcessMemory::read_ranges(std::span<const AddressRange> ranges, std::span<std::byte> to,
                                      unsigned threads) const {
  std::vector<RangeCopy> copies;
  copies.reserve(ranges.size());
  for (const AddressRange& range : ranges) {
    HOLDFAST_CHECK(range.size() <= to.size());
    copies.push_back({range, to.data()});
    to = to.subspan(range.size());
  }
  return copy_ranges(copies, threads);
}

std::vector<AddressRange> ProcessMemory::present_ranges(AddressRange range) const {
  range.end = std::min(range.end, Address(kAddressEnd));
  if (range.empty()) return {};
  const AddressRange pages{Address(range.begin.value / kSystemPage * kSystemPage),
                           Address((range.end.value + kSystemPage - 1) / kSystemPage * kSystemPage)};
  std::optional<std::vector<AddressRange>> present;
  if (pagemap_) {
    present = scan_pagemap(pagemap_.get(), pages, WhichPages::kFilled);
    if (!present) present = read_pagemap(pagemap_.get(), pages, WhichPages::kFilled);
  }
  if (!present) return {range};
  if (!present->empty()) {
    present->front().begin = std::max(present->front().begin, range.begin);
    present->back().end = std::min(present->back().end, range.end);
  }
  return *std::move(present);
}

std::vector<AddressRange> ProcessMemory::resident_ranges(AddressRange range, std::uint64_t rss) const {
  range.end = std::min(range.end, Address(kAddressEnd));
  if (range.empty() || !pagemap_) return {range};
  if (auto scanned = scan_pagemap(pagemap_.get(), range, WhichPages::kInMemory)) return *std::move(scanned);
  return read_resident(pagemap_.get(), range, rss).value_or(std::vector{range});
}

void populate(std::span<std::byte> bytes) {
  if (bytes.empty()) return;
  const auto begin = reinterpret_cast<std::uint64_t>(bytes.data()) / kSystemPage * kSystemPage;
  const auto end = reinterpret_cast<std::uint64_t>(bytes.data()) + bytes.size();
  const std::uint64_t length = (end - begin + kSystemPage - 1) / kSystemPage * kSystemPage;
  int result = 0;
  do result = madvise(reinterpret_cast<void*>(begin), length, MADV_POPULATE_WRITE);
  while (result != 0 && errno == EINTR);
  if (result == 0) return;
  if (errno != EINVAL) fail_with_errno(errno, fmt::format("getting {} bytes of memory for a copy", bytes.size()));
  // Linux before 5.14 lacks MADV_POPULATE_WRITE.
  const auto touch = [](std::byte& byte) {
    volatile std::byte& place = byte;
    place = place;
  };
  for (std::size_t at = 0; at < bytes.size(); at += kSystemPage) touch(bytes[at]);
  touch(bytes.back());
}

void use_small_pages(std::span<std::byte> bytes) {
  madvise(bytes.data(), bytes.size(), MADV_NOHUGEPAGE);  // fails only where there are no huge pages
}

}  // namespace holdfast::os
