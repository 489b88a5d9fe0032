// The bytes of the target that a snapshot has kept (Snapshot::content), found by address. Several threads may read it;
// nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

class ContentView {
 public:
  // The content is used in place; it must outlive this and stay as it is.
  explicit ContentView(const Content& content);

  bool empty() const { return ranges_.empty(); }
  // The bytes [at, at + size), which point into the content; nothing if not all of them were kept. word() reads 8
  // bytes.
  std::optional<std::span<const std::uint8_t>> find(Address at, std::uint64_t size) const;
  std::optional<std::uint64_t> word(Address at) const;
  // The bytes from `at` to the end of what was kept without a gap; empty if the byte there was not kept.
  std::span<const std::uint8_t> from(Address at) const;

 private:
  std::span<const AddressRange> ranges_;
  std::span<const std::uint8_t> bytes_;
  std::vector<std::uint64_t> begin_;  // by range: where its bytes begin
};

}  // namespace holdfast::heap
