#include "graph/independent_ways.h"

#include <algorithm>

#include "base/error.h"
#include "graph/unit_flow.h"

namespace holdfast::graph {
namespace {

// Calls visit(row, pointers) for each live object that refers to the object.
template <typename Visit>
void for_each_live_referrer(const Backwards& graph, ObjectId object, const Visit& visit) {
  const auto sources = graph.referrers.of(object);
  for (std::size_t i = 0; i < sources.size();) {
    std::size_t end = i + 1;
    while (end < sources.size() && sources[end] == sources[i]) ++end;
    if (graph.reached.contains(ObjectId(sources[i]))) visit(sources[i], static_cast<std::uint32_t>(end - i));
    i = end;
  }
}

// Objects backwards, each split into where ways come in and where they go on, with one arc between; then the groups of
// roots, each with one arc to the sink. So no two ways share an object or a group.
class SplitObjects {
 public:
  SplitObjects(const Backwards& graph, std::span<const std::uint32_t> group_of_root)
      : graph_(graph), group_of_root_(group_of_root) {
    const std::uint32_t last = group_of_root.empty() ? 0 : *std::ranges::max_element(group_of_root);
    const std::uint64_t all = 2 * std::uint64_t{graph.snapshot.objects} + last + 2;
    if (all >= ~std::uint32_t{0})
      fail(ErrorCode::kUnsupported, "{} objects are too many to search for independent ways", graph.snapshot.objects);
    first_group_ = 2 * graph.snapshot.objects;
    sink_ = static_cast<std::uint32_t>(all - 1);
  }

  static std::uint32_t in(std::uint32_t row) { return 2 * row; }
  static std::uint32_t out(std::uint32_t row) { return 2 * row + 1; }
  std::uint32_t sink() const { return sink_; }
  bool is_object(std::uint32_t node) const { return node < first_group_; }
  static ObjectId object(std::uint32_t node) { return ObjectId(node / 2); }
  std::uint32_t group(std::uint32_t node) const { return node - first_group_; }

  std::uint32_t count() const { return sink_ + 1; }
  template <typename Visit>
  void for_each_arc(std::uint32_t from, const Visit& visit) const {
    if (from == sink_) return;
    if (!is_object(from)) return visit(sink_, 1);
    if (from % 2 == 0) return visit(from + 1, 1);
    for_each_live_referrer(graph_, object(from), [&](std::uint32_t row, std::uint32_t) { visit(in(row), 1); });
    const auto roots = graph_.referrers.roots_of(object(from));
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const std::uint32_t its = group_of_root_[roots[i].row];
      const auto is_same = [&](RootId other) { return group_of_root_[other.row] == its; };
      if (std::ranges::none_of(roots.first(i), is_same)) visit(first_group_ + its, 1);
    }
  }

 private:
  const Backwards& graph_;
  std::span<const std::uint32_t> group_of_root_;
  std::uint32_t first_group_ = 0, sink_ = 0;
};

// Objects backwards, then the nodes of the root forest, which nothing needs to be cut from.
class ObjectsAndRoots {
 public:
  explicit ObjectsAndRoots(const Backwards& graph)
      : graph_(graph), sink_(graph.snapshot.objects + static_cast<std::uint32_t>(graph.snapshot.roots.size())) {}

  std::uint32_t sink() const { return sink_; }
  bool is_object(std::uint32_t node) const { return node < graph_.snapshot.objects; }
  NodeId node(std::uint32_t node) const {
    return is_object(node) ? NodeId(ObjectId(node)) : NodeId(RootId(node - graph_.snapshot.objects));
  }

  std::uint32_t count() const { return sink_ + 1; }
  template <typename Visit>
  void for_each_arc(std::uint32_t from, const Visit& visit) const {
    if (from == sink_) return;
    if (!is_object(from)) return visit(sink_, ~std::uint32_t{0});
    for_each_live_referrer(graph_, ObjectId(from), visit);
    const auto roots = graph_.referrers.roots_of(ObjectId(from));
    for (std::size_t i = 0; i < roots.size();) {
      const auto end = std::ranges::upper_bound(roots, roots[i]) - roots.begin();
      visit(graph_.snapshot.objects + roots[i].row, static_cast<std::uint32_t>(end) - static_cast<std::uint32_t>(i));
      i = static_cast<std::size_t>(end);
    }
  }

 private:
  const Backwards& graph_;
  std::uint32_t sink_;
};

RootId first_root_to(const Backwards& graph, std::span<const std::uint32_t> group_of_root, ObjectId object,
                     std::uint32_t group) {
  const auto roots = graph.referrers.roots_of(object);
  const auto its = std::ranges::find_if(roots, [&](RootId root) { return group_of_root[root.row] == group; });
  HOLDFAST_CHECK(its != roots.end());
  return *its;
}

}  // namespace

IndependentWays independent_ways(const Backwards& graph, std::span<const std::uint32_t> group_of_root, ObjectId object,
                                 const SearchLimits& limits) {
  HOLDFAST_CHECK(group_of_root.size() == graph.snapshot.roots.size());
  const SplitObjects split(graph, group_of_root);
  UnitFlow flow(split, SplitObjects::out(object.row), split.sink());
  flow.run(limits.most, limits.most_visits);
  IndependentWays out;
  out.is_complete = flow.is_complete();
  for (const std::vector<std::uint32_t>& found : flow.take_ways()) {
    std::vector<NodeId>& way = out.ways.emplace_back();
    for (const std::uint32_t node : found) {
      if (!split.is_object(node)) {
        way.emplace_back(first_root_to(graph, group_of_root, way.back().object(), split.group(node)));
        break;
      }
      if (way.empty() || way.back().object() != SplitObjects::object(node))
        way.emplace_back(SplitObjects::object(node));
    }
    std::ranges::reverse(way);
  }
  std::ranges::stable_sort(out.ways, {}, &std::vector<NodeId>::size);
  return out;
}

SmallestCut smallest_cut(const Backwards& graph, ObjectId object, const SearchLimits& limits) {
  const ObjectsAndRoots nodes(graph);
  UnitFlow flow(nodes, object.row, nodes.sink());
  flow.run(limits.most + 1, limits.most_visits);
  SmallestCut out;
  out.pointers = flow.ways();
  out.is_complete = flow.is_complete();
  if (!out.is_complete) return out;
  for (const auto& arc : flow.cut()) out.references.push_back({nodes.node(arc.to), ObjectId(arc.from), arc.capacity});
  return out;
}

}  // namespace holdfast::graph
