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

ReachRules::ReachRules(const heap::Snapshot& snapshot, const ReachOptions& options) : options_(options) {
  for (const auto& [from, to] : options.without_pointers) {
    if (!from.object()) continue;
    if (cut_sources_.empty()) cut_sources_ = HugeArray<std::uint64_t>((std::uint64_t{snapshot.objects} + 63) / 64);
    heap::set_bit(cut_sources_, from.object().row);
  }
}

bool ReachRules::is_cut(NodeId from, ObjectId to) const {
  return std::ranges::binary_search(options_.without_pointers, std::pair(from, to));
}

Reachability reach(const heap::Snapshot& snapshot, const ReachOptions& options) {
  BreadthFirst search(snapshot);
  const ReachRules rules(snapshot, options);
  for (const ObjectId object : options.without) heap::set_bit(search.seen(), object.row);
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
    const heap::Root& root = snapshot.roots[r];
    for (std::uint32_t i = 0; i < root.target_count; ++i)
      if (const ObjectId target = snapshot.root_targets[root.first_target + i].object; rules.starts(RootId(r), target))
        search.enter(target.row);
  }
  if (options.without_pointers.empty())
    search.run();
  else
    search.run([](std::uint32_t, std::uint32_t) {},
               [&](std::uint32_t source, std::uint32_t target) { return rules.follows(source, target); });

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
