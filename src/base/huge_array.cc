#include "base/huge_array.h"

#include <sys/mman.h>

#include <cerrno>

#include "base/architecture.h"
#include "base/error.h"

namespace holdfast {
namespace {

constexpr std::uint64_t kHugePage = 2 << 20;

std::uint64_t round_up(std::uint64_t n, std::uint64_t to) {
  return (n + to - 1) / to * to;
}

}  // namespace

Mapping::Mapping(std::uint64_t bytes) {
  if (bytes == 0) return;
  bytes_ = round_up(bytes, kSystemPage);
  const bool huge = bytes_ >= 2 * kHugePage;
  // It asks for more than it needs and trims that, so that a large array starts on a huge page.
  const std::uint64_t want = huge ? bytes_ + kHugePage : bytes_;
  void* at = mmap(nullptr, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) fail_with_errno(errno, fmt::format("reserving {} bytes of our own memory", want));
  auto begin = reinterpret_cast<std::uint64_t>(at);
  if (huge) {
    const std::uint64_t aligned = round_up(begin, kHugePage);
    if (aligned > begin) munmap(at, aligned - begin);
    const std::uint64_t tail = begin + want - (aligned + bytes_);
    if (tail > 0) munmap(reinterpret_cast<void*>(aligned + bytes_), tail);
    begin = aligned;
    madvise(reinterpret_cast<void*>(begin), bytes_, MADV_HUGEPAGE);
  }
  base_ = reinterpret_cast<std::byte*>(begin);
}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(base_, other.base_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Mapping::~Mapping() {
  if (base_ != nullptr) munmap(base_, bytes_);
}

void Mapping::shrink(std::uint64_t keep) {
  const std::uint64_t kept = round_up(keep, kSystemPage);
  if (base_ == nullptr || kept >= bytes_) return;
  munmap(base_ + kept, bytes_ - kept);
  bytes_ = kept;
  if (kept == 0) base_ = nullptr;
}

}  // namespace holdfast
