#include "graph/shortest_ways.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "base/cancel.h"
#include "graph/breadth_first.h"

namespace holdfast::graph {
namespace {

constexpr int kHighestOrder = 2;
constexpr std::size_t kVisitsBetweenLooks = 1 << 16;  // at whether it is cancelled

// Lower ones are preferred.
int order_of(heap::RootKind kind) {
  switch (kind) {
    case heap::RootKind::kGlobal:
      return 0;
    case heap::RootKind::kGoroutine:
    case heap::RootKind::kFrame:
    case heap::RootKind::kStackSlot:
    case heap::RootKind::kStartClosure:
    case heap::RootKind::kDefer:
      return 1;
    default:
      return kHighestOrder;
  }
}

// Puts the node and its parents in the root forest in front, outermost first.
std::vector<NodeId> with_roots(const heap::Snapshot& snapshot, RootId root, const std::vector<NodeId>& objects) {
  std::vector<NodeId> way;
  for (; root; root = snapshot.roots[root.row].parent) way.emplace_back(root);
  std::ranges::reverse(way);
  way.insert(way.end(), objects.begin(), objects.end());
  return way;
}

// Tells the pointers from one object to another that are all weak, and remembers them for later.
class WeakLinks {
 public:
  WeakLinks(const heap::Snapshot& snapshot, const WeakEdges& weak) : edges_(snapshot.edges), weak_(weak) {}

  // Asked of one source after the other it is quick.
  bool is_weak(std::uint32_t source, std::uint32_t target) {
    const std::uint32_t begin = edges_.row_begin[source], end = edges_.row_begin[source + 1];
    if (!weak_ || end - begin > WayPreference::kMostWeighed) return false;
    if (source != source_) any_ = weak_(ObjectId(source_ = source), is_weak_);
    if (!any_) return false;
    for (std::uint32_t e = begin; e < end; ++e)
      if (edges_.target[e] == target && !is_weak_[e - begin]) return false;
    return true;
  }
  bool put_off(std::uint32_t source, std::uint32_t target) {
    if (!is_weak(source, target)) return false;
    put_off_.emplace_back(source, target);
    return true;
  }
  const std::vector<std::pair<std::uint32_t, std::uint32_t>>& all_put_off() const { return put_off_; }

 private:
  const heap::Edges& edges_;
  const WeakEdges& weak_;
  std::uint32_t source_ = ObjectId::kNone;
  bool any_ = false;
  std::vector<bool> is_weak_;  // by edge of the source
  std::vector<std::pair<std::uint32_t, std::uint32_t>> put_off_;
};

// One search from an object back to the roots.
class BackwardSearch {
 public:
  BackwardSearch(const Backwards& graph, ObjectId object, const WayPreference& preference)
      : graph_(graph), object_(object), preference_(preference), after_(graph.snapshot.objects) {}

  // Empty if no root was met.
  std::vector<NodeId> run(bool over_weak) {
    const std::uint8_t highest = preference_.rank.empty() ? 0 : *std::ranges::max_element(preference_.rank);
    WeakLinks links(graph_.snapshot, preference_.weak);
    visit(object_, object_);
    std::uint32_t distance = 0;
    for (std::size_t begin = 0, end = 1; begin < end; begin = end, end = visited_.size(), ++distance) {
      for (std::size_t i = begin; i < end; ++i) {
        if (i % kVisitsBetweenLooks == 0) throw_if_cancelled();
        meet_roots_of(visited_[i], distance);
      }
      if (root_ && preference_.rank_of(root_) == highest) break;
      for (std::size_t i = begin; i < end; ++i)
        for (const std::uint32_t source : graph_.referrers.of(visited_[i]))
          if (after_[source] == 0 && graph_.reached.contains(ObjectId(source)) &&
              (over_weak || !links.is_weak(source, visited_[i].row)))
            visit(ObjectId(source), visited_[i]);
    }
    return way();
  }

 private:
  using Worth = std::tuple<int, std::uint32_t, int>;  // rank, distance, kind; the lowest is the best

  void visit(ObjectId object, ObjectId after) {
    after_[object.row] = after.row + 1;
    visited_.push_back(object);
  }
  void meet_roots_of(ObjectId object, std::uint32_t distance) {
    for (const RootId root : graph_.referrers.roots_of(object)) {
      const Worth worth{-preference_.rank_of(root), distance, order_of(graph_.snapshot.roots[root.row].kind)};
      if (!root_ || worth < worth_) root_ = root, first_ = object, worth_ = worth;
    }
  }
  std::vector<NodeId> way() const {
    if (!root_) return {};
    std::vector<NodeId> objects = {first_};
    for (ObjectId at = first_; at != object_; objects.emplace_back(at)) at = ObjectId(after_[at.row] - 1);
    return with_roots(graph_.snapshot, root_, objects);
  }

  const Backwards& graph_;
  ObjectId object_;
  const WayPreference& preference_;
  HugeArray<std::uint32_t> after_;  // by object: the one behind it on the way + 1; 0 = not visited
  std::vector<ObjectId> visited_;
  RootId root_;     // the best so far
  Worth worth_;     // of it
  ObjectId first_;  // that it refers to
};

// One search from the roots to all objects.
class ForwardSearch {
 public:
  ForwardSearch(const heap::Snapshot& snapshot, const Vertices& vertices, const WayPreference& preference,
                const ReachOptions& options, HugeArray<std::uint32_t>& before)
      : snapshot_(snapshot),
        vertices_(vertices),
        preference_(preference),
        rules_(snapshot, options),
        follows_all_(options.without_pointers.empty()),
        search_(snapshot),
        links_(snapshot, preference.weak),
        before_(before) {
    for (const ObjectId object : options.without) heap::set_bit(search_.seen(), object.row);
  }

  void run() {
    std::set<std::uint8_t, std::greater<>> ranks;
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) ranks.insert(preference_.rank_of(RootId(r)));
    for (const std::uint8_t rank : ranks) {
      enter_roots(rank);
      follow_strong();
    }
    for (const auto& [source, target] : links_.all_put_off())
      if (search_.enter(target)) before_[target] = source + 1;
    follow([](std::uint32_t, std::uint32_t) { return true; });
  }

 private:
  void enter_roots(std::uint8_t rank) {
    for (int order = 0; order <= kHighestOrder; ++order)
      for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
        const heap::Root& root = snapshot_.roots[r];
        if (order_of(root.kind) != order || preference_.rank_of(RootId(r)) != rank) continue;
        for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
          if (const ObjectId object = snapshot_.root_targets[t].object;
              rules_.starts(RootId(r), object) && search_.enter(object.row))
            before_[object.row] = vertices_.of(RootId(r)) + 1;
      }
  }
  void follow_strong() {
    if (preference_.weak)
      follow([&](std::uint32_t source, std::uint32_t target) { return !links_.put_off(source, target); });
    else
      follow([](std::uint32_t, std::uint32_t) { return true; });
  }
  template <typename Follows>
  void follow(const Follows& follows) {
    const auto entered = [&](std::uint32_t object, std::uint32_t source) { before_[object] = source + 1; };
    if (follows_all_)
      search_.run(entered, follows);
    else
      search_.run(entered, [&](std::uint32_t source, std::uint32_t target) {
        return rules_.follows(source, target) && follows(source, target);
      });
  }

  const heap::Snapshot& snapshot_;
  const Vertices& vertices_;
  const WayPreference& preference_;
  ReachRules rules_;
  bool follows_all_;  // the options leave out no pointer
  BreadthFirst search_;
  WeakLinks links_;
  HugeArray<std::uint32_t>& before_;
};

}  // namespace

std::vector<NodeId> shortest_way_to(const Backwards& graph, ObjectId object, const WayPreference& preference) {
  std::vector<NodeId> way = BackwardSearch(graph, object, preference).run(false);
  return way.empty() && preference.weak ? BackwardSearch(graph, object, preference).run(true) : way;
}

ShortestWays::ShortestWays(const heap::Snapshot& snapshot, const WayPreference& preference, const ReachOptions& options)
    : snapshot_(snapshot), vertices_(snapshot), before_(snapshot.objects) {
  ForwardSearch(snapshot, vertices_, preference, options, before_).run();
}

std::vector<NodeId> ShortestWays::way_to(ObjectId object) const {
  if (before_[object.row] == 0) return {};
  std::vector<NodeId> objects = {object};
  std::uint32_t vertex = before_[object.row] - 1;
  for (; vertices_.is_object(vertex); vertex = before_[vertex] - 1) objects.emplace_back(ObjectId(vertex));
  std::ranges::reverse(objects);
  return with_roots(snapshot_, vertices_.root(vertex), objects);
}

}  // namespace holdfast::graph
