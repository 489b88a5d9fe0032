// Rows grouped by a small number that each has or lacks, in ascending order within a group: 4 B per row, 4 B per key.
// Made by counting, in two passes over the rows. Throws when it is cancelled; afterwards several threads may read it.
#pragma once

#include <cstdint>

#include "base/cancel.h"
#include "base/huge_array.h"
#include "query/rows.h"

namespace holdfast::query {

class Grouping {
 public:
  static constexpr std::uint32_t kNoKey = ~std::uint32_t{0};

  // `key_of(row)` is below `keys`, or kNoKey. Rows and their count fit into 32 bits.
  template <typename KeyOf>
  Grouping(std::uint64_t rows, std::uint64_t keys, const KeyOf& key_of) : begin_(keys + 2), rows_(rows) {
    for (std::uint64_t row = 0; row < rows; ++row) {
      if (row % kCancelEvery == 0) throw_if_cancelled();
      ++begin_[place(key_of(static_cast<std::uint32_t>(row))) + 1];
    }
    for (std::uint64_t k = 1; k < begin_.size(); ++k) begin_[k] += begin_[k - 1];
    // While rows are put down, begin_[k] is where the next one of the group goes: in the end, where it ends.
    for (std::uint64_t row = 0; row < rows; ++row) {
      if (row % kCancelEvery == 0) throw_if_cancelled();
      rows_[begin_[place(key_of(static_cast<std::uint32_t>(row)))]++] = static_cast<std::uint32_t>(row);
    }
    for (std::uint64_t k = begin_.size(); k-- > 1;) begin_[k] = begin_[k - 1];
    begin_[0] = 0;
  }

  // Those without a key come first.
  Rows rows(const Bound& bound) const {
    const std::uint64_t keys = begin_.size() - 2;
    const auto [first, last] = bound.among(keys);
    Rows out{rows_.data(), {}, {}};
    if (bound.nulls) out.ranges[0] = {0, begin_[1]};
    if (first < last) out.ranges[1] = {begin_[first + 1], begin_[last + 1]};
    return out;
  }
  std::uint64_t count(std::uint32_t key) const {
    return begin_[key + std::uint64_t{2}] - begin_[key + std::uint64_t{1}];
  }

 private:
  static constexpr std::uint64_t kCancelEvery = 1 << 20;
  static std::uint64_t place(std::uint32_t key) { return key == kNoKey ? 0 : std::uint64_t{key} + 1; }

  HugeArray<std::uint32_t> begin_;  // by key + 1: where its group begins; 0 is that of rows without a key; then the end
  HugeArray<std::uint32_t> rows_;
};

}  // namespace holdfast::query
