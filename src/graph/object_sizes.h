// Sizes of objects without a column of them. Neighbours in the numbering mostly share a span, so the spans are kept as
// runs of equal sizes (about 0.1 B per object); a sample of the runs keeps a look-up short. Several threads may read
// it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct ObjectRun {
  std::uint32_t first = 0;      // ObjectId row
  std::uint32_t end = 0;        // the row behind the last
  std::uint64_t slot_size = 0;  // bytes
};

struct ObjectTotals {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;
};

class ObjectSizes {
 public:
  ObjectSizes() = default;
  // Fails with kDamaged when the spans do not number the objects 0 .. objects-1, or a size is no multiple of 8.
  explicit ObjectSizes(const heap::Snapshot& snapshot);

  std::uint64_t size_of(ObjectId object) const { return find(object.row)->slot_size; }
  std::uint64_t total_bytes() const;
  // Of the objects whose bits are set; a bit per object.
  ObjectTotals totals_of(const HugeArray<std::uint64_t>& bits) const;
  std::uint64_t own_bytes() const { return runs_.capacity() * sizeof(ObjectRun) + sample_.capacity() * 4; }

  // Calls visit(first, end, slot_size) for the pieces of [begin, end) in ascending order.
  template <typename Visit>
  void for_each_run(std::uint64_t begin, std::uint64_t end, const Visit& visit) const {
    if (begin >= end) return;
    for (auto run = find(static_cast<std::uint32_t>(begin)); run != runs_.end() && run->first < end; ++run)
      visit(std::max<std::uint64_t>(begin, run->first), std::min<std::uint64_t>(end, run->end), run->slot_size);
  }

 private:
  static constexpr std::uint32_t kSampleBits = 12;

  std::vector<ObjectRun>::const_iterator find(std::uint32_t row) const {
    const std::uint32_t at = row >> kSampleBits;
    if (at + 1 >= sample_.size()) return runs_.end();
    return std::upper_bound(runs_.begin() + sample_[at], runs_.begin() + sample_[at + 1], row,
                            [](std::uint32_t a, const ObjectRun& run) { return a < run.end; });
  }
  void add_sample();

  std::vector<ObjectRun> runs_;        // ascending, without gaps
  std::vector<std::uint32_t> sample_;  // by row >> kSampleBits: the run that it lies in; then the last run
};

}  // namespace holdfast::graph
