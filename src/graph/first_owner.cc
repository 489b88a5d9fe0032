#include "graph/first_owner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "graph/breadth_first.h"

namespace holdfast::graph {
namespace {

// From one owner after the other, over references that count.
class OwnerSearch {
 public:
  using Bits = HugeArray<std::uint64_t>;

  // Weak references count to shared objects that are not among the `reached`, which all owners reach over others; null:
  // they count to none.
  OwnerSearch(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership, ObjectId object,
              const Bits* reached)
      : snapshot_(snapshot),
        object_(object),
        dominators_(dominators),
        reached_(reached),
        weak_(ownership.weak),
        search_(snapshot),
        from_(snapshot.pointerful),
        is_fixed_(words()),
        roots_of_(ownership.kind_of.size()) {
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) roots_of_[ownership.of_root[r]].emplace_back(r);
    for (const auto& [fixed, owner] : ownership.fixed)
      if (is_shared(fixed)) heap::set_bit(is_fixed_, fixed.row), fixed_of_.emplace_back(owner, fixed);
    std::ranges::sort(fixed_of_);
  }

  // Follows what the owner reaches and those before it do not; to the end, unless it is the one that was looked for.
  void follow(Owner owner) {
    const bool was_found = is_found_;
    for (const RootId id : roots_of_[owner]) {
      const heap::Root& root = snapshot_.roots[id.row];
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        if (const ObjectId target = snapshot_.root_targets[t].object; !is_closed(target.row)) enter(target.row);
    }
    for (const auto& [its, object] : std::ranges::equal_range(fixed_of_, owner, {}, &OfOwner::first)) enter(object.row);
    go_on(was_found);
    if (is_found_ && !owner_) owner_ = owner;
    if (!owner_) settle();
  }

  // Follows what the last owner reaches to the end in any case.
  void finish() { go_on(true); }

  std::optional<Owner> owner() const { return owner_; }
  // Whether those before the owner may reach the object after all, over weak references to what nothing else reaches.
  bool is_open() const {
    return std::ranges::any_of(put_off_, [&](ObjectId target) { return !is_seen(target.row); });
  }
  const Bits& seen() { return search_.seen(); }

  std::vector<NodeId> way() const {
    std::vector<NodeId> way;
    if (!owner_) return way;
    way.emplace_back(object_);
    for (std::uint32_t place = found_from_; place != kStart; place = from_[place])
      way.emplace_back(ObjectId(search_.at(place)));
    RootId root = root_of(way.back().object());
    if (!root) return {};
    for (; root; root = snapshot_.roots[root.row].parent) way.emplace_back(root);
    std::ranges::reverse(way);
    return way;
  }

 private:
  using OfOwner = std::pair<Owner, ObjectId>;
  static constexpr std::uint32_t kStart = ~std::uint32_t{0};  // in place of a place: no object led there

  std::uint64_t words() const { return (std::uint64_t{snapshot_.objects} + 63) / 64; }
  bool is_shared(ObjectId object) const { return dominators_.idom(object) == NodeId::super_root(); }
  bool is_seen(std::uint32_t object) const { return search_.has_entered(object); }

  // Returns the first of the owner's roots that refers to the object; none if it was entered for itself.
  RootId root_of(ObjectId object) const {
    if (heap::test_bit(is_fixed_, object.row)) return {};
    for (const RootId id : roots_of_[*owner_]) {
      const heap::Root& root = snapshot_.roots[id.row];
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        if (snapshot_.root_targets[t].object == object) return id;
    }
    return {};
  }

  void go_on(bool to_the_end) {
    search_.run_over_edges([&](std::uint32_t object, std::uint32_t) { note(object, search_.place()); },
                           [&](std::uint32_t source, std::uint32_t edge) { return counts(source, edge); },
                           [&] { return to_the_end || !is_found_; });
  }
  void enter(std::uint32_t object) {
    if (search_.enter(object)) note(object, kStart);
  }
  // In the order in which objects are entered.
  void note(std::uint32_t object, std::uint32_t from) {
    if (object < snapshot_.pointerful) from_[entered_++] = from;
    if (object != object_.row) return;
    is_found_ = true;
    found_from_ = from;
  }

  // What has a fixed owner is entered from that one alone.
  bool is_closed(std::uint32_t target) const { return heap::test_bit(is_fixed_, target); }

  bool counts(std::uint32_t source, std::uint32_t edge) {
    const std::uint32_t target = snapshot_.edges.target[edge];
    if (is_seen(target)) return false;
    if (is_closed(target)) return false;
    if (!weak_) return true;
    if (source != source_) any_weak_ = weak_(ObjectId(source_ = source), is_weak_);
    if (!any_weak_ || !is_weak_[edge - snapshot_.edges.row_begin[source]]) return true;
    if (!is_shared(ObjectId(target)) || (reached_ != nullptr && !heap::test_bit(*reached_, target))) return true;
    of_this_owner_.emplace_back(target);
    return false;
  }

  // What the owner reaches otherwise, weak references need not tell it.
  void settle() {
    for (const ObjectId target : std::exchange(of_this_owner_, {}))
      if (!is_seen(target.row)) put_off_.push_back(target);
  }

  const heap::Snapshot& snapshot_;
  ObjectId object_;
  const Dominators& dominators_;
  const Bits* reached_;
  WeakEdges weak_;
  std::uint32_t source_ = ObjectId::kNone;  // that is_weak_ is of
  bool any_weak_ = false;
  std::vector<bool> is_weak_;  // by edge of it
  BreadthFirst search_;
  HugeArray<std::uint32_t> from_;  // by place in the search's order: the place of what led there
  std::uint32_t entered_ = 0;      // objects with pointers
  Bits is_fixed_;
  std::vector<std::vector<RootId>> roots_of_;  // by owner
  std::vector<OfOwner> fixed_of_;              // ascending
  bool is_found_ = false;
  std::uint32_t found_from_ = kStart;
  std::optional<Owner> owner_;
  std::vector<ObjectId> of_this_owner_;  // targets of weak references
  std::vector<ObjectId> put_off_;        // the same, of owners before; none of which these reached
};

}  // namespace

FirstOwner first_owner(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership,
                       std::span<const Owner> order, ObjectId object) {
  OwnerSearch search(snapshot, dominators, ownership, object, nullptr);
  for (const Owner owner : order)
    if (!search.owner() || search.is_open()) search.follow(owner);
  if (search.is_open()) search.finish();
  if (search.owner() && !search.is_open()) return {*search.owner(), search.way()};
  OwnerSearch again(snapshot, dominators, ownership, object, &search.seen());
  for (const Owner owner : order)
    if (!again.owner()) again.follow(owner);
  HOLDFAST_CHECK(again.owner());
  return {*again.owner(), again.way()};
}

}  // namespace holdfast::graph
