#include "graph/dominators.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/cancel.h"
#include "base/parallel.h"
#include "graph/preorder.h"
#include "graph/sink_layers.h"

namespace holdfast::graph {
namespace {

constexpr std::uint64_t kAhead = 24;     // iterations between the prefetch of a random cell and its use
constexpr std::uint32_t kRowsAhead = 8;  // the same for rows of edges
constexpr std::uint32_t kInRow = 8;      // edges of a row that are prefetched

// Every owner looks at all input and owns a range of the output; more than four would not pay.
unsigned owners() {
  return std::min(worker_count(), 4U);
}

// One per number. It serves as the forest of the semidominator pass first, then as the dominator tree.
struct Node {
  std::uint32_t up = 0;     // the ancestor, later the immediate dominator
  std::uint32_t value = 0;  // the label (lowest semidominator on the way up), later the jump pointer
};

class Solver {
 public:
  Solver(const heap::Snapshot& snapshot, const Vertices& vertices, const ObjectSizes& sizes)
      : snapshot_(snapshot), vertices_(vertices), sizes_(sizes) {}

  DominatorColumns run(PassTimes& times) {
    times.run("sink layers", [&] { sinks_.emplace(snapshot_); });
    times.run("number objects", [&] { order_ = number_depth_first(snapshot_, vertices_, *sinks_); });
    times.run("group back edges", [&] { group_back_edges(); });
    times.run("semidominators", [&] { find_semidominators(); });
    times.run("dominators", [&] { find_dominators(); });
    times.run("dominators of leaves", [&] { find_leaf_dominators(); });
    times.run("retained sizes", [&] { sum_up(); });
    return times.run("dominator columns", [&] { return columns(); });
  }

 private:
  // Sorts the sources of the back edges by the number of their target. In tree_[number].value is where the row of that
  // number begins: the column is not needed for anything else yet.
  void group_back_edges();
  // Leaves the semidominators in order_.lowest; back_sources_ is gone afterwards.
  void find_semidominators();
  void compress(std::uint32_t v, std::uint32_t w);
  // Leaves {immediate dominator, jump pointer} in tree_; order_.lowest and order_.parent are free afterwards.
  void find_dominators();
  std::uint32_t common_dominator(std::uint32_t a, std::uint32_t b) const;
  // Numbers the sinks, and leaves the number of each leaf's dominator in order_.number.
  void find_leaf_dominators();
  void name_vertices();
  bool is_deferred(std::uint32_t object) const { return vertices_.is_leaf(ObjectId(object)) || sinks_->has(object); }
  void fetch_deferred_of(std::uint32_t object) const;
  void meet(std::uint32_t object, std::uint32_t holder);
  void meet_shared();
  void number_sinks();
  // Completes idom_ and sums_; tree_ is gone afterwards.
  void sum_up();
  void add_own_sizes();
  void add_leaf_sizes();
  // Turns numbers into vertices. This solver is used up afterwards.
  DominatorColumns columns();
  void find_holders(RankedBits& holders) const;
  void name_dominators();
  void pack_sums(DominatorColumns& columns);

  const heap::Snapshot& snapshot_;
  const Vertices& vertices_;
  const ObjectSizes& sizes_;
  std::optional<SinkLayers> sinks_;
  Preorder order_;
  HugeArray<std::uint32_t> back_sources_;
  HugeArray<Node> tree_;
  // By number:
  HugeArray<std::uint32_t> vertex_;
  HugeArray<std::uint32_t> idom_;
  HeldColumn sums_;
  std::vector<std::uint32_t> path_;
};

// The tree takes the memory of the search's stack, as far as it reaches.
void Solver::group_back_edges() {
  HugeArray<KeptEdge> back = std::move(order_.back);
  for_each_part(back.size(), worker_count(), [&](unsigned, std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t e = first; e < last; ++e) {
      if (e + kAhead < last) __builtin_prefetch(&order_.number[back[e + kAhead].into]);
      back[e].into = order_.number[back[e].into];
    }
  });
  tree_ = std::move(order_.spare).reuse<Node>(std::uint64_t{vertices_.count()} + 1);
  for (std::uint32_t w = 0; w < order_.end; ++w) tree_[w] = {order_.parent[w], 0};
  for (const KeptEdge& edge : back) ++tree_[edge.into].value;
  std::uint32_t sum = 0;
  for (std::uint32_t w = 0; w < order_.end; ++w) tree_[w].value = sum += tree_[w].value;
  back_sources_ = HugeArray<std::uint32_t>(back.size());
  for (const KeptEdge& edge : back) back_sources_[--tree_[edge.into].value] = edge.from;
}

// Points v, and the numbers above w on its way up, at the first one whose ancestor is not above w.
void Solver::compress(std::uint32_t v, std::uint32_t w) {
  path_.clear();
  for (std::uint32_t u = v; tree_[u].up > w; u = tree_[u].up) path_.push_back(u);
  while (!path_.empty()) {
    Node& node = tree_[path_.back()];
    path_.pop_back();
    const Node above = tree_[node.up];
    node.value = std::min(node.value, above.value);
    node.up = above.up;
  }
}

// Goes downwards through all numbers, and so through all rows: what was a begin becomes a label when its row is done.
void Solver::find_semidominators() {
  std::uint64_t row_end = back_sources_.size();
  for (std::uint32_t w = order_.end - 1; w > Preorder::kSuperRoot; --w) {
    std::uint32_t semi = order_.lowest[w];
    const std::uint64_t row_begin = tree_[w].value;
    for (std::uint64_t e = row_end; e-- > row_begin;) {
      const std::uint32_t v = back_sources_[e];
      if (e >= kAhead) {
        __builtin_prefetch(&tree_[back_sources_[e - kAhead]]);
        __builtin_prefetch(&tree_[tree_[back_sources_[e - kAhead / 2]].up]);
      }
      if (v == w) continue;
      if (tree_[v].up > w) compress(v, w);
      semi = std::min(semi, tree_[v].value);
    }
    row_end = row_begin;
    order_.lowest[w] = semi;
    tree_[w].value = semi;
  }
  back_sources_ = {};
}

void Solver::find_dominators() {
  HugeArray<std::uint32_t>& depth = order_.lowest;  // replaces each semidominator once that was used
  tree_[Preorder::kSuperRoot] = {Preorder::kSuperRoot, Preorder::kSuperRoot};
  depth[Preorder::kSuperRoot] = 0;
  for (std::uint32_t v = Preorder::kSuperRoot + 1; v < order_.end; ++v) {
    const std::uint32_t semi = order_.lowest[v];
    std::uint32_t y = order_.parent[v];
    while (y > semi) y = tree_[y].value >= semi ? tree_[y].value : tree_[y].up;
    const std::uint32_t near = tree_[y].value;
    const std::uint32_t far = tree_[near].value;
    tree_[v] = {y, depth[y] - depth[near] == depth[near] - depth[far] ? far : y};
    depth[v] = depth[y] + 1;
  }
}

std::uint32_t Solver::common_dominator(std::uint32_t a, std::uint32_t b) const {
  while (a != b) {
    if (a < b) std::swap(a, b);
    a = tree_[a].value >= b ? tree_[a].value : tree_[a].up;
  }
  return a;
}

void Solver::name_vertices() {
  vertex_ = std::move(order_.parent);
  vertex_[0] = Vertices::kNone;
  vertex_[Preorder::kSuperRoot] = vertices_.super_root();
  for (std::uint32_t r = 0; r < vertices_.roots(); ++r) vertex_[order_.root_number[r]] = vertices_.of(RootId(r));
  for_each_part(vertices_.pointerful(), worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin; i < end; ++i)
      if (order_.number[i] != 0 && !sinks_->has(static_cast<std::uint32_t>(i)))
        vertex_[order_.number[i]] = static_cast<std::uint32_t>(i);
  });
}

void Solver::meet(std::uint32_t object, std::uint32_t holder) {
  if (!is_deferred(object)) return;
  std::uint32_t& owner = order_.number[object];
  owner = owner == 0 ? holder : common_dominator(owner, holder);
}

// Prefetches the cells of the first few deferred objects that this one points at.
void Solver::fetch_deferred_of(std::uint32_t object) const {
  const std::uint32_t* const target = snapshot_.edges.target.data();
  const std::uint32_t begin = snapshot_.edges.row_begin[object];
  const std::uint32_t end = std::min(snapshot_.edges.row_begin[object + 1], begin + kInRow);
  for (std::uint32_t e = begin; e < end; ++e)
    if (is_deferred(target[e])) __builtin_prefetch(&order_.number[target[e]], 1);
}

void Solver::find_leaf_dominators() {
  name_vertices();
  meet_shared();
  number_sinks();
}

// Goes in the order of the holders' numbers, so that the way up from each was just walked for the one before.
void Solver::meet_shared() {
  const HugeArray<KeptEdge> shared = std::move(order_.shared);
  for (std::uint64_t e = 0; e < shared.size(); ++e) {
    if (e + 2 * kAhead < shared.size()) __builtin_prefetch(&order_.number[shared[e + 2 * kAhead].into], 1);
    if (e + kAhead < shared.size()) __builtin_prefetch(&tree_[order_.number[shared[e + kAhead].into]]);
    std::uint32_t& owner = order_.number[shared[e].into];
    owner = common_dominator(owner, shared[e].from);
  }
}

// Goes layer by layer: when one is numbered, everything that points at its objects has its number. Jump pointers would
// not pay here, since the tree below what was numbered before is no deeper than there are layers.
void Solver::number_sinks() {
  const heap::Edges& edges = snapshot_.edges;
  for (std::size_t layer = 0; layer < sinks_->count(); ++layer) {
    throw_if_cancelled();
    sinks_->for_each(layer, [&](std::uint32_t object) {
      if (object + kRowsAhead < vertices_.pointerful()) fetch_deferred_of(object + kRowsAhead);
      const std::uint32_t owner = order_.number[object];
      if (owner == 0) return;
      const std::uint32_t number = order_.end++;
      order_.number[object] = number;
      vertex_[number] = object;
      tree_[number] = {owner, owner};
      for (std::uint32_t e = edges.row_begin[object], end = edges.row_begin[object + 1]; e < end; ++e)
        if (edges.target[e] != object) meet(edges.target[e], number);
    });
  }
  sinks_.reset();
}

void Solver::add_own_sizes() {
  const HugeArray<std::uint32_t>& number = order_.number;
  for_each_part(vertices_.pointerful(), worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    sizes_.for_each_run(begin, end, [&](std::uint64_t first, std::uint64_t last, std::uint64_t slot_size) {
      for (std::uint64_t i = first; i < last; ++i) {
        if (i + kAhead < end) sums_.fetch(number[i + kAhead]);
        if (number[i] != 0) sums_.add(number[i], {slot_size / 8, 1});
      }
    });
  });
}

void Solver::add_leaf_sizes() {
  const HugeArray<std::uint32_t>& owner = order_.number;
  for_each_part(order_.end, owners(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    const auto mine = [&](std::uint32_t number) { return number - begin < end - begin && number != 0; };
    const auto visit = [&](std::uint64_t first, std::uint64_t last, std::uint64_t slot_size) {
      for (std::uint64_t i = first; i < last; ++i) {
        if (i + kAhead < last && mine(owner[i + kAhead])) sums_.fetch(owner[i + kAhead]);
        if (mine(owner[i])) sums_.add(owner[i], {slot_size / 8, 1});
      }
    };
    sizes_.for_each_run(vertices_.pointerful(), snapshot_.objects, visit);
  });
}

void Solver::sum_up() {
  idom_ = std::move(order_.lowest);
  for (std::uint32_t w = 0; w < order_.end; ++w) idom_[w] = tree_[w].up;
  idom_.shrink(order_.end);
  sums_ = HeldColumn(std::move(tree_), order_.end, sizes_.total_bytes() / 8);
  add_own_sizes();
  add_leaf_sizes();
  for (std::uint32_t w = order_.end - 1; w > Preorder::kSuperRoot; --w) sums_.add(idom_[w], sums_[w]);
}

DominatorColumns Solver::columns() {
  DominatorColumns columns;
  columns.vertices = vertices_;
  columns.sizes = sizes_;
  columns.holders = RankedBits(vertices_.count());
  find_holders(columns.holders);
  name_dominators();
  columns.idom = std::move(order_.number);
  pack_sums(columns);
  for (const heap::Root& root : snapshot_.roots) columns.root_parent.push_back(root.parent);
  return columns;
}

// Marks the numbers that hold others first: a bit each fits into a cache.
void Solver::find_holders(RankedBits& holders) const {
  HugeArray<std::uint64_t> holds((std::uint64_t{order_.end} + 63) / 64);
  for_each_part(holds.size(), worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t w = begin * 64; w < std::min<std::uint64_t>(end * 64, order_.end); ++w)
      holds[w / 64] |= std::uint64_t{sums_.objects(w) > 1} << (w % 64);
  });
  const std::uint64_t groups = (std::uint64_t{vertices_.pointerful()} + 63) / 64;
  for_each_part(groups, worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t i = begin * 64; i < std::min<std::uint64_t>(end * 64, vertices_.pointerful()); ++i)
      if (heap::test_bit(holds, order_.number[i])) holders.insert(static_cast<std::uint32_t>(i));
  });
  for (std::uint32_t r = 0; r <= vertices_.roots(); ++r) holders.insert(vertices_.pointerful() + r);
}

// After it, order_.number holds the vertex of each object's dominator + 1; idom_ is gone.
void Solver::name_dominators() {
  for_each_part(order_.end, worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t w = begin; w < end; ++w) idom_[w] = vertex_[idom_[w]] + 1;
  });
  HugeArray<std::uint32_t>& number = order_.number;  // of leaves: of the dominator
  for_each_part(snapshot_.objects, worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t leaves = std::clamp<std::uint64_t>(vertices_.pointerful(), begin, end);
    for (std::uint64_t i = begin; i < leaves; ++i) {
      if (i + kAhead < leaves) __builtin_prefetch(&idom_[number[i + kAhead]]);
      if (number[i] != 0) number[i] = idom_[number[i]];
    }
    for (std::uint64_t i = leaves; i < end; ++i) {
      if (i + kAhead < end) __builtin_prefetch(&vertex_[number[i + kAhead]]);
      number[i] = vertex_[number[i]] + 1;
    }
  });
  idom_.clear();
}

// The sums that do not fit stay where they are, moved together: on a long list that is nearly every one.
void Solver::pack_sums(DominatorColumns& columns) {
  columns.held = HugeArray<PackedHeld>(columns.holders.count_members());
  const auto cell = [&](std::uint64_t number) -> PackedHeld& {
    return columns.held[columns.holders.rank(vertex_[number])];
  };
  for_each_part(order_.end - 1, worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t w = begin + 1; w <= end; ++w) {
      if (w + kAhead <= end) columns.holders.fetch(vertex_[w + kAhead]);
      if (columns.holders.has(vertex_[w]) && PackedHeld::fits(sums_[w])) cell(w) = PackedHeld::small(sums_[w]);
    }
  });
  std::uint32_t large = 0;
  for (std::uint32_t w = 1; w < order_.end; ++w) {
    if (PackedHeld::fits(sums_[w]) || !columns.holders.has(vertex_[w])) continue;
    cell(w) = PackedHeld::large(large);
    sums_.copy_row(w, large++);
  }
  sums_.shrink(large);
  columns.large = std::move(sums_);
  vertex_.clear();
}

}  // namespace

Dominators dominators(const heap::Snapshot& snapshot, PassTimes* times) {
  const Vertices vertices(snapshot);
  const ObjectSizes sizes(snapshot);
  PassTimes unwanted;
  return Dominators(Solver(snapshot, vertices, sizes).run(times != nullptr ? *times : unwanted));
}

Reachability reachability(const Dominators& dominators) {
  const DominatorColumns& columns = dominators.columns();
  Reachability result;
  result.bits = HugeArray<std::uint64_t>((columns.idom.size() + 63) / 64);
  for_each_part(result.bits.size(), worker_count(), [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t w = begin; w < end; ++w) {
      const std::uint64_t objects = std::min<std::uint64_t>(64, columns.idom.size() - w * 64);
      std::uint64_t bits = 0;
      for (std::uint64_t i = 0; i < objects; ++i) bits |= std::uint64_t{columns.idom[w * 64 + i] != 0} << i;
      result.bits[w] = bits;
    }
  });
  result.objects = dominators.retained_count(NodeId::super_root());
  result.bytes = dominators.retained_bytes(NodeId::super_root());
  return result;
}

NodeId Dominators::idom(NodeId node) const {
  switch (node.kind()) {
    case NodeKind::kObject:
      return columns_.vertices.node(columns_.idom[node.object().row] - 1);  // 0 gives kNone
    case NodeKind::kRoot: {
      const RootId parent = columns_.root_parent[node.root().row];
      return parent ? NodeId(parent) : NodeId::super_root();
    }
    default:
      return {};
  }
}

NodeId Dominators::top(NodeId node) const {
  NodeId top = node;
  for (NodeId above = idom(node); above != NodeId::super_root(); above = idom(top)) {
    if (!above) return {};
    top = above;
  }
  return top;
}

Held Dominators::held(NodeId node) const {
  const std::uint32_t vertex = columns_.vertices.of(node);
  if (vertex == Vertices::kNone) return {};
  if (!is_alone(vertex)) return columns_.held[columns_.holders.rank(vertex)].unpack(columns_.large);
  return reachable(node.object()) ? Held{columns_.sizes.size_of(node.object()) / 8, 1} : Held();
}

std::uint64_t Dominators::retained_bytes(NodeId node) const {
  return held(node).words * 8;
}

std::uint32_t Dominators::retained_count(NodeId node) const {
  return held(node).objects;
}

std::uint64_t Dominators::own_bytes() const {
  return columns_.idom.size() * 4 + columns_.held.size() * sizeof(PackedHeld) + columns_.large.own_bytes() +
         columns_.holders.own_bytes() + columns_.root_parent.capacity() * sizeof(RootId) + columns_.sizes.own_bytes();
}

}  // namespace holdfast::graph
