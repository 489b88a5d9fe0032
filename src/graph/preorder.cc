#include "graph/preorder.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/cancel.h"
#include "graph/root_forest.h"

namespace holdfast::graph {
namespace {

// A vertex that waits for its visit, and the number of the one that points at it. A vertex may wait several times; the
// entry that is taken first counts, so each visit happens under the deepest vertex that has an edge to it.
struct Waiting {
  std::uint32_t vertex = 0;
  std::uint32_t from = 0;
};

class Search {
 public:
  Search(const heap::Snapshot& snapshot, const Vertices& vertices, const SinkLayers& sinks)
      : snapshot_(snapshot),
        vertices_(vertices),
        sinks_(sinks),
        row_begin_(snapshot.edges.row_begin.data()),
        target_(snapshot.edges.target.data()),
        forest_(snapshot),
        seen_((std::uint64_t{vertices.pointerful()} + 63) / 64),
        stack_(snapshot.edges.count() + snapshot.roots.size() + snapshot.root_targets.size() + vertices.count() + 1) {
    for (std::uint64_t i = 0; i < vertices.pointerful(); i += kRowSample) row_sample_.push_back(row_begin_[i]);
    row_sample_.resize(row_sample_.size() + 2, row_begin_[vertices.pointerful()]);
    order_.number = HugeArray<std::uint32_t>(snapshot.objects);
    order_.root_number.resize(vertices.roots());
    order_.parent = HugeArray<std::uint32_t>(std::uint64_t{vertices.count()} + 1);
    order_.lowest = HugeArray<std::uint32_t>(std::uint64_t{vertices.count()} + 1);
    order_.back = HugeArray<KeptEdge>(snapshot.edges.count() + snapshot.root_targets.size());
    order_.shared = HugeArray<KeptEdge>(snapshot.edges.count() + snapshot.root_targets.size());
  }

  Preorder run() {
    order_.end = Preorder::kSuperRoot + 1;
    for (const RootId root : forest_.top()) wait(vertices_.of(root), Preorder::kSuperRoot);
    while (top_ > 0) {
      const Waiting next = stack_[--top_];
      fetch_rows_below();
      if (vertices_.is_object(next.vertex))
        visit_object(next);
      else
        visit_root(next);
    }
    for (std::uint32_t i = 0; i < kHoldsAhead; ++i) hold({});
    order_.back.shrink(back_count_);
    order_.shared.shrink(shared_count_);
    order_.spare = std::move(stack_).reuse<std::uint64_t>(std::uint64_t{vertices_.count()} + 1);
    return std::move(order_);
  }

 private:
  static constexpr std::uint32_t kCancelEvery = 1 << 20;
  static constexpr std::uint32_t kHoldsAhead = 32;
  static constexpr std::uint32_t kRowSample = 16;

  void wait(std::uint32_t vertex, std::uint32_t from) { stack_[top_++] = {vertex, from}; }

  // Prefetches the edges of the two vertices that are taken next, and the number of one that is taken soon after.
  void fetch_rows_below() const {
    constexpr std::uint64_t kNumberAhead = 4;
    if (top_ >= kNumberAhead && vertices_.is_object(stack_[top_ - kNumberAhead].vertex))
      __builtin_prefetch(&order_.number[stack_[top_ - kNumberAhead].vertex], 1);
    for (std::uint64_t depth = 1; depth <= 2 && depth <= top_; ++depth) {
      const std::uint32_t vertex = stack_[top_ - depth].vertex;
      if (vertices_.is_object(vertex)) __builtin_prefetch(target_ + row_begin_[vertex]);
    }
  }

  std::uint32_t give_number(std::uint32_t parent) {
    const std::uint32_t number = order_.end++;
    if (number % kCancelEvery == 0) throw_if_cancelled();
    order_.parent[number] = parent;
    order_.lowest[number] = parent;
    return number;
  }

  void visit_root(const Waiting& next) {
    const RootId id = vertices_.root(next.vertex);
    const std::uint32_t number = give_number(next.from);
    order_.root_number[id.row] = number;
    const heap::Root& root = snapshot_.roots[id.row];
    for (std::uint32_t i = root.first_target; i < root.first_target + root.target_count; ++i)
      follow(snapshot_.root_targets[i].object.row, number);
    for (const RootId child : forest_.children(id)) wait(vertices_.of(child), number);
  }

  void visit_object(const Waiting& next) {
    if (seen(next.vertex)) {
      std::uint32_t& lowest = order_.lowest[order_.number[next.vertex]];
      lowest = std::min(lowest, next.from);  // without a branch, which the processor could not predict
      return;
    }
    seen_[next.vertex / 64] |= std::uint64_t{1} << (next.vertex % 64);
    const std::uint32_t number = give_number(next.from);
    order_.number[next.vertex] = number;
    for (std::uint32_t e = row_begin_[next.vertex], end = row_begin_[next.vertex + 1]; e < end; ++e)
      follow(target_[e], number);
  }

  void follow(std::uint32_t object, std::uint32_t from) {
    if (object >= vertices_.pointerful() || sinks_.has(object)) {
      __builtin_prefetch(&order_.number[object], 1);
      hold({object, from});
    } else if (!seen(object)) {
      __builtin_prefetch(row_begin_ + object);
      __builtin_prefetch(target_ + row_guess(object));
      wait(object, from);
    } else {
      order_.back[back_count_++] = {object, from};
    }
  }

  // Keeps this edge into a deferred object for later, and enters an earlier one, whose cell has been loaded meanwhile.
  void hold(KeptEdge edge) {
    std::swap(edge, waiting_holds_[hold_count_++ % kHoldsAhead]);
    if (edge.from == 0) return;
    std::uint32_t& holder = order_.number[edge.into];
    if (holder == 0)
      holder = edge.from;
    else if (holder != edge.from)
      order_.shared[shared_count_++] = edge;
  }

  // Guesses where the row of the object begins. Neighbours have rows of similar lengths, so a sample that fits into a
  // cache is right to a few cells. With the guess, the begin and the row can be loaded at once instead of one after the
  // other.
  std::uint32_t row_guess(std::uint32_t object) const {
    const std::uint32_t* const at = row_sample_.data() + object / kRowSample;
    return at[0] + (at[1] - at[0]) / kRowSample * (object % kRowSample);
  }

  bool seen(std::uint32_t object) const { return (seen_[object / 64] >> (object % 64) & 1) != 0; }

  const heap::Snapshot& snapshot_;
  const Vertices& vertices_;
  const SinkLayers& sinks_;
  const std::uint32_t* row_begin_;
  const std::uint32_t* target_;
  RootForest forest_;
  std::vector<std::uint32_t> row_sample_;  // the begin of every kRowSample-th row
  Preorder order_;
  HugeArray<std::uint64_t> seen_;
  HugeArray<Waiting> stack_;
  std::uint64_t top_ = 0;
  std::uint64_t back_count_ = 0;
  std::array<KeptEdge, kHoldsAhead> waiting_holds_{};
  std::uint32_t hold_count_ = 0;
  std::uint64_t shared_count_ = 0;
};

}  // namespace

Preorder number_depth_first(const heap::Snapshot& snapshot, const Vertices& vertices, const SinkLayers& sinks) {
  return Search(snapshot, vertices, sinks).run();
}

}  // namespace holdfast::graph
