#include "graph/sharing.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"
#include "base/parallel.h"

namespace holdfast::graph {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};
constexpr std::uint32_t kAhead = 24;  // iterations between the prefetch of a random cell and its use
constexpr unsigned kParts = 16;       // of the objects; more than there are threads, since they differ in work

// An inner object: a shared one that refers to other shared ones.
struct Node {
  std::uint32_t begin = 0;   // its first reference; that of the next node ends them
  std::uint32_t number = 0;  // from 1, in the order of the search for components; 0 = not met so far
  std::uint32_t lowest = 0;  // once it is done, its component
  std::uint32_t rank = 0;    // among the shared
};
constexpr std::uint32_t kDone = ~std::uint32_t{0};  // a node's number once its component is complete

struct Open {
  std::uint32_t node = 0, edge = 0;
};

// A reference to a shared object. Sources are owners, then shared objects by rank.
struct Reference {
  std::uint32_t from = 0;
  std::uint32_t to = 0;  // rank

  bool operator==(const Reference&) const = default;
};

struct Weak {
  Reference reference;
  ObjectId source;
  std::uint32_t edge = 0;
};

// The references from consecutive objects, in their order.
struct Part {
  HugeArray<Reference> references;
  std::uint64_t count = 0;  // while it is filled
  std::vector<Weak> weak;
};

std::uint32_t load(std::uint32_t& cell) {
  return std::atomic_ref(cell).load(std::memory_order_relaxed);
}
void store(std::uint32_t& cell, std::uint32_t value) {
  std::atomic_ref(cell).store(value, std::memory_order_relaxed);
}

}  // namespace

class Sharing::Search {
 public:
  Search(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership, Sharing& out)
      : snapshot_(snapshot),
        columns_(dominators.columns()),
        ownership_(ownership),
        owners_(static_cast<std::uint32_t>(ownership.kind_of.size())),
        sets_(ownership.kind_of, kMostOwners),
        out_(out) {}

  void run() {
    find_shared();
    out_.set_ = HugeArray<std::uint32_t>(count_);
    if (count_ > 0) {
      fix_owners();
      collect_references();
      find_inner();
      take_needed();
      number_components();
      spread();
      tell_weak();
    }
    out_.sets_ = sets_.take();
  }

 private:
  class Collector;

  void find_shared() {
    out_.objects_ = snapshot_.objects;
    out_.shared_ = RankedBits(snapshot_.objects);
    const std::uint32_t under_super_root = columns_.vertices.super_root() + 1;
    for_each_part((snapshot_.objects + 63) / 64, kParts, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t row = begin * 64; row < std::min<std::uint64_t>(end * 64, snapshot_.objects); ++row)
        if (columns_.idom[row] == under_super_root) out_.shared_.insert(static_cast<std::uint32_t>(row));
    });
    count_ = out_.shared_.count_members();
  }

  void fix_owners() {
    fixed_.assign(count_, false);
    for (const auto& [object, owner] : ownership_.fixed) {
      if (!out_.is_shared(object)) continue;
      const std::uint32_t rank = out_.shared_.rank(object.row);
      fixed_[rank] = true;
      out_.set_[rank] = sets_.of_owner(owner);
    }
  }

  void collect_references();

  // Whether the reference gives its target owners that it has not got already.
  bool counts(const Reference& reference) const {
    return !fixed_[reference.to] && reference.from != owners_ + reference.to;
  }

  template <typename Visit>
  void for_each_reference(const Visit& visit) const {
    for (const Part& part : parts_)
      for (std::uint64_t i = 0; i < part.references.size(); ++i)
        visit(part.references[i], part.references[std::min(i + kAhead, part.references.size() - 1)]);
  }

  // Finds the inner objects, and groups the references between them by source. Most shared objects are not inner, and
  // get their sets at the end, in one pass.
  void find_inner() {
    inner_ = RankedBits(count_);
    for_each_reference([&](const Reference& reference, const Reference&) {
      if (reference.from >= owners_) inner_.insert(reference.from - owners_);
    });
    node_ = HugeArray<Node>(std::uint64_t{inner_.count_members()} + 1);
    for_each_between([&](std::uint32_t from, std::uint32_t) { ++node_[from].begin; });
    std::uint32_t sum = 0;
    for (Node& node : node_) node.begin = sum += node.begin;
    to_ = HugeArray<std::uint32_t>(sum);
    for_each_between([&](std::uint32_t from, std::uint32_t to) { to_[--node_[from].begin] = to; });
    std::uint32_t next = 0;
    inner_.for_each(0, count_, [&](std::uint32_t rank) { node_[next++].rank = rank; });
  }

  // Calls visit(from, to) with the nodes of each reference between inner objects.
  template <typename Visit>
  void for_each_between(const Visit& visit) const {
    for_each_reference([&](const Reference& reference, const Reference&) {
      if (reference.from >= owners_ && inner_.has(reference.to))
        visit(inner_.rank(reference.from - owners_), inner_.rank(reference.to));
    });
  }

  // Takes the weak references to what no others reach.
  void take_needed() {
    if (weak_.empty()) return;
    const std::vector<bool> reached = reached_otherwise();
    HugeArray<Reference> needed(weak_.size());
    std::uint64_t count = 0;
    std::erase_if(weak_, [&](const Weak& weak) {
      if (!reached[weak.reference.to]) needed[count++] = weak.reference;
      return !reached[weak.reference.to];
    });
    if (count == 0) return;
    needed.shrink(count);
    parts_.push_back({.references = std::move(needed), .weak = {}});
    find_inner();
  }

  // Returns by rank what references that are not weak reach; of the targets of weak ones at least.
  std::vector<bool> reached_otherwise() const {
    std::vector<bool> reached = fixed_;
    std::vector<std::uint32_t> open;
    for (std::uint32_t node = 0; node + 1 < node_.size(); ++node)
      if (fixed_[node_[node].rank]) open.push_back(node);
    const auto enter = [&](std::uint32_t node) {
      if (reached[node_[node].rank]) return;
      reached[node_[node].rank] = true;
      open.push_back(node);
    };
    for_each_reference([&](const Reference& reference, const Reference&) {
      if (reference.from >= owners_) return;
      if (inner_.has(reference.to))
        enter(inner_.rank(reference.to));
      else
        reached[reference.to] = true;
    });
    if (std::ranges::all_of(weak_, [&](const Weak& weak) { return reached[weak.reference.to]; })) return reached;
    while (!open.empty()) {
      const std::uint32_t node = open.back();
      open.pop_back();
      for (std::uint32_t e = node_[node].begin; e < node_[node + 1].begin; ++e) enter(to_[e]);
    }
    for_each_reference([&](const Reference& reference, const Reference&) {
      if (reference.from >= owners_ && !inner_.has(reference.to) && reached[reference.from - owners_])
        reached[reference.to] = true;
    });
    return reached;
  }

  void tell_weak() {
    for (const Weak& weak : weak_) {
      const std::uint32_t set = set_of_source(weak.reference.from);
      const ObjectId to(snapshot_.edges.target[weak.edge]);
      if (set != out_.set_of(to)) out_.weak_.push_back({weak.source, weak.edge, to, set});
    }
  }

  // Tarjan's components of the inner objects, in an order in which each comes after those that it refers to.
  void number_components() {
    std::vector<std::uint32_t> waiting;
    std::vector<Open> open;
    std::uint32_t next = 0;
    in_order_.reserve(node_.size() - 1);
    const auto enter = [&](std::uint32_t node) {
      node_[node].number = node_[node].lowest = ++next;
      waiting.push_back(node);
      open.push_back({node, node_[node].begin});
      for (std::uint32_t e = node_[node].begin; e < node_[node + 1].begin; ++e) __builtin_prefetch(&node_[to_[e]]);
    };
    for (std::uint32_t first = 0; first + 1 < node_.size(); ++first) {
      if (node_[first].number != 0) continue;
      for (enter(first); !open.empty();) {
        Open& top = open.back();
        Node& node = node_[top.node];
        if (top.edge < node_[top.node + 1].begin) {
          const std::uint32_t to = to_[top.edge++];
          if (node_[to].number == 0)
            enter(to);
          else
            node.lowest = std::min(node.lowest, node_[to].number);
          continue;
        }
        const std::uint32_t closed = top.node;
        open.pop_back();
        if (!open.empty()) {
          Node& above = node_[open.back().node];
          above.lowest = std::min(above.lowest, node.lowest);
        }
        if (node.lowest == node.number) close_component(closed, waiting);
      }
    }
  }

  void close_component(std::uint32_t first, std::vector<std::uint32_t>& waiting) {
    std::uint32_t node = kNone;
    do {
      node = waiting.back();
      waiting.pop_back();
      node_[node].number = kDone;
      node_[node].lowest = components_;
      in_order_.push_back(node);
    } while (node != first);
    ++components_;
  }

  std::uint32_t set_of_source(std::uint32_t source) {
    return source < owners_ ? sets_.of_owner(source) : out_.set_[source - owners_];
  }

  // Gives each component what the owners and the components before it have, then all other objects what those have
  // that refer to them.
  void spread() {
    std::vector<std::uint32_t> of_component(components_);
    const auto give = [&](std::uint32_t node, std::uint32_t set) {
      std::uint32_t& its = of_component[node_[node].lowest];
      its = sets_.both(its, set);
    };
    for (const std::uint32_t node : in_order_)
      if (fixed_[node_[node].rank]) give(node, out_.set_[node_[node].rank]);
    for_each_reference([&](const Reference& reference, const Reference&) {
      if (reference.from < owners_ && inner_.has(reference.to))
        give(inner_.rank(reference.to), sets_.of_owner(reference.from));
    });
    for (std::size_t i = in_order_.size(); i-- > 0;) {
      if (i >= kAhead) __builtin_prefetch(&node_[in_order_[i - kAhead]]);
      const Node& node = node_[in_order_[i]];
      const std::uint32_t set = of_component[node.lowest];
      if (!fixed_[node.rank]) out_.set_[node.rank] = set;
      for (std::uint32_t e = node.begin; e < node_[in_order_[i] + 1].begin; ++e) give(to_[e], set);
    }
    for_each_reference([&](const Reference& reference, const Reference& later) {
      __builtin_prefetch(&out_.set_[later.to], 1);
      if (inner_.has(reference.to)) return;
      std::uint32_t& its = out_.set_[reference.to];
      its = sets_.both(its, set_of_source(reference.from));
    });
  }

  const heap::Snapshot& snapshot_;
  const DominatorColumns& columns_;
  const Ownership& ownership_;
  const std::uint32_t owners_;
  SetTable sets_;
  Sharing& out_;
  std::uint32_t count_ = 0;
  std::vector<bool> fixed_;  // by rank
  RankedBits inner_;         // ranks
  std::vector<Part> parts_;
  std::vector<Weak> weak_;
  HugeArray<Node> node_;         // by rank among the inner objects; one more at the end
  HugeArray<std::uint32_t> to_;  // references between inner objects, grouped by source: nodes
  std::uint32_t components_ = 0;
  std::vector<std::uint32_t> in_order_;  // nodes, by component
};

// Collects the references of consecutive objects. Several may run at the same time: what one has found out about the
// owner of an object is right for the others as well.
class Sharing::Search::Collector {
 public:
  Collector(Search& search, HugeArray<std::uint32_t>& source, Part& part)
      : search_(search), snapshot_(search.snapshot_), shared_(search.out_.shared_), source_(source), part_(part) {}

  void collect_from_roots() {
    part_.references = HugeArray<Reference>(snapshot_.root_targets.size());
    for (std::size_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t) {
        const std::uint32_t target = snapshot_.root_targets[t].object.row;
        if (shared_.has(target)) add({search_.ownership_.of_root[r], shared_.rank(target)});
      }
    }
    part_.references.shrink(part_.count);
  }

  void collect_from_objects(std::uint64_t begin, std::uint64_t end) {
    const HugeArray<std::uint32_t>& row_begin = snapshot_.edges.row_begin.values();
    part_.references = HugeArray<Reference>(row_begin[end] - row_begin[begin]);
    for (std::uint64_t object = begin; object < end; ++object) {
      if (object % (1 << 16) == 0) throw_if_cancelled();
      if (search_.columns_.idom[object] != 0) collect_from(static_cast<std::uint32_t>(object));
    }
    part_.references.shrink(part_.count);
  }

 private:
  void collect_from(std::uint32_t object) {
    const std::uint32_t begin = snapshot_.edges.row_begin[object], end = snapshot_.edges.row_begin[object + 1];
    std::uint32_t source = kNone;
    bool any_weak = false;
    for (std::uint32_t e = begin; e < end; ++e) {
      const std::uint32_t target = snapshot_.edges.target[e];
      if (!shared_.has(target)) continue;
      if (source == kNone) {
        source = source_of(object);
        any_weak = weak_edges_ && weak_edges_(ObjectId(object), is_weak_);
      }
      const Reference reference{source, shared_.rank(target)};
      if (any_weak && is_weak_[e - begin])
        add_weak({reference, ObjectId(object), e});
      else
        add(reference);
    }
  }

  // Returns the source that everything on the way from the object up to it belongs to.
  std::uint32_t source_of(std::uint32_t object) {
    const Vertices& vertices = search_.columns_.vertices;
    std::uint32_t source = kNone;
    std::uint32_t at = object;
    way_.clear();
    while (source == kNone) {
      if (const std::uint32_t known = load(source_[at])) {
        source = known - 1;
        break;
      }
      way_.push_back(at);
      const std::uint32_t above = search_.columns_.idom[at] - 1;
      if (above == vertices.super_root())
        source = search_.owners_ + shared_.rank(at);
      else if (!vertices.is_object(above))
        source = search_.ownership_.of_root[vertices.root(above).row];
      at = above;
    }
    for (const std::uint32_t row : way_) store(source_[row], source + 1);
    return source;
  }

  void add(const Reference& reference) {
    const bool is_again = part_.count > 0 && part_.references[part_.count - 1] == reference;
    if (!is_again && search_.counts(reference)) part_.references[part_.count++] = reference;
  }

  void add_weak(const Weak& weak) {
    const bool is_again = !part_.weak.empty() && part_.weak.back().reference == weak.reference;
    if (!is_again && search_.counts(weak.reference)) part_.weak.push_back(weak);
  }

  Search& search_;
  const heap::Snapshot& snapshot_;
  const RankedBits& shared_;
  HugeArray<std::uint32_t>& source_;  // by pointerful object: source + 1; 0 = not asked yet
  Part& part_;
  WeakEdges weak_edges_ = search_.ownership_.weak;  // a copy of its own, which can keep a buffer
  std::vector<bool> is_weak_;                       // by edge of the object that is looked at
  std::vector<std::uint32_t> way_;
};

void Sharing::Search::collect_references() {
  HugeArray<std::uint32_t> source(snapshot_.pointerful);
  parts_.resize(kParts + 1);
  Collector(*this, source, parts_.front()).collect_from_roots();
  for_each_part(snapshot_.pointerful, kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    Collector(*this, source, parts_[part + 1]).collect_from_objects(begin, end);
  });
  for (Part& part : parts_) weak_.insert(weak_.end(), part.weak.begin(), part.weak.end());
}

Sharing::Sharing(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership) {
  HOLDFAST_CHECK(ownership.of_root.size() == snapshot.roots.size());
  Search(snapshot, dominators, ownership, *this).run();
}

}  // namespace holdfast::graph
