// Reads the bytes of the target that a snapshot has kept, or that its source still has. Pages of zeros are not kept, so
// what is missing inside of the heap is zero unless something else explains it. Several threads may read it; nothing
// throws but heap::ContentSource.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "heap/content.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::view {

class TargetBytes {
 public:
  // Both must outlive this.
  TargetBytes(const heap::Snapshot& snapshot, const heap::ObjectIndex& index);

  // Whether the snapshot has content at all.
  bool any() const { return snapshot_.content.known(); }

  // Returns `size` bytes; nothing if not all of them are known, or if they are more than kMost.
  std::optional<std::vector<std::uint8_t>> read(Address at, std::uint64_t size) const;
  // Returns a little-endian number of `size` bytes, at most 8.
  std::optional<std::uint64_t> number(Address at, std::uint64_t size) const;
  std::optional<std::uint64_t> word(Address at) const { return number(at, 8); }

  // Says in a few words why bytes are missing: "memory was not kept".
  std::string_view why_missing() const;

  static constexpr std::uint64_t kMost = std::uint64_t{1} << 28;

 private:
  // Copies what is there from `at` on without a gap; returns how many bytes.
  std::uint64_t read_some(Address at, std::span<std::uint8_t> to) const;
  bool is_zero_page(Address at) const;

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  heap::ContentView content_;
  bool missing_is_zero_ = false;
};

}  // namespace holdfast::view
