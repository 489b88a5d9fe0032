// A subset of the rows 0 .. n-1 that tells for each member how many members come before it: its row in a column that
// only has cells for members. It takes 1.5 bits per row, so the set of ten million rows stays in a cache.
#pragma once

#include <bit>
#include <cstdint>

#include "base/huge_array.h"

namespace holdfast {

class RankedBits {
 public:
  RankedBits() = default;
  // Makes a set without members. Insert them all, then call count_members(), then ask.
  explicit RankedBits(std::uint64_t rows) : bits_((rows + 63) / 64), before_(bits_.size()) {}

  // Several threads may insert at the same time if no two of them insert rows of one group of 64.
  void insert(std::uint32_t row) { bits_[row / 64] |= bit(row); }
  // Returns how many members there are.
  std::uint32_t count_members() {
    std::uint32_t sum = 0;
    for (std::uint64_t i = 0; i < bits_.size(); ++i) {
      before_[i] = sum;
      sum += static_cast<std::uint32_t>(std::popcount(bits_[i]));
    }
    return sum;
  }

  bool has(std::uint32_t row) const { return (bits_[row / 64] & bit(row)) != 0; }
  // Returns the rank of a member; for any other row that of the next member.
  std::uint32_t rank(std::uint32_t row) const {
    return before_[row / 64] + static_cast<std::uint32_t>(std::popcount(bits_[row / 64] & (bit(row) - 1)));
  }
  // Prefetches for loops that will ask has() of the row soon.
  void fetch(std::uint32_t row) const { __builtin_prefetch(&bits_[row / 64]); }
  // Calls visit(row) for each member of [begin, end), ascending.
  template <typename Visit>
  void for_each(std::uint64_t begin, std::uint64_t end, const Visit& visit) const {
    for (std::uint64_t i = begin / 64; i * 64 < end; ++i) {
      std::uint64_t bits = bits_[i];
      if (i == begin / 64) bits &= ~std::uint64_t{0} << (begin % 64);
      for (; bits != 0; bits &= bits - 1) {
        const std::uint64_t row = i * 64 + static_cast<unsigned>(std::countr_zero(bits));
        if (row >= end) return;
        visit(static_cast<std::uint32_t>(row));
      }
    }
  }
  std::uint64_t own_bytes() const { return bits_.size() * 8 + before_.size() * 4; }

 private:
  static std::uint64_t bit(std::uint32_t row) { return std::uint64_t{1} << (row % 64); }

  HugeArray<std::uint64_t> bits_;
  HugeArray<std::uint32_t> before_;  // how many members the groups of 64 before have
};

}  // namespace holdfast
