#include "graph/reachability.h"

#include <algorithm>
#include <bit>

#include "graph/breadth_first.h"
#include "graph/object_sizes.h"

namespace holdfast::graph {
namespace {

// Counts the set bits in [begin, end).
std::uint64_t count_bits(const HugeArray<std::uint64_t>& bits, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t count = 0;
  while (begin < end) {
    const std::uint64_t in_word = std::min(end, (begin / 64 + 1) * 64) - begin;
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - in_word) << (begin % 64);
    count += static_cast<std::uint64_t>(std::popcount(bits[begin / 64] & mask));
    begin += in_word;
  }
  return count;
}

}  // namespace

Reachability reach(const heap::Snapshot& snapshot, const ReachOptions& options) {
  BreadthFirst search(snapshot);
  for (const ObjectId object : options.without) heap::set_bit(search.seen(), object.row);
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
    if (options.use_root && !options.use_root(RootId(r))) continue;
    const heap::Root& root = snapshot.roots[r];
    for (std::uint32_t i = 0; i < root.target_count; ++i)
      search.enter(snapshot.root_targets[root.first_target + i].object.row);
  }
  search.run();

  Reachability result;
  result.bits = std::move(search.seen());
  for (const ObjectId object : options.without)
    result.bits[object.row / 64] &= ~(std::uint64_t{1} << (object.row % 64));
  ObjectSizes(snapshot).for_each_run(0, snapshot.objects,
                                     [&](std::uint64_t first, std::uint64_t end, std::uint64_t slot_size) {
                                       const std::uint64_t count = count_bits(result.bits, first, end);
                                       result.objects += count;
                                       result.bytes += count * slot_size;
                                     });
  return result;
}

}  // namespace holdfast::graph
