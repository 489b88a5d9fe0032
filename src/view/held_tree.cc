#include "view/held_tree.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "base/cancel.h"
#include "view/held_frames.h"

namespace holdfast::view {
namespace {

constexpr std::uint32_t kNotKnown = ~std::uint32_t{0};
constexpr std::uint32_t kTop = 0;
constexpr std::uint64_t kCancelEvery = 1 << 16;
// So many nodes are told apart before the small ones are folded; what would be more is folded at once.
constexpr std::size_t kMostNodes = 1 << 22;

class Builder {
 public:
  Builder(const Groundwork& groundwork, HeldBy by)
      : ways_(by == HeldBy::kWays ? std::optional(ways_of(groundwork)) : std::nullopt),
        snapshot_(groundwork.snapshot()),
        dominators_(groundwork.dominators()),
        owners_(groundwork.owners()),
        frames_(groundwork),
        node_of_(snapshot_.pointerful),
        node_of_root_(snapshot_.roots.size(), kNotKnown) {
    tree_.by = by;
    tree_.nodes.emplace_back();
    sorts_.push_back(kNotKnown);
    sorts_above_.push_back(0);
  }

  HeldTree run() {
    if (tree_.by == HeldBy::kWays) find_places();
    dominators_.columns().sizes.for_each_run(0, snapshot_.objects,
                                             [&](std::uint64_t first, std::uint64_t end, std::uint64_t size) {
                                               for (std::uint64_t row = first; row < end; ++row) {
                                                 if (row % kCancelEvery == 0) throw_if_cancelled();
                                                 add(ObjectId(static_cast<std::uint32_t>(row)), size);
                                               }
                                             });
    tree_.frames = frames_.take();
    return std::move(tree_);
  }

 private:
  void find_places() {
    place_ = HugeArray<HeldFrames::Place>(snapshot_.objects);
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t) {
        const heap::RootTarget& target = snapshot_.root_targets[t];
        if (ways_->before(target.object) == graph::NodeId(RootId(r)))
          note(target.object, frames_.place_of(RootId(r), target));
      }
    }
    std::uint32_t looked = 0;
    for_each_edge(
        snapshot_,
        [&](ObjectId source) {
          if (++looked % kCancelEvery == 0) throw_if_cancelled();
          return dominators_.reachable(source);
        },
        [&](ObjectId source, const heap::Span& span, std::uint32_t edge, std::uint64_t offset) {
          const ObjectId target(snapshot_.edges.target[edge]);
          if (ways_->before(target) == graph::NodeId(source)) note(target, frames_.place_of(source, span, offset));
        });
  }

  // Of several pointers from one thing the first one names the way.
  void note(ObjectId object, HeldFrames::Place place) {
    if (place_[object.row] == HeldFrames::kNoPlace) place_[object.row] = place;
  }

  void add(ObjectId object, std::uint64_t size) {
    if (!dominators_.reachable(object)) return;
    HeldNode& node = tree_.nodes[node_of(object)];
    node.bytes += size;
    ++node.objects;
    tree_.bytes += size;
    ++tree_.objects;
  }

  graph::NodeId above(graph::NodeId node) const {
    const ObjectId object = node.object();
    if (!object || !ways_) return dominators_.idom(node);
    return ways_->before(object);
  }

  std::uint32_t known(graph::NodeId node) const {
    if (const RootId root = node.root()) return node_of_root_[root.row];
    const ObjectId object = node.object();
    if (!object) return kTop;
    return object.row >= snapshot_.pointerful || node_of_[object.row] == 0 ? kNotKnown : node_of_[object.row] - 1;
  }

  // Climbs to what is known and comes down again. Chains are as long as the longest list, so there is no recursion.
  std::uint32_t node_of(ObjectId object) {
    way_.clear();
    graph::NodeId at = object;
    std::uint32_t node = known(at);
    for (; node == kNotKnown; node = known(at)) {
      way_.push_back(at);
      at = above(at);
    }
    for (std::size_t i = way_.size(); i-- > 0;) node = go_down(node, way_[i]);
    return node;
  }

  std::uint32_t go_down(std::uint32_t parent, graph::NodeId to) {
    if (const RootId root = to.root()) {
      if (parent == kTop) parent = child(kTop, frames_.of_owner(owners_.owner_of(root)));
      const std::uint32_t node = frames_.is_level(root) ? child(parent, frames_.of_root(root)) : parent;
      return node_of_root_[root.row] = node;
    }
    const ObjectId object = to.object();
    if (parent == kTop) parent = child(kTop, frames_.of_home(owners_.home_of(object)));
    const std::uint32_t node =
        child(parent, frames_.of_object(object, place_.empty() ? HeldFrames::kNoPlace : place_[object.row]));
    if (object.row < snapshot_.pointerful) node_of_[object.row] = node + 1;
    return node;
  }

  std::uint32_t child(std::uint32_t parent, std::uint32_t frame) {
    const std::uint64_t key = std::uint64_t{parent} << 32 | frame;
    if (key == last_key_) return last_child_;
    const auto [at, is_new] = child_.try_emplace(key, 0);
    if (is_new) at->second = new_child(parent, frame);
    last_key_ = key;
    return last_child_ = at->second;
  }

  // A node above that has this sort and no other sorts above it than these is taken: lists and trees, also of several
  // types in turn, stay as deep as they have sorts, and below each sort stands all that it holds.
  std::uint32_t new_child(std::uint32_t parent, std::uint32_t frame) {
    const std::uint32_t sort = frames_.sort(frame);
    bool is_above = false;
    for (std::uint32_t node = parent; node != kTop; node = tree_.nodes[node].parent) {
      if (sorts_[node] != sort) continue;
      if (sorts_above_[node] == sorts_above_[parent]) return node;
      is_above = true;
    }
    if (tree_.nodes.size() >= kMostNodes) {
      frame = frames_.of_smaller();
      if (sorts_[parent] == frames_.sort(frame)) return parent;
      const auto found = child_.find(std::uint64_t{parent} << 32 | frame);
      if (found != child_.end()) return found->second;
      child_[std::uint64_t{parent} << 32 | frame] = static_cast<std::uint32_t>(tree_.nodes.size());
    }
    tree_.nodes.push_back({.parent = parent, .frame = frame});
    sorts_.push_back(frames_.sort(frame));
    sorts_above_.push_back(sorts_above_[parent] + (is_above ? 0 : 1));
    return static_cast<std::uint32_t>(tree_.nodes.size() - 1);
  }

  const std::optional<graph::ShortestWays> ways_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const Owners& owners_;
  HeldFrames frames_;
  HugeArray<HeldFrames::Place> place_;       // by object: of the pointer that its way comes by
  HugeArray<std::uint32_t> node_of_;         // by pointerful object: its node + 1; 0 = not known yet
  std::vector<std::uint32_t> node_of_root_;  // by root
  HeldTree tree_;
  std::vector<std::uint32_t> sorts_above_;                  // by node: how many there are, its own included
  std::vector<std::uint32_t> sorts_;                        // by node
  std::unordered_map<std::uint64_t, std::uint32_t> child_;  // by parent and frame
  std::vector<graph::NodeId> way_;
  std::uint64_t last_key_ = ~std::uint64_t{0};
  std::uint32_t last_child_ = 0;
};

// Keeps the largest nodes and brings them into order: each before those below it, larger ones first.
class Folder {
 public:
  Folder(HeldTree& tree, const HeldLimits& limits) : tree_(tree), limits_(limits), below_(bytes_below(tree.nodes)) {}

  void run() {
    choose();
    rest_frame_ = frame_of_rest();
    std::vector<HeldNode> nodes;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> open = {{kTop, 0}};  // a node and the new row of its parent
    while (!open.empty()) {
      const auto [node, parent] = open.back();
      open.pop_back();
      const std::uint32_t row = put(node, parent, nodes);
      for (std::size_t i = children_[node].size(); i-- > 0;) open.emplace_back(children_[node][i], row);
    }
    tree_.nodes = std::move(nodes);
  }

 private:
  // Upper nodes have at least what those below them have, and lower rows, so they are chosen before them.
  void choose() {
    std::vector<std::uint32_t> by_size(tree_.nodes.size());
    std::iota(by_size.begin(), by_size.end(), 0);
    std::ranges::stable_sort(by_size, [&](std::uint32_t a, std::uint32_t b) { return below_[a] > below_[b]; });
    children_.resize(tree_.nodes.size());
    kept_.assign(tree_.nodes.size(), false);
    kept_[kTop] = true;
    std::size_t room = limits_.nodes;
    for (const std::uint32_t node : by_size) {
      const std::uint32_t parent = tree_.nodes[node].parent;
      if (node == kTop || !kept_[parent] || room == 0 || children_[parent].size() >= limits_.siblings) continue;
      kept_[node] = true;
      children_[parent].push_back(node);
      --room;
    }
    rest_.resize(tree_.nodes.size());
    for (std::uint32_t node = static_cast<std::uint32_t>(tree_.nodes.size()); node-- > 1;) {
      if (kept_[node]) continue;
      const HeldNode& row = tree_.nodes[node];
      HeldNode& above = rest_[row.parent];
      above.bytes += row.bytes + rest_[node].bytes;
      above.objects += row.objects + rest_[node].objects;
      tree_.folded_bytes += row.bytes;
      ++tree_.folded_nodes;
    }
  }

  // Appends the node, and what is folded below it, and returns its new row.
  std::uint32_t put(std::uint32_t node, std::uint32_t parent, std::vector<HeldNode>& nodes) {
    const auto row = static_cast<std::uint32_t>(nodes.size());
    nodes.push_back(tree_.nodes[node]);
    nodes.back().parent = parent;
    if (rest_[node].objects > 0) nodes.push_back({row, rest_frame_, rest_[node].bytes, rest_[node].objects});
    return row;
  }

  std::uint32_t frame_of_rest() {
    for (std::uint32_t f = 0; f < tree_.frames.size(); ++f)
      if (tree_.frames[f].kind == HeldKind::kSmaller) return f;
    tree_.frames.push_back(
        {.kind = HeldKind::kSmaller, .name = "(smaller)", .full = "(smaller)", .type = {}, .file = {}});
    return static_cast<std::uint32_t>(tree_.frames.size() - 1);
  }

  HeldTree& tree_;
  const HeldLimits& limits_;
  std::vector<std::uint64_t> below_;
  std::vector<bool> kept_;
  std::vector<std::vector<std::uint32_t>> children_;  // by node: those that are kept, the largest first
  std::vector<HeldNode> rest_;                        // by node: what is folded below it
  std::uint32_t rest_frame_ = 0;
};

}  // namespace

graph::ShortestWays ways_of(const Groundwork& groundwork) {
  const Names& names = groundwork.names();
  const WeakEdges weak(groundwork.snapshot(), names.index(), names.type_rules());
  const RootOwners owners =
      owners_of_roots(groundwork.snapshot(), groundwork.dominators().columns().sizes, names.rules());
  return graph::ShortestWays(groundwork.snapshot(), lasting_ways(owners, weak));
}

std::vector<std::uint64_t> bytes_below(const std::vector<HeldNode>& nodes) {
  std::vector<std::uint64_t> below(nodes.size());
  for (std::size_t node = nodes.size(); node-- > 0;) {
    below[node] += nodes[node].bytes;
    if (node > 0) below[nodes[node].parent] += below[node];
  }
  return below;
}

void fold(HeldTree& tree, const HeldLimits& limits) {
  Folder(tree, limits).run();
}

HeldTree held_tree(const Groundwork& groundwork, HeldBy by, const HeldLimits& limits) {
  HeldTree tree = Builder(groundwork, by).run();
  fold(tree, limits);
  return tree;
}

}  // namespace holdfast::view
