#include "graph/sharing.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"

namespace holdfast::graph {
namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};
constexpr std::size_t kMostSets = 1 << 20;  // if there are more, further ones are sets of kinds

using Set = Sharing::Set;

// Gives equal sets one number, and remembers what two of them make together. Set 0 is empty.
class SetTable {
 public:
  explicit SetTable(const Ownership& ownership) : ownership_(ownership) { add({}); }

  std::uint32_t of_owner(Owner owner) { return add({{owner}, false}); }
  std::uint32_t both(std::uint32_t a, std::uint32_t b) {
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    const auto [known, is_new] = both_.try_emplace(std::uint64_t{std::min(a, b)} << 32 | std::max(a, b));
    if (is_new) known->second = add(joined(*row_[a], *row_[b]));
    return known->second;
  }
  std::vector<Set> take() {
    std::vector<Set> sets;
    for (const Set* set : row_) sets.push_back(*set);
    return sets;
  }

 private:
  std::uint32_t add(Set set) {
    if (row_.size() >= kMostSets && !set.of_kinds && set.members.size() > 1) set = kinds_of(set);
    const auto [at, is_new] = number_.try_emplace(std::move(set), static_cast<std::uint32_t>(row_.size()));
    if (is_new) row_.push_back(&at->first);
    return at->second;
  }

  Set joined(const Set& a, const Set& b) const {
    if (a.of_kinds != b.of_kinds) return joined(kinds_of(a), kinds_of(b));
    Set out{{}, a.of_kinds};
    std::ranges::set_union(a.members, b.members, std::back_inserter(out.members));
    return !out.of_kinds && out.members.size() > Sharing::kMostOwners ? kinds_of(out) : out;
  }

  Set kinds_of(const Set& set) const {
    if (set.of_kinds) return set;
    Set out{{}, true};
    for (const Owner owner : set.members) out.members.push_back(ownership_.kind_of[owner]);
    std::ranges::sort(out.members);
    const auto rest = std::ranges::unique(out.members);
    out.members.erase(rest.begin(), rest.end());
    return out;
  }

  const Ownership& ownership_;
  std::map<Set, std::uint32_t> number_;
  std::vector<const Set*> row_;  // keys of number_, which stay where they are
  std::unordered_map<std::uint64_t, std::uint32_t> both_;
};

constexpr std::uint32_t kAhead = 16;  // iterations between the prefetch of a random cell and its use

// A shared object in the search for components.
struct Node {
  std::uint32_t number = 0;  // from 1, in the order of the search; 0 = not met so far
  std::uint32_t lowest = 0;  // once it is done, its component
  bool is_done = false;
};
struct Open {
  std::uint32_t rank = 0, edge = 0;
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

}  // namespace

class Sharing::Search {
 public:
  Search(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership, Sharing& out)
      : snapshot_(snapshot),
        columns_(dominators.columns()),
        ownership_(ownership),
        owners_(static_cast<std::uint32_t>(ownership.kind_of.size())),
        sets_(ownership),
        out_(out) {}

  void run() {
    find_shared();
    out_.set_ = HugeArray<std::uint32_t>(count_);
    if (count_ > 0) {
      fix_owners();
      collect_references();
      take_needed();
      group_references();
      references_ = {};
      number_components();
      spread();
      tell_weak();
    }
    out_.sets_ = sets_.take();
  }

 private:
  void find_shared() {
    out_.objects_ = snapshot_.objects;
    out_.shared_ = RankedBits(snapshot_.objects);
    const std::uint32_t under_super_root = columns_.vertices.super_root() + 1;
    for (std::uint32_t row = 0; row < snapshot_.objects; ++row)
      if (columns_.idom[row] == under_super_root) out_.shared_.insert(row);
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

  // Returns the source that everything on the way from the object up to it belongs to.
  std::uint32_t source_of(std::uint32_t object) {
    std::uint32_t source = kNone;
    std::uint32_t at = object;
    way_.clear();
    while (source == kNone) {
      if (source_[at] != 0) {
        source = source_[at] - 1;
        break;
      }
      way_.push_back(at);
      const std::uint32_t above = columns_.idom[at] - 1;
      if (above == columns_.vertices.super_root())
        source = owners_ + out_.shared_.rank(at);
      else if (!columns_.vertices.is_object(above))
        source = ownership_.of_root[columns_.vertices.root(above).row];
      at = above;
    }
    for (const std::uint32_t row : way_) source_[row] = source + 1;
    return source;
  }

  void collect_references() {
    source_ = HugeArray<std::uint32_t>(snapshot_.pointerful);
    for (std::size_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        add_reference(ownership_.of_root[r], snapshot_.root_targets[t].object.row);
    }
    const heap::Edges& edges = snapshot_.edges;
    for (std::uint32_t object = 0; object < snapshot_.pointerful; ++object) {
      if (object % (1 << 16) == 0) throw_if_cancelled();
      if (columns_.idom[object] != 0) collect_from(object, edges.row_begin[object], edges.row_begin[object + 1]);
    }
    source_.clear();
  }

  void collect_from(std::uint32_t object, std::uint32_t begin, std::uint32_t end) {
    bool is_asked = false, any_weak = false;
    for (std::uint32_t e = begin; e < end; ++e) {
      const std::uint32_t target = snapshot_.edges.target[e];
      if (!out_.shared_.has(target)) continue;
      if (!std::exchange(is_asked, true)) any_weak = ownership_.weak && ownership_.weak(ObjectId(object), is_weak_);
      if (any_weak && is_weak_[e - begin])
        add_weak(source_of(object), object, e);
      else
        add_reference(source_of(object), target);
    }
  }

  // Whether the reference gives its target owners that it has not got already.
  bool counts(const Reference& reference) const {
    return !fixed_[reference.to] && reference.from != owners_ + reference.to;
  }

  void add_reference(std::uint32_t from, std::uint32_t object) {
    if (!out_.shared_.has(object)) return;
    const Reference reference{from, out_.shared_.rank(object)};
    if (counts(reference) && (references_.empty() || references_.back() != reference)) references_.push_back(reference);
  }

  void add_weak(std::uint32_t from, std::uint32_t object, std::uint32_t edge) {
    const Reference reference{from, out_.shared_.rank(snapshot_.edges.target[edge])};
    if (counts(reference) && (weak_.empty() || weak_.back().reference != reference))
      weak_.push_back({reference, ObjectId(object), edge});
  }

  void group_references() {
    begin_.assign(std::size_t{owners_} + count_ + 1, 0);
    for (const Reference& reference : references_) ++begin_[reference.from];
    std::uint32_t sum = 0;
    for (std::uint32_t& begin : begin_) begin = sum += begin;
    to_ = HugeArray<std::uint32_t>(references_.size());
    for (const Reference& reference : references_) to_[--begin_[reference.from]] = reference.to;
  }

  // Takes the weak references to what no others reach.
  void take_needed() {
    if (weak_.empty()) return;
    group_references();
    std::vector<bool> reached = fixed_;
    std::vector<std::uint32_t> open;
    const auto enter = [&](std::uint32_t source) {
      for (std::uint32_t e = begin_[source]; e < begin_[source + 1]; ++e)
        if (!reached[to_[e]]) reached[to_[e]] = true, open.push_back(to_[e]);
    };
    for (Owner owner = 0; owner < owners_; ++owner) enter(owner);
    for (std::uint32_t rank = 0; rank < count_; ++rank)
      if (fixed_[rank]) enter(owners_ + rank);
    while (!open.empty()) {
      const std::uint32_t rank = open.back();
      open.pop_back();
      enter(owners_ + rank);
    }
    std::erase_if(weak_, [&](const Weak& weak) {
      if (!reached[weak.reference.to]) references_.push_back(weak.reference);
      return !reached[weak.reference.to];
    });
  }

  void tell_weak() {
    for (const Weak& weak : weak_) {
      const std::uint32_t from = weak.reference.from;
      const std::uint32_t set = from < owners_ ? sets_.of_owner(from) : out_.set_[from - owners_];
      const ObjectId to(snapshot_.edges.target[weak.edge]);
      if (set != out_.set_of(to)) out_.weak_.push_back({weak.source, weak.edge, to, set});
    }
  }

  // Whether the shared object refers to no other one. Most are so, and take no part in the search for components.
  bool is_last(std::uint32_t rank) const { return begin_[owners_ + rank] == begin_[owners_ + rank + 1]; }

  // Tarjan's components of the other shared objects, in an order in which each comes after those that it refers to.
  void number_components() {
    nodes_ = HugeArray<Node>(count_);
    std::vector<std::uint32_t> waiting;
    std::vector<Open> open;
    std::uint32_t next = 0;
    const auto enter = [&](std::uint32_t rank) {
      nodes_[rank].number = nodes_[rank].lowest = ++next;
      waiting.push_back(rank);
      open.push_back({rank, begin_[owners_ + rank]});
    };
    for (std::uint32_t first = 0; first < count_; ++first) {
      if (is_last(first) || nodes_[first].number != 0) continue;
      for (enter(first); !open.empty();) {
        Open& top = open.back();
        Node& node = nodes_[top.rank];
        if (top.edge < begin_[owners_ + top.rank + 1]) {
          const std::uint32_t to = to_[top.edge++];
          if (is_last(to)) continue;
          if (nodes_[to].number == 0)
            enter(to);
          else if (!nodes_[to].is_done)
            node.lowest = std::min(node.lowest, nodes_[to].number);
          continue;
        }
        const std::uint32_t rank = top.rank;
        open.pop_back();
        if (!open.empty()) {
          Node& above = nodes_[open.back().rank];
          above.lowest = std::min(above.lowest, node.lowest);
        }
        if (node.lowest == node.number) close_component(rank, waiting);
      }
    }
  }

  void close_component(std::uint32_t first, std::vector<std::uint32_t>& waiting) {
    std::uint32_t rank = kNone;
    do {
      rank = waiting.back();
      waiting.pop_back();
      nodes_[rank].is_done = true;
      nodes_[rank].lowest = components_;
      in_order_.push_back(rank);
    } while (rank != first);
    ++components_;
  }

  // Gives each component, and each object outside of them, what the owners and the components before it have.
  void spread() {
    of_component_.assign(components_, 0);
    for (std::uint32_t rank = 0; rank < count_; ++rank)
      if (fixed_[rank] && !is_last(rank)) of_component_[nodes_[rank].lowest] = out_.set_[rank];
    for (Owner owner = 0; owner < owners_; ++owner)
      if (begin_[owner] != begin_[owner + 1]) give(owner, sets_.of_owner(owner));
    for (std::size_t i = in_order_.size(); i-- > 0;) {
      const std::uint32_t rank = in_order_[i];
      const std::uint32_t set = of_component_[nodes_[rank].lowest];
      if (!fixed_[rank]) out_.set_[rank] = set;
      give(owners_ + rank, set);
    }
  }

  void give(std::uint32_t source, std::uint32_t set) {
    for (std::uint32_t e = begin_[source]; e < begin_[source + 1]; ++e) {
      if (e + kAhead < begin_[source + 1]) __builtin_prefetch(&begin_[owners_ + to_[e + kAhead]]);
      const std::uint32_t to = to_[e];
      std::uint32_t& its = is_last(to) ? out_.set_[to] : of_component_[nodes_[to].lowest];
      its = sets_.both(its, set);
    }
  }

  const heap::Snapshot& snapshot_;
  const DominatorColumns& columns_;
  const Ownership& ownership_;
  const std::uint32_t owners_;
  SetTable sets_;
  Sharing& out_;
  std::uint32_t count_ = 0;
  std::vector<bool> fixed_;          // by rank
  HugeArray<std::uint32_t> source_;  // by pointerful object: source + 1; 0 = not asked yet
  std::vector<std::uint32_t> way_;
  std::vector<Reference> references_;
  std::vector<Weak> weak_;
  std::vector<bool> is_weak_;         // by edge of the object that is looked at
  std::vector<std::uint32_t> begin_;  // by source: its first reference; one more at the end
  HugeArray<std::uint32_t> to_;       // ranks
  HugeArray<Node> nodes_;             // by rank
  std::uint32_t components_ = 0;
  std::vector<std::uint32_t> of_component_;  // sets
  std::vector<std::uint32_t> in_order_;      // ranks, by component
};

Sharing::Sharing(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership) {
  HOLDFAST_CHECK(ownership.of_root.size() == snapshot.roots.size());
  Search(snapshot, dominators, ownership, *this).run();
}

}  // namespace holdfast::graph
