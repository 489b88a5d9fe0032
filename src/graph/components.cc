#include "graph/components.h"

#include <algorithm>
#include <utility>

#include "base/cancel.h"
#include "graph/sink_layers.h"

namespace holdfast::graph {

class Components::Search {
 public:
  Search(const heap::Snapshot& snapshot, const Reachability& reached, Components& out)
      : edges_(snapshot.edges),
        pointerful_(snapshot.pointerful),
        sinks_(snapshot),
        reached_(reached),
        out_(out),
        number_(pointerful_),
        lowest_(pointerful_) {}

  void run() {
    for (std::uint32_t first = 0; first < pointerful_; ++first) {
      if (!is_searched(first) || number_[first] != 0) continue;
      enter(first);
      while (!open_.empty()) step();
    }
  }

 private:
  static constexpr std::uint32_t kDone = ~std::uint32_t{0};  // the number of an object whose component is complete
  static constexpr std::uint32_t kCancelEvery = 1 << 18;

  struct Open {
    std::uint32_t object = 0, edge = 0;
  };

  bool is_searched(std::uint32_t row) const {
    return row < pointerful_ && !sinks_.has(row) && reached_.contains(ObjectId(row));
  }

  void enter(std::uint32_t row) {
    if (++last_ % kCancelEvery == 0) throw_if_cancelled();
    number_[row] = lowest_[row] = last_;
    waiting_.push_back(row);
    open_.push_back({row, edges_.row_begin[row]});
  }

  void step() {
    Open& top = open_.back();
    const std::uint32_t row = top.object;
    if (top.edge < edges_.row_begin[row + 1]) {
      const std::uint32_t to = edges_.target[top.edge++];
      if (!is_searched(to) || number_[to] == kDone) return;
      if (number_[to] == 0)
        enter(to);
      else
        lowest_[row] = std::min(lowest_[row], number_[to]);
      return;
    }
    open_.pop_back();
    if (!open_.empty()) {
      std::uint32_t& above = lowest_[open_.back().object];
      above = std::min(above, lowest_[row]);
    }
    if (lowest_[row] == number_[row]) close(row);
  }

  void close(std::uint32_t first) {
    const auto begin = std::find(waiting_.rbegin(), waiting_.rend(), first).base() - 1;
    const auto count = static_cast<std::uint32_t>(waiting_.end() - begin);
    Component component{ObjectId(first), count};
    for (auto member = begin; member != waiting_.end(); ++member) {
      number_[*member] = kDone;
      component.first = std::min(component.first, ObjectId(*member));
      if (count > 1) out_.of_[*member] = static_cast<std::uint32_t>(out_.rows_.size()) + 1;
    }
    waiting_.erase(begin, waiting_.end());
    if (count > 1) out_.rows_.push_back(component);
  }

  const heap::Edges& edges_;
  std::uint32_t pointerful_;
  SinkLayers sinks_;
  const Reachability& reached_;
  Components& out_;
  HugeArray<std::uint32_t> number_;  // in the order of the search, from 1; 0 = not met
  HugeArray<std::uint32_t> lowest_;
  std::vector<std::uint32_t> waiting_;  // objects whose component is not complete
  std::vector<Open> open_;              // on the way
  std::uint32_t last_ = 0;
};

Components::Components(const heap::Snapshot& snapshot, const Reachability& reached) : of_(snapshot.pointerful) {
  Search(snapshot, reached, *this).run();
  std::vector<std::uint32_t> order(rows_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::uint32_t row) { return rows_[row].first; });
  std::vector<std::uint32_t> place(order.size());
  std::vector<Component> sorted;
  sorted.reserve(order.size());
  for (const std::uint32_t row : order) {
    place[row] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(rows_[row]);
  }
  rows_ = std::move(sorted);
  for (std::uint32_t& row : of_)
    if (row != 0) row = place[row - 1] + 1;
}

}  // namespace holdfast::graph
