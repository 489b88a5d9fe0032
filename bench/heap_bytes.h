// The memory that a graph could have come from, for the bound of finding edges: the objects' words with their pointers,
// and a table from page to span. Where an object of a permuted graph has no room for its references, a later one takes
// them, so the work is the same.
#pragma once

#include <cstdint>
#include <vector>

#include "base/huge_array.h"
#include "heap/snapshot.h"

namespace holdfast::bench {

class HeapBytes {
 public:
  explicit HeapBytes(const heap::Snapshot& snapshot);

  std::uint64_t edges() const { return edges_; }
  // Reads every word once and writes the edges as rows into arrays made before: what an extraction costs at least.
  // Returns how many there are.
  std::uint64_t scan(HugeArray<std::uint32_t>& row_begin, HugeArray<std::uint32_t>& target) const;

 private:
  struct Place {  // of a span
    std::uint32_t first_page = 0;
    std::uint32_t first_object = 0;
    std::uint32_t slot_size = 0;
    std::uint32_t magic = 0;  // 2^32 / slot_size, rounded up
    std::uint32_t objects = 0;
    bool has_pointers = false;
  };
  std::uint64_t address_of(std::uint32_t object, const Place& place) const;

  std::vector<Place> places_;  // those with pointers first, so that their words lie together
  HugeArray<std::uint32_t> span_of_page_;
  HugeArray<std::uint64_t> words_;
  std::uint64_t edges_ = 0;
};

}  // namespace holdfast::bench
