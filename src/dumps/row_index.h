// Finds rows of a table by what is in them: a hash table of row numbers. For one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace holdfast::dumps {

class RowIndex {
 public:
  // Returns the row with that hash for which same(row) holds, or add(), the new row.
  template <typename Same, typename Add>
  std::uint32_t find_or_add(std::uint64_t hash, Same&& same, Add&& add) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.row == kFree) {
        slot = {hash, add()};
        ++used_;
        return slot.row;
      }
      if (slot.hash == hash && same(slot.row)) return slot.row;
    }
  }

 private:
  static constexpr std::uint32_t kFree = ~0U;
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t row = kFree;
  };

  void grow() {
    std::vector<Slot> old(std::max<std::size_t>(1024, slots_.size() * 2));
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.row == kFree) continue;
      std::size_t at = slot.hash & (slots_.size() - 1);
      while (slots_[at].row != kFree) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace holdfast::dumps
