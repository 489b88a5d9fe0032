#include "view/goroutine_shares.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/error.h"
#include "base/units.h"
#include "graph/sharing.h"
#include "view/owner_words.h"
#include "view/owners.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kLargest = 3;  // objects that are shown of each set
constexpr std::uint32_t kNotInAGroup = ~std::uint32_t{0};

class ShareFinder {
 public:
  ShareFinder(const Names& names, const graph::Dominators& dominators, const graph::Reachability& reached)
      : names_(names),
        snapshot_(names.snapshot()),
        dominators_(dominators),
        owners_(owners_of_roots(snapshot_, dominators.columns().sizes, names.rules())) {
    shares_.live_bytes = reached.bytes;
    shares_.live_objects = reached.objects;
  }

  GoroutineShares run(std::optional<std::uint64_t> goid) {
    add_groups();
    add_sets();
    count_the_rest();
    sort();
    if (goid) look_at_one(*goid);
    return std::move(shares_);
  }

 private:
  void add_groups() {
    group_of_.assign(owners_.rows.size(), kNotInAGroup);
    for (std::uint32_t row = 0; row < owners_.rows.size(); ++row) {
      const OwnerRow& owner = owners_.rows[row];
      if (owner.kind != OwnerKind::kGoroutines || owner.goroutines == 0) continue;  // all were told apart
      group_of_[row] = static_cast<std::uint32_t>(shares_.groups.size());
      SharingGroup& group = shares_.groups.emplace_back();
      group.who = owner_text(snapshot_, names_.rules(), owner);
      group.goroutines = owner.goroutines;
      for (const RootId root : owner.roots) group.together += dominators_.retained_bytes(root);
    }
    std::vector<std::uint64_t> most(shares_.groups.size());
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      const std::uint32_t at = group_of_[owners_.of_root[r]];
      if (root.kind != heap::RootKind::kGoroutine || !root.goroutine || at == kNotInAGroup) continue;
      SharingGroup& group = shares_.groups[at];
      const std::uint64_t bytes = dominators_.retained_bytes(RootId(r));
      group.alone += bytes;
      group.together -= bytes;
      if (group.goid != 0 && bytes <= most[at]) continue;
      most[at] = bytes;
      group.goid = snapshot_.goroutines[root.goroutine.row].goid;
    }
  }

  graph::Sharing share() const {
    graph::Ownership ownership;
    ownership.of_root = owners_.of_root;
    for (const OwnerRow& owner : owners_.rows) ownership.kind_of.push_back(static_cast<std::uint32_t>(owner.kind));
    ownership.fixed = owners_of_records(snapshot_, owners_.of_root);
    return {snapshot_, dominators_, ownership};
  }

  void add_sets() {
    const graph::Sharing sharing = share();
    std::vector<SharedBySet> sets(sharing.sets().size());
    std::vector<std::vector<ObjectId>> largest(sets.size());
    sharing.for_each([&](ObjectId object) {
      const std::uint32_t set = sharing.set_of(object);
      sets[set].bytes += dominators_.retained_bytes(object);
      sets[set].objects += dominators_.retained_count(object);
      keep_largest(object, largest[set]);
    });
    for (std::size_t s = 0; s < sets.size(); ++s) {
      if (sets[s].objects == 0) continue;
      const graph::Sharing::Set& members = sharing.sets()[s];
      if (members.of_kinds && !has_goroutines(members)) continue;
      add_members(members, sets[s]);
      count(sets[s]);
      if (!sets[s].too_many && !is_of_several(sets[s])) continue;
      for (const ObjectId object : largest[s]) sets[s].largest.push_back(shown(object));
      shares_.sets.push_back(std::move(sets[s]));
    }
  }

  void keep_largest(ObjectId object, std::vector<ObjectId>& largest) const {
    const auto smaller = std::ranges::find_if(largest, [&](ObjectId other) {
      return dominators_.retained_bytes(other) < dominators_.retained_bytes(object);
    });
    if (smaller == largest.end() && largest.size() == kLargest) return;
    largest.insert(smaller, object);
    if (largest.size() > kLargest) largest.pop_back();
  }

  SharedObject shown(ObjectId object) const {
    const std::string type = names_.type_of(object);
    return {names_.index().address_of(object),
            type.empty() ? sentence("an object of {}", format_bytes(names_.index().size_of(object))) : named(type),
            dominators_.retained_bytes(object)};
  }

  static bool has_goroutines(const graph::Sharing::Set& set) {
    return std::ranges::binary_search(set.members, static_cast<std::uint32_t>(OwnerKind::kGoroutines));
  }
  static bool is_of_several(const SharedBySet& set) {
    return !set.groups.empty() && set.groups.size() + set.others.size() > 1;
  }

  void add_members(const graph::Sharing::Set& members, SharedBySet& set) const {
    if (members.of_kinds) {
      Home kinds;
      for (const std::uint32_t kind : members.members) kinds.kinds.push_back(static_cast<OwnerKind>(kind));
      set.too_many = true;
      set.others.push_back(kinds_text(kinds));
      return;
    }
    for (const std::uint32_t owner : members.members) {
      if (group_of_[owner] != kNotInAGroup)
        set.groups.push_back(group_of_[owner]);
      else
        set.others.push_back(owner_text(snapshot_, names_.rules(), owners_.rows[owner]));
    }
  }

  // What a single group has of what no root of it dominates: two of its goroutines reach it, or its records do.
  void count(const SharedBySet& set) {
    if (set.too_many) {
      shares_.too_many += set.bytes;
      return;
    }
    for (const std::uint32_t row : set.groups) {
      SharingGroup& group = shares_.groups[row];
      if (!set.others.empty())
        group.with_others += set.bytes;
      else if (set.groups.size() > 1)
        group.with_goroutines += set.bytes;
      else
        (group.goroutines == 1 ? group.alone : group.together) += set.bytes;
    }
  }

  void count_the_rest() {
    std::uint64_t with_goroutines = 0;
    for (const SharingGroup& group : shares_.groups) with_goroutines += group.alone + group.together;
    for (const SharedBySet& set : shares_.sets) with_goroutines += set.bytes;
    shares_.no_goroutine = shares_.live_bytes - std::min(shares_.live_bytes, with_goroutines);
  }

  // The sets name groups by row.
  void sort() {
    std::vector<std::uint32_t> order(shares_.groups.size()), place(order.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) {
      const SharingGroup &x = shares_.groups[a], &y = shares_.groups[b];
      return std::tuple(x.all(), x.goroutines) > std::tuple(y.all(), y.goroutines);
    });
    std::vector<SharingGroup> sorted;
    for (std::uint32_t i = 0; i < order.size(); ++i) {
      place[order[i]] = i;
      sorted.push_back(std::move(shares_.groups[order[i]]));
    }
    shares_.groups = std::move(sorted);
    for (SharedBySet& set : shares_.sets) {
      for (std::uint32_t& row : set.groups) row = place[row];
      std::ranges::sort(set.groups);
    }
    std::ranges::stable_sort(shares_.sets, std::ranges::greater(), &SharedBySet::bytes);
  }

  void look_at_one(std::uint64_t goid) {
    const auto row = std::ranges::find_if(
        shares_.groups, [&](const SharingGroup& group) { return group.goroutines == 1 && group.goid == goid; });
    if (row == shares_.groups.end()) return;
    const auto one = static_cast<std::uint32_t>(row - shares_.groups.begin());
    shares_.one = one;
    std::erase_if(shares_.sets, [&](const SharedBySet& set) {
      const bool is_other = !set.too_many && !std::ranges::binary_search(set.groups, one);
      if (is_other) shares_.other_sets += set.bytes;
      return is_other;
    });
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  RootOwners owners_;
  std::vector<std::uint32_t> group_of_;  // by owner
  GoroutineShares shares_;
};

}  // namespace

std::vector<heap::Root> forest_with_single(const heap::Snapshot& snapshot, const ShareOptions& options) {
  std::vector<heap::Root> roots = snapshot.roots;
  RootId group;
  RootId one;
  if (options.goid) {
    for (std::uint32_t r = 0; r < roots.size(); ++r) {
      const heap::Root& root = roots[r];
      if (root.kind == heap::RootKind::kGoroutine && snapshot.goroutines[root.goroutine.row].goid == *options.goid)
        one = RootId(r);
    }
    if (!one) fail(ErrorCode::kNotFound, "no goroutine {} lives", *options.goid);
    group = roots[one.row].parent;
  }
  const auto members =
      std::ranges::count_if(roots, [&](const heap::Root& root) { return group && root.parent == group; });
  const bool is_small = static_cast<std::size_t>(members) <= ShareOptions::kFew;
  for (std::uint32_t r = 0; r < roots.size(); ++r) {
    heap::Root& root = roots[r];
    if (root.kind != heap::RootKind::kGoroutine) continue;
    if (options.each || RootId(r) == one || (is_small && group && root.parent == group)) root.parent = {};
  }
  return roots;
}

GoroutineShares goroutine_shares(const Names& names, const graph::Dominators& dominators,
                                 const graph::Reachability& reached, const ShareOptions& options) {
  return ShareFinder(names, dominators, reached).run(options.goid);
}

}  // namespace holdfast::view
