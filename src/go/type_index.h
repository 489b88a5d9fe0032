// A flat hash from addresses to row numbers: one probe, one cache line, no allocation except when it grows. Several
// threads may share it while none inserts.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/hash.h"

namespace holdfast::go {

class TypeIndex {
 public:
  std::size_t size() const { return used_; }

  std::optional<std::uint32_t> find(Address key) const {
    if (slots_.empty()) return std::nullopt;
    const KeyedRow& slot = slots_[place(key)];
    return slot.key ? std::optional(slot.row) : std::nullopt;
  }
  // False if the key, which must not be null, is there already; then its row stays.
  bool insert(Address key, std::uint32_t row) {
    if (used_ * 2 >= slots_.size()) grow();
    KeyedRow& slot = slots_[place(key)];
    if (slot.key) return false;
    slot = {key, row};
    ++used_;
    return true;
  }

 private:
  struct KeyedRow {
    Address key;
    std::uint32_t row = 0;
  };
  std::size_t place(Address key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = spread(key) & mask;
    while (slots_[i].key && slots_[i].key != key) i = (i + 1) & mask;
    return i;
  }
  void grow() {
    std::vector<KeyedRow> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const KeyedRow& slot : old)
      if (slot.key) slots_[place(slot.key)] = slot;
  }

  std::vector<KeyedRow> slots_;
  std::size_t used_ = 0;
};

}  // namespace holdfast::go
