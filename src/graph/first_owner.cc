#include "graph/first_owner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "graph/breadth_first.h"

namespace holdfast::graph {

// From one owner after the other, over references that count. Without dominators it takes it that the objects with
// fixed owners, and those that weak references lead to, are shared, and remembers which.
class FirstOwner::Search {
 public:
  using Bits = HugeArray<std::uint64_t>;

  // Weak references count to shared objects that are not among the `reached`, which all owners reach over others; null:
  // they count to none.
  Search(const heap::Snapshot& snapshot, const Ownership& ownership, ObjectId object, const Dominators* dominators,
         const Bits* reached)
      : snapshot_(snapshot),
        ownership_(ownership),
        object_(object),
        dominators_(dominators),
        reached_(reached),
        weak_(ownership.weak),
        search_(snapshot),
        is_fixed_(words()),
        roots_of_(ownership.kind_of.size()) {
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) roots_of_[ownership.of_root[r]].emplace_back(r);
    for (const auto& [fixed, owner] : ownership.fixed)
      if (may_be_shared(fixed)) heap::set_bit(is_fixed_, fixed.row), fixed_of_.emplace_back(owner, fixed);
    std::ranges::sort(fixed_of_);
  }

  // Whether it goes through what is known only with dominators.
  bool starts_at_fixed(Owner owner) const { return std::ranges::binary_search(fixed_of_, owner, {}, &OfOwner::first); }

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
  bool was_right(const Dominators& dominators) const {
    const auto is_shared = [&](ObjectId object) { return dominators.idom(object) == NodeId::super_root(); };
    return !is_open() && std::ranges::all_of(closed_, is_shared) && std::ranges::all_of(put_off_, is_shared);
  }
  const Bits& seen() { return search_.seen(); }

 private:
  using OfOwner = std::pair<Owner, ObjectId>;

  std::uint64_t words() const { return (std::uint64_t{snapshot_.objects} + 63) / 64; }
  bool may_be_shared(ObjectId object) const {
    return dominators_ == nullptr || dominators_->idom(object) == NodeId::super_root();
  }
  bool is_seen(std::uint32_t object) const { return search_.has_entered(object); }

  void go_on(bool to_the_end) {
    search_.run_over_edges([&](std::uint32_t object, std::uint32_t) { note(object); },
                           [&](std::uint32_t source, std::uint32_t edge) { return counts(source, edge); },
                           [&] { return to_the_end || !is_found_; });
  }
  void enter(std::uint32_t object) {
    if (search_.enter(object)) note(object);
  }
  void note(std::uint32_t object) { is_found_ = is_found_ || object == object_.row; }

  // What has a fixed owner is entered from that one alone.
  bool is_closed(std::uint32_t target) {
    if (!heap::test_bit(is_fixed_, target)) return false;
    if (!owner_ && (closed_.empty() || closed_.back().row != target)) closed_.emplace_back(target);
    return true;
  }

  bool counts(std::uint32_t source, std::uint32_t edge) {
    const std::uint32_t target = snapshot_.edges.target[edge];
    if (is_seen(target)) return false;
    if (is_closed(target)) return false;
    if (!weak_) return true;
    if (source != source_) any_weak_ = weak_(ObjectId(source_ = source), is_weak_);
    if (!any_weak_ || !is_weak_[edge - snapshot_.edges.row_begin[source]]) return true;
    if (!may_be_shared(ObjectId(target)) || (reached_ != nullptr && !heap::test_bit(*reached_, target))) return true;
    of_this_owner_.emplace_back(target);
    return false;
  }

  // What the owner reaches otherwise, weak references need not tell it.
  void settle() {
    for (const ObjectId target : std::exchange(of_this_owner_, {}))
      if (!is_seen(target.row)) put_off_.push_back(target);
  }

  const heap::Snapshot& snapshot_;
  const Ownership& ownership_;
  ObjectId object_;
  const Dominators* dominators_;
  const Bits* reached_;
  WeakEdges weak_;
  std::uint32_t source_ = ObjectId::kNone;  // that is_weak_ is of
  bool any_weak_ = false;
  std::vector<bool> is_weak_;  // by edge of it
  BreadthFirst search_;
  Bits is_fixed_;
  std::vector<std::vector<RootId>> roots_of_;  // by owner
  std::vector<OfOwner> fixed_of_;              // ascending
  bool is_found_ = false;
  std::optional<Owner> owner_;
  std::vector<ObjectId> closed_;         // that have fixed owners and were met
  std::vector<ObjectId> of_this_owner_;  // targets of weak references
  std::vector<ObjectId> put_off_;        // the same, of owners before; none of which these reached
};

FirstOwner::FirstOwner(const heap::Snapshot& snapshot, const Ownership& ownership, std::vector<Owner> order,
                       ObjectId object)
    : snapshot_(snapshot), ownership_(ownership), order_(std::move(order)), object_(object) {}

FirstOwner::~FirstOwner() = default;

// Goes on behind the owner until it is known of all targets of weak references whether others reach them.
void FirstOwner::guess() {
  guess_ = std::make_unique<Search>(snapshot_, ownership_, object_, nullptr, nullptr);
  for (const Owner owner : order_) {
    const bool is_known = guess_->owner() && !guess_->is_open();
    if (is_known || guess_->starts_at_fixed(owner)) return;
    guess_->follow(owner);
  }
}

Owner FirstOwner::find(const Dominators& dominators) {
  if (guess_ != nullptr && guess_->owner() && guess_->was_right(dominators)) return *guess_->owner();
  guess_.reset();
  Search search(snapshot_, ownership_, object_, &dominators, nullptr);
  for (const Owner owner : order_)
    if (!search.owner() || search.is_open()) search.follow(owner);
  if (search.is_open()) search.finish();
  if (search.owner() && !search.is_open()) return *search.owner();
  Search again(snapshot_, ownership_, object_, &dominators, &search.seen());
  for (const Owner owner : order_)
    if (!again.owner()) again.follow(owner);
  HOLDFAST_CHECK(again.owner());
  return *again.owner();
}

}  // namespace holdfast::graph
