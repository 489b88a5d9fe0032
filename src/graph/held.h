// What a vertex retains, and two ways to keep that for many: a column for sums in the making, and 4 bytes for most of
// the results.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/huge_array.h"

namespace holdfast::graph {

// What a vertex retains, itself included.
struct Held {
  std::uint64_t words = 0;  // bytes / 8
  std::uint32_t objects = 0;

  bool operator==(const Held&) const = default;
};

// One Held per row, in 8 bytes; in 10 where the sum of all may need more than 32 bits of words. No row may hold 2^48
// words or more.
class HeldColumn {
 public:
  HeldColumn() = default;
  // All zero, in the memory of `spare` as far as it reaches.
  template <typename T>
  HeldColumn(HugeArray<T> spare, std::uint64_t rows, std::uint64_t most_words)
      : low_(std::move(spare).template reuse<Low>(rows)) {
    std::fill(low_.begin(), low_.end(), Low());
    if (most_words >> 32 != 0) high_ = HugeArray<std::uint16_t>(rows);
  }

  Held operator[](std::uint64_t row) const {
    const std::uint64_t high = high_.empty() ? 0 : high_[row];
    return {high << 32 | low_[row].words, low_[row].objects};
  }
  std::uint32_t objects(std::uint64_t row) const { return low_[row].objects; }
  void add(std::uint64_t row, const Held& more) {
    Low& low = low_[row];
    const std::uint64_t sum = low.words + more.words;
    low.words = static_cast<std::uint32_t>(sum);
    low.objects += more.objects;
    if (sum >> 32 != 0) high_[row] = static_cast<std::uint16_t>(high_[row] + (sum >> 32));
  }
  void copy_row(std::uint64_t from, std::uint64_t to) {
    low_[to] = low_[from];
    if (!high_.empty()) high_[to] = high_[from];
  }
  // Keeps the first rows and gives the rest of the memory back.
  void shrink(std::uint64_t rows) {
    low_.shrink(rows);
    if (!high_.empty()) high_.shrink(rows);
  }
  // For loops that will add to the row soon.
  void fetch(std::uint64_t row) const { __builtin_prefetch(&low_[row], 1); }
  std::uint64_t size() const { return low_.size(); }
  std::uint64_t own_bytes() const { return low_.size() * sizeof(Low) + high_.size() * 2; }

 private:
  struct Low {
    std::uint32_t words = 0;  // lower half
    std::uint32_t objects = 0;
  };

  HugeArray<Low> low_;
  HugeArray<std::uint16_t> high_;  // upper half of words; empty if all are 0
};

// A Held in 4 bytes: [30:12] words and [11:0] objects; with [31], the row of a column of what is too large for that.
class PackedHeld {
 public:
  PackedHeld() = default;
  static bool fits(const Held& held) { return held.words >> 19 == 0 && held.objects >> 12 == 0; }
  static PackedHeld small(const Held& held) {
    return PackedHeld(static_cast<std::uint32_t>(held.words) << 12 | held.objects);
  }
  static PackedHeld large(std::uint32_t row) { return PackedHeld(kLarge | row); }

  Held unpack(const HeldColumn& large) const {
    if ((bits_ & kLarge) != 0) return large[bits_ & ~kLarge];
    return {bits_ >> 12, bits_ & 0xfff};
  }
  bool operator==(const PackedHeld&) const = default;

 private:
  explicit PackedHeld(std::uint32_t bits) : bits_(bits) {}
  static constexpr std::uint32_t kLarge = 1U << 31;

  std::uint32_t bits_ = 0;
};

}  // namespace holdfast::graph
