// The one breadth-first loop. Since its queue says long before which rows will be read, they are fetched in time; that
// makes it 2.7 times as fast as a depth-first search (5 times on a heap without locality). 4 B per pointerful object
// and a bit per object; one thread; run() throws when it is cancelled.
#pragma once

#include <cstdint>
#include <utility>

#include "base/cancel.h"
#include "base/huge_array.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

class BreadthFirst {
 public:
  explicit BreadthFirst(const heap::Snapshot& snapshot)
      : edges_(snapshot.edges),
        pointerful_(snapshot.pointerful),
        seen_((std::uint64_t{snapshot.objects} + 63) / 64),
        queue_(snapshot.pointerful) {}

  // A bit per object: whether it was entered so far.
  HugeArray<std::uint64_t>& seen() { return seen_; }

  bool has_entered(std::uint32_t object) const { return (seen_[object / 64] >> (object % 64) & 1) != 0; }
  // Enters one object; false if it was entered before.
  bool enter(std::uint32_t object) {
    std::uint64_t& word = seen_[object / 64];
    const std::uint64_t bit = std::uint64_t{1} << (object % 64);
    if ((word & bit) != 0) return false;
    word |= bit;
    if (object < pointerful_) queue_[tail_++] = object;
    return true;
  }

  // Objects with pointers stand in the order in which they were entered: the place of the one whose edges are followed,
  // and what stands at a place.
  std::uint32_t place() const { return static_cast<std::uint32_t>(head_); }
  std::uint32_t at(std::uint32_t place) const { return queue_[place]; }

  // Follows all edges from what was entered.
  void run() {
    run([](std::uint32_t, std::uint32_t) {}, [](std::uint32_t, std::uint32_t) { return true; });
  }
  // The same, but only over edges with follows(source, object); calls entered(object, source) when an object is
  // entered.
  template <typename Entered, typename Follows>
  void run(const Entered& entered, const Follows& follows) {
    run_while(entered, follows, [] { return true; });
  }
  // The same, as long as goes_on(), which is asked before each object's edges; run again it goes on from there.
  template <typename Entered, typename Follows, typename GoesOn>
  void run_while(const Entered& entered, const Follows& follows, const GoesOn& goes_on) {
    const std::uint32_t* const target = edges_.target.data();
    run_over_edges(
        entered, [&](std::uint32_t source, std::uint32_t edge) { return follows(source, target[edge]); }, goes_on);
  }
  // The same with follows(source, edge).
  template <typename Entered, typename Follows, typename GoesOn>
  void run_over_edges(const Entered& entered, const Follows& follows, const GoesOn& goes_on) {
    const std::uint32_t* const row_begin = edges_.row_begin.data();
    const std::uint32_t* const target = edges_.target.data();
    for (; head_ < tail_ && goes_on(); ++head_) {
      if (head_ % kCancelEvery == 0) throw_if_cancelled();
      if (head_ + 2 * kAhead < tail_) __builtin_prefetch(row_begin + queue_[head_ + 2 * kAhead]);
      if (head_ + kAhead < tail_) __builtin_prefetch(target + row_begin[queue_[head_ + kAhead]]);
      const std::uint32_t source = queue_[head_];
      for (std::uint32_t e = row_begin[source], end = row_begin[source + 1]; e < end; ++e)
        if (follows(source, e) && enter(target[e])) entered(target[e], source);
    }
  }

 private:
  static constexpr std::uint64_t kAhead = 24;  // 16 to 32 are equally good
  static constexpr std::uint64_t kCancelEvery = 1 << 20;

  const heap::Edges& edges_;
  std::uint32_t pointerful_;
  HugeArray<std::uint64_t> seen_;
  HugeArray<std::uint32_t> queue_;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
};

}  // namespace holdfast::graph
