// The memory that a graph could have come from: the objects' words with their pointers, and a table from page to span.
// The time to read it is the bound of finding edges. If an object of a permuted graph has no room for its references, a
// later one takes them, so the work is the same.
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
  // Reads every word once and writes the edges as rows into arrays that exist already: an extraction costs at least
  // this. Returns how many edges there are.
  std::uint64_t scan(HugeArray<std::uint32_t>& row_begin, HugeArray<std::uint32_t>& target) const;

 private:
  struct SpanPlace {
    std::uint32_t first_page = 0;
    std::uint32_t first_object = 0;
    std::uint32_t slot_size = 0;
    std::uint32_t magic = 0;  // 2^32 / slot_size, rounded up
    std::uint32_t objects = 0;
    bool has_pointers = false;
  };
  std::uint64_t address_of(std::uint32_t object, const SpanPlace& place) const;

  std::vector<SpanPlace> places_;  // those with pointers come first, so that their words lie together
  HugeArray<std::uint32_t> span_of_page_;
  HugeArray<std::uint64_t> words_;
  std::uint64_t edges_ = 0;
};

}  // namespace holdfast::bench
