#include "graph/removals.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <map>
#include <unordered_map>

#include "base/cancel.h"
#include "base/huge_array.h"
#include "base/parallel.h"
#include "graph/object_sizes.h"
#include "graph/root_forest.h"

namespace holdfast::graph {
namespace {

using Questions = std::uint64_t;  // a bit for each removal
constexpr std::size_t kVisitsBetweenChecks = 1 << 16;

// The number of the first of some questions.
std::size_t lowest(Questions some) {
  return static_cast<std::size_t>(std::countr_zero(some));
}

class RemovalSearch {
 public:
  RemovalSearch(const heap::Snapshot& snapshot, const Dominators& dominators, const std::vector<Removal>& removals)
      : snapshot_(snapshot),
        dominators_(dominators),
        removals_(removals),
        forest_(snapshot),
        sizes_(snapshot),
        root_gone_(snapshot.roots.size()),
        special_((std::uint64_t{snapshot.objects} + 63) / 64),
        led_to_((std::uint64_t{snapshot.objects} + 63) / 64),
        kept_(snapshot.objects) {}

  RemovalEffects run(const std::vector<std::vector<ObjectId>>& subjects) {
    for (std::size_t i = 0; i < removals_.size(); ++i) start(removals_[i], Questions{1} << i);
    spread_led_to();
    if (!led_rows_.empty()) {
      enter_from_roots();
      enter_from_outside();
      spread_kept();
    }
    RemovalEffects out = sums();
    for (const std::vector<ObjectId>& subject : subjects) add_subject(subject, out);
    return out;
  }

 private:
  void start(const Removal& removal, Questions bit) {
    for (const NodeId node : removal.nodes) {
      if (node.root()) {
        remove_root(node.root(), bit);
      } else if (dominators_.reachable(node.object())) {
        object_gone_[node.object().row] |= bit;
        heap::set_bit(special_, node.object().row);
      }
    }
    for (const auto& [from, to] : removal.pointers) {
      pointer_gone_[{from, to}] |= bit;
      if (from.object()) heap::set_bit(special_, from.object().row);
    }
    for_each_start(removal, [&](std::uint32_t row) { lead_to(row); });
  }

  void remove_root(RootId root, Questions bit) {
    root_gone_[root.row] |= bit;
    for (const RootId child : forest_.children(root)) remove_root(child, bit);
  }

  // Calls visit(row) for the objects that the removal takes away, or takes a pointer from.
  template <typename Visit>
  void for_each_start(const Removal& removal, const Visit& visit) const {
    std::vector<NodeId> nodes = removal.nodes;
    while (!nodes.empty()) {
      const NodeId node = nodes.back();
      nodes.pop_back();
      if (!node.root()) {
        if (dominators_.reachable(node.object())) visit(node.object().row);
        continue;
      }
      for_each_target(node.root(), [&](ObjectId target) { visit(target.row); });
      for (const RootId child : forest_.children(node.root())) nodes.emplace_back(child);
    }
    for (const auto& [from, to] : removal.pointers)
      if (dominators_.reachable(to)) visit(to.row);
  }

  template <typename Visit>
  void for_each_target(RootId root, const Visit& visit) const {
    const heap::Root& of = snapshot_.roots[root.row];
    for (std::uint32_t i = 0; i < of.target_count; ++i)
      if (const ObjectId target = snapshot_.root_targets[of.first_target + i].object; dominators_.reachable(target))
        visit(target);
  }

  bool is_led_to(std::uint32_t row) const { return heap::test_bit(led_to_, row); }

  void lead_to(std::uint32_t row) {
    if (is_led_to(row)) return;
    heap::set_bit(led_to_, row);
    led_rows_.push_back(row);
  }

  void spread_led_to() {
    for (std::size_t i = 0; i < led_rows_.size(); ++i) {  // it grows meanwhile
      if (i % kVisitsBetweenChecks == 0) throw_if_cancelled();
      if (led_rows_[i] >= snapshot_.pointerful) continue;
      for (const std::uint32_t e : snapshot_.edges.of(led_rows_[i])) lead_to(snapshot_.edges.target[e]);
    }
  }

  // The questions in which nothing comes from a node over its pointer to an object.
  Questions gone_between(NodeId from, std::uint32_t to) const {
    const auto found = pointer_gone_.find({from, ObjectId(to)});
    return found == pointer_gone_.end() ? 0 : found->second;
  }
  Questions gone(std::uint32_t row) const {
    if (!is_special(row)) return 0;
    const auto found = object_gone_.find(row);
    return found == object_gone_.end() ? 0 : found->second;
  }

  bool is_special(std::uint32_t row) const { return heap::test_bit(special_, row); }

  void keep(std::uint32_t row, Questions bits) {
    bits &= ~gone(row);
    if ((bits & ~kept_[row]) == 0) return;
    kept_[row] |= bits;
    work_.push_back(row);
  }

  void enter_from_roots() {
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r)
      for_each_target(RootId(r), [&](ObjectId target) {
        if (is_led_to(target.row)) keep(target.row, ~root_gone_[r] & ~gone_between(RootId(r), target.row));
      });
  }

  // What no question leads to is kept in all of them.
  void enter_from_outside() {
    constexpr unsigned kParts = 64;
    std::vector<std::vector<std::pair<std::uint32_t, Questions>>> found(kParts);
    for_each_part(snapshot_.pointerful, kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
      for (auto row = static_cast<std::uint32_t>(begin); row < end; ++row) {
        if (is_led_to(row) || !dominators_.reachable(ObjectId(row))) continue;
        const bool cut = is_special(row);
        for (const std::uint32_t e : snapshot_.edges.of(row)) {
          const std::uint32_t target = snapshot_.edges.target[e];
          if (is_led_to(target))
            found[part].emplace_back(target, cut ? ~gone_between(ObjectId(row), target) : ~Questions{0});
        }
      }
    });
    for (const auto& part : found)
      for (const auto& [row, bits] : part) keep(row, bits);
  }

  void spread_kept() {
    for (std::size_t visits = 0; !work_.empty(); ++visits) {
      if (visits % kVisitsBetweenChecks == 0) throw_if_cancelled();
      const std::uint32_t row = work_.back();
      work_.pop_back();
      if (row >= snapshot_.pointerful) continue;
      const Questions bits = kept_[row];
      const bool cut = is_special(row);
      for (const std::uint32_t e : snapshot_.edges.of(row)) {
        const std::uint32_t target = snapshot_.edges.target[e];
        if (is_led_to(target)) keep(target, cut ? bits & ~gone_between(ObjectId(row), target) : bits);
      }
    }
  }

  Questions all() const {
    return removals_.size() == kMostRemovals ? ~Questions{0} : (Questions{1} << removals_.size()) - 1;
  }

  RemovalEffects sums() {
    const std::size_t count = removals_.size();
    RemovalEffects out;
    out.freed.resize(count);
    out.kept.resize(count);
    out.common.resize(count * count);
    for (const std::uint32_t row : led_rows_) {
      const std::uint64_t bytes = sizes_.size_of(ObjectId(row));
      const Questions freed = all() & ~kept_[row];
      for (Questions one = freed; one != 0; one &= one - 1) {
        out.freed[lowest(one)].add(bytes);
        for (Questions other = freed; other != 0; other &= other - 1)
          out.common[lowest(one) * count + lowest(other)] += bytes;
      }
    }
    for (std::size_t i = 0; i < count; ++i) out.kept[i] = kept_sum(i);
    return out;
  }

  void add_subject(const std::vector<ObjectId>& subject, RemovalEffects& out) const {
    const std::size_t begin = out.of_subject.size();
    out.of_subject.resize(begin + removals_.size());
    for (const ObjectId object : subject) {
      if (!is_led_to(object.row)) continue;
      for (Questions freed = all() & ~kept_[object.row]; freed != 0; freed &= freed - 1)
        out.of_subject[begin + lowest(freed)] += sizes_.size_of(object);
    }
  }

  // Sums up what the removal leads to and is kept without it.
  std::optional<RemovalEffects::Sum> kept_sum(std::size_t i) {
    std::vector<std::uint32_t> rows;
    const auto enter = [&](std::uint32_t row) {
      if (!is_led_to(row)) return;
      heap::clear_bit(led_to_, row);  // it was counted; the bit comes back below
      rows.push_back(row);
    };
    for_each_start(removals_[i], enter);
    RemovalEffects::Sum sum;
    for (std::size_t at = 0; at < rows.size() && rows.size() <= kMostLedTo; ++at) {
      const std::uint32_t row = rows[at];
      if ((kept_[row] >> i & 1) != 0) sum.add(sizes_.size_of(ObjectId(row)));
      if (row >= snapshot_.pointerful) continue;
      for (const std::uint32_t e : snapshot_.edges.of(row)) enter(snapshot_.edges.target[e]);
    }
    for (const std::uint32_t row : rows) heap::set_bit(led_to_, row);
    return rows.size() > kMostLedTo ? std::nullopt : std::optional(sum);
  }

  const heap::Snapshot& snapshot_;
  const Dominators& dominators_;
  const std::vector<Removal>& removals_;
  RootForest forest_;
  ObjectSizes sizes_;
  std::vector<Questions> root_gone_;  // by root
  std::unordered_map<std::uint32_t, Questions> object_gone_;
  std::map<std::pair<NodeId, ObjectId>, Questions> pointer_gone_;
  HugeArray<std::uint64_t> special_, led_to_;  // a bit per object: in the maps above; some removal leads to it
  HugeArray<Questions> kept_;                  // by object, only of those that some removal leads to
  std::vector<std::uint32_t> led_rows_, work_;
};

}  // namespace

RemovalEffects removal_effects(const heap::Snapshot& snapshot, const Dominators& dominators,
                               const std::vector<Removal>& removals,
                               const std::vector<std::vector<ObjectId>>& subjects) {
  assert(removals.size() <= kMostRemovals);
  return RemovalSearch(snapshot, dominators, removals).run(subjects);
}

}  // namespace holdfast::graph
