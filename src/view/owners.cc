#include "view/owners.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "graph/first_owner.h"
#include "heap/object_index.h"
#include "view/labels.h"
#include "view/objects_of_types.h"
#include "view/type_rules.h"

namespace holdfast::view {
namespace {

constexpr std::uint32_t kTheRuntime = Owners::kTheRuntime;
constexpr std::uint32_t kLastings = static_cast<std::uint32_t>(Lasting::kForLong) + 1;

// Puts roots together. Makes the rows, and says whose each root is.
class OwnerFinder {
 public:
  OwnerFinder(const heap::Snapshot& snapshot, const graph::ObjectSizes& sizes, const heap::OwnerRules& rules)
      : snapshot_(snapshot), sizes_(sizes), rules_(rules) {
    rows_.emplace_back();
  }

  void run() {
    of_root_.reserve(snapshot_.roots.size());
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      of_root_.push_back(root.parent ? of_root_[root.parent.row] : owner_of(root));
      OwnerRow& row = rows_[of_root_.back()];
      if (!root.parent) row.roots.emplace_back(r);
      if (root.kind != heap::RootKind::kGoroutine) continue;
      const RuleId worker = worker_rule(root);
      if (row.goroutines++ == 0 || !worker) row.rule = worker;
      row.waits = row.waits || waits_for_others(root);
    }
    for (OwnerRow& row : rows_)
      if (row.kind == OwnerKind::kVariable || (!row.rule && (row.waits || row.goroutines >= Owners::kMany)))
        row.lasting = Lasting::kForLong;
  }

  std::vector<OwnerRow> rows_;
  std::vector<std::uint32_t> of_root_;  // by RootId

 private:
  RuleId worker_rule(const heap::Root& root) const {
    const StringId by = root.goroutine ? snapshot_.goroutines[root.goroutine.row].created_by : StringId();
    return by ? rules_.worker(snapshot_.strings[by]) : RuleId();
  }

  bool waits_for_others(const heap::Root& root) const {
    if (!root.goroutine) return false;
    const heap::Goroutine& row = snapshot_.goroutines[root.goroutine.row];
    const bool waits = row.state == heap::GoroutineState::kWaiting || row.state == heap::GoroutineState::kLeaked;
    return waits && row.wait_reason != WaitReason::kIoWait && !row.system;
  }

  // A word of data without a name, and what it leads to: a variable's words are alike.
  struct Near {
    std::uint64_t leads_to = 0;
    std::uint32_t owner = 0;
  };
  using Start = std::tuple<StringId, heap::Section, std::uint64_t>;  // module, section, offset

  std::uint32_t add(OwnerKind kind, Lasting lasting) {
    rows_.push_back({.kind = kind, .lasting = lasting, .roots = {}});
    return static_cast<std::uint32_t>(rows_.size() - 1);
  }

  std::uint32_t owner_of(const heap::Root& root) {
    switch (root.kind) {
      case heap::RootKind::kGlobal:
        return owner_of_variable(root);
      case heap::RootKind::kGoroutine:
        return add(OwnerKind::kGoroutines, Lasting::kForTheMoment);
      case heap::RootKind::kGroup:
        if (snapshot_.labels[root.label.row].members == heap::RootKind::kGoroutine)
          return add(OwnerKind::kGoroutines, Lasting::kForTheMoment);
        [[fallthrough]];
      default:
        return add(OwnerKind::kSpecials, Lasting::kBookkeeping);
    }
  }

  std::uint32_t owner_of_variable(const heap::Root& root) {
    const heap::Label& label = label_of(snapshot_, root);
    const bool is_behind = label.relation == heap::Relation::kBehind && label.behind;
    if (is_of_runtime(snapshot_, root)) return kTheRuntime;
    if (is_behind) return one_of(behind_, label.behind);
    if (label.variable) return one_of(by_name_, std::pair(label.data.module, label.variable));
    return owner_by_place(root, label);
  }

  template <typename Key>
  std::uint32_t one_of(std::map<Key, std::uint32_t>& known, const Key& key) {
    const auto [at, is_new] = known.try_emplace(key, 0);
    if (is_new) at->second = add(OwnerKind::kVariable, Lasting::kForLong);
    return at->second;
  }

  // Roots come by address, so the beginning of a variable comes before its other words.
  std::uint32_t owner_by_place(const heap::Root& root, const heap::Label& label) {
    const std::uint64_t distance = label.relation == heap::Relation::kItself ? 0 : label.distance;
    std::vector<Near>& near = by_start_[{label.data.module, label.data.section, label.data.offset - distance}];
    const std::uint64_t leads_to = what_it_leads_to(root);
    for (const Near& known : near)
      if (label.relation == heap::Relation::kInside || known.leads_to == leads_to) return known.owner;
    near.push_back({leads_to, add(OwnerKind::kVariable, Lasting::kForLong)});
    return near.back().owner;
  }

  // The type of the first object, or its size if the type is not known.
  std::uint64_t what_it_leads_to(const heap::Root& root) const {
    if (root.target_count == 0) return 0;
    const ObjectId object = snapshot_.root_targets[root.first_target].object;
    const heap::ObjectType type = snapshot_.object_type[object.row];
    return type ? std::uint64_t{type.type().row} << 32 : sizes_.size_of(object);
  }

  const heap::Snapshot& snapshot_;
  const graph::ObjectSizes& sizes_;
  const heap::OwnerRules& rules_;
  std::map<LabelId, std::uint32_t> behind_;
  std::map<std::pair<StringId, StringId>, std::uint32_t> by_name_;
  std::map<Start, std::vector<Near>> by_start_;
};

// Tells variables that are a sync.Pool, or package sync's lists of all pools, from all others: they lead to the parts
// of pools, or to pointers to them, and besides to functions at most.
class PoolFinder {
 public:
  PoolFinder(const heap::Snapshot& snapshot, const heap::OwnerRules& rules)
      : snapshot_(snapshot), type_rules_(snapshot, rules) {}

  // Returns the rule that says so; none if it is no pool.
  RuleId pool(const OwnerRow& owner) const {
    RuleId rule;
    for (const RootId root : owner.roots) {
      const heap::Root& row = snapshot_.roots[root.row];
      for (std::uint32_t t = row.first_target; t < row.first_target + row.target_count; ++t) {
        const TypeId type = snapshot_.object_type[snapshot_.root_targets[t].object.row].type();
        if (!type) return {};
        const bool is_part = type_rules_.is_pool(type_rules_.container(type));
        if (!is_part && snapshot_.types[type.row].role != heap::TypeRole::kClosure) return {};
        if (is_part && !rule) rule = type_rules_.container_rule(type);
      }
    }
    return rule;
  }

 private:
  const heap::Snapshot& snapshot_;
  TypeRules type_rules_;
};

// The runtime's records of threads, processors and goroutines refer to each other in circles, so whoever refers to one
// would hold them all. Each is its goroutine's or the runtime's, whoever refers to it.
class RecordFinder {
 public:
  RecordFinder(const heap::Snapshot& snapshot, const std::vector<std::uint32_t>& owner_of_root)
      : snapshot_(snapshot), owner_of_root_(owner_of_root) {}

  std::vector<std::pair<ObjectId, graph::Owner>> run() {
    const std::vector<Record> record_of = records_by_type();
    std::vector<std::pair<ObjectId, graph::Owner>> fixed;
    std::vector<bool> is_record(record_of.size());
    for (std::size_t t = 0; t < record_of.size(); ++t) is_record[t] = record_of[t] != Record::kNone;
    if (std::ranges::count(is_record, true) == 0) return fixed;
    const heap::ObjectIndex index(snapshot_);
    for (const heap::Goroutine& goroutine : snapshot_.goroutines)
      if (const ObjectId object = goroutine.root ? index.find_object(goroutine.g) : ObjectId())
        goroutine_of_.emplace(object.row, owner_of_root_[goroutine.root.row]);
    for (const ObjectId object : objects_of_types(snapshot_, is_record))
      fixed.emplace_back(object, owner_of(object.row, record_of[snapshot_.object_type[object.row].type().row]));
    return fixed;
  }

 private:
  enum class Record : std::uint8_t { kNone, kRuntime, kGoroutine, kWait };

  std::vector<Record> records_by_type() const {
    std::vector<Record> out(snapshot_.types.size(), Record::kNone);
    for (std::size_t t = 0; t < out.size(); ++t) {
      const std::string_view name = snapshot_.strings[snapshot_.types[t].name];
      if (!name.starts_with("runtime.")) continue;
      if (name == "runtime.g") out[t] = Record::kGoroutine;
      if (name == "runtime.sudog") out[t] = Record::kWait;
      if (name == "runtime.m" || name == "runtime.mPadded" || name == "runtime.p") out[t] = Record::kRuntime;
    }
    return out;
  }

  std::uint32_t owner_of(std::uint32_t row, Record record) const {
    if (record == Record::kGoroutine) return owner_of_g(row);
    if (record != Record::kWait) return kTheRuntime;
    for (const std::uint32_t e : snapshot_.edges.of(row))
      if (const std::uint32_t owner = owner_of_g(snapshot_.edges.target[e]); owner != kTheRuntime) return owner;
    return kTheRuntime;
  }
  std::uint32_t owner_of_g(std::uint32_t row) const {
    const auto known = goroutine_of_.find(row);
    return known == goroutine_of_.end() ? kTheRuntime : known->second;
  }

  const heap::Snapshot& snapshot_;
  const std::vector<std::uint32_t>& owner_of_root_;
  std::unordered_map<std::uint32_t, std::uint32_t> goroutine_of_;
};

graph::Ownership ownership_of(const heap::Snapshot& snapshot, const RootOwners& owners, const WeakEdges& weak) {
  graph::Ownership ownership;
  ownership.of_root = owners.of_root;
  for (const OwnerRow& row : owners.rows)
    ownership.kind_of.push_back(static_cast<std::uint32_t>(row.kind) * kLastings +
                                static_cast<std::uint32_t>(row.lasting));
  ownership.fixed = owners_of_records(snapshot, owners.of_root);
  ownership.weak = weak.flags();
  return ownership;
}

// Returns who may have what is below the node that is directly under the super root: those that hold for long first,
// and of these package variables.
std::vector<graph::Owner> in_question(const RootOwners& owners, graph::NodeId top) {
  if (top.root()) return {owners.of_root[top.root().row]};
  std::vector<graph::Owner> order(owners.rows.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, std::greater(), [&](graph::Owner owner) {
    return std::pair(owners.rows[owner].lasting, owners.rows[owner].kind == OwnerKind::kVariable);
  });
  return order;
}

}  // namespace

// Gives each set of owners a home.
class Owners::Builder {
 public:
  Builder(const graph::Dominators& dominators, const WeakEdges& weak, Owners& out)
      : dominators_(dominators), weak_(weak), out_(out) {}

  void run() {
    for (const graph::Sharing::Set& set : out_.sharing_.sets()) out_.home_of_set_.push_back(home_of(set));
    bytes_of_set_.assign(out_.sharing_.sets().size(), 0);
    out_.sharing_.for_each([&](ObjectId object) {
      const std::uint32_t set = out_.sharing_.set_of(object);
      bytes_of_set_[set] += dominators_.retained_bytes(object);
      ++out_.homes_[out_.home_of_set_[set]].shared_count;
    });
    group_shared();
    add_sums();
  }

 private:
  // Members of a set that are not kinds, and kinds, by how long they hold.
  Lasting lasting_of(const graph::Sharing::Set& set, std::uint32_t member) const {
    return set.of_kinds ? static_cast<Lasting>(member % kLastings) : out_.rows_[member].lasting;
  }

  std::uint32_t home_of(const graph::Sharing::Set& set) {
    Lasting most = Lasting::kBookkeeping;
    for (const std::uint32_t member : set.members) most = std::max(most, lasting_of(set, member));
    Home home;
    for (const std::uint32_t member : set.members) {
      if (lasting_of(set, member) != most) continue;
      if (set.of_kinds)
        home.kinds.push_back(static_cast<OwnerKind>(member / kLastings));
      else
        home.owners.push_back(member);
    }
    if (home.is_one()) return home.owners.front();
    const auto [at, is_new] = known_.try_emplace({home.owners, home.kinds}, out_.homes_.size());
    if (is_new) out_.homes_.push_back(std::move(home));
    return at->second;
  }

  void group_shared() {
    std::uint32_t sum = 0;
    for (Home& home : out_.homes_) home.first_shared = sum, sum += std::exchange(home.shared_count, 0);
    out_.shared_ = HugeArray<std::uint32_t>(sum);
    out_.sharing_.for_each([&](ObjectId object) {
      Home& home = out_.homes_[out_.home_of_set_[out_.sharing_.set_of(object)]];
      out_.shared_[home.first_shared + home.shared_count++] = dominators_.columns().vertices.of(object);
    });
  }

  void add_sums() {
    out_.also_held_.resize(out_.homes_.size());
    out_.with_others_.assign(out_.rows_.size(), 0);
    std::vector<std::map<std::uint32_t, std::uint64_t>> also(out_.homes_.size());
    for (std::size_t s = 0; s < bytes_of_set_.size(); ++s) {
      const graph::Sharing::Set& set = out_.sharing_.sets()[s];
      const std::uint32_t at = out_.home_of_set_[s];
      out_.homes_[at].bytes += bytes_of_set_[s];
      if (set.of_kinds || bytes_of_set_[s] == 0) continue;
      for (const std::uint32_t owner : set.members) {
        if (out_.homes_[at].is_one() && out_.homes_[at].owners.front() == owner) continue;
        out_.with_others_[owner] += bytes_of_set_[s];
        if (!std::ranges::binary_search(out_.homes_[at].owners, owner)) also[at][owner] += bytes_of_set_[s];
      }
    }
    add_weak();
    for (std::size_t h = 0; h < also.size(); ++h) {
      for (const auto& [owner, bytes] : also[h]) out_.also_held_[h].push_back({owner, bytes, out_.rows_[owner].rule});
      std::ranges::stable_sort(out_.also_held_[h], std::greater(), &AlsoHeld::bytes);
    }
  }

  // Whoever refers to something weakly, and not otherwise, is named beside those who have it.
  void add_weak() {
    std::map<std::tuple<std::uint32_t, std::uint32_t, RuleId>, std::uint64_t> bytes;
    std::set<std::pair<ObjectId, std::uint32_t>> seen;
    for (const graph::Sharing::WeakReference& reference : out_.sharing_.weak()) {
      const graph::Sharing::Set& from = out_.sharing_.sets()[reference.set];
      const graph::Sharing::Set& to = out_.sharing_.sets()[out_.sharing_.set_of(reference.to)];
      if (from.of_kinds || to.of_kinds) continue;
      for (const std::uint32_t owner : from.members)
        if (!std::ranges::binary_search(to.members, owner) && seen.insert({reference.to, owner}).second)
          bytes[{out_.home_of(reference.to), owner, weak_.rule(reference.from, reference.to)}] +=
              dominators_.retained_bytes(reference.to);
    }
    for (const auto& [key, sum] : bytes) {
      const auto& [home, owner, rule] = key;
      out_.also_held_[home].push_back({owner, sum, rule});
    }
  }

  const graph::Dominators& dominators_;
  const WeakEdges& weak_;
  Owners& out_;
  std::vector<std::uint64_t> bytes_of_set_;
  std::map<std::pair<std::vector<std::uint32_t>, std::vector<OwnerKind>>, std::uint32_t> known_;
};

RootOwners owners_of_roots(const heap::Snapshot& snapshot, const graph::ObjectSizes& sizes,
                           const heap::OwnerRules& rules) {
  OwnerFinder finder(snapshot, sizes, rules);
  finder.run();
  RootOwners owners{std::move(finder.rows_), std::move(finder.of_root_)};
  const PoolFinder pools(snapshot, rules);
  for (OwnerRow& row : owners.rows) {
    if (row.kind != OwnerKind::kVariable) continue;
    row.rule = pools.pool(row);
    if (row.rule) row.lasting = Lasting::kFree;
  }
  return owners;
}

graph::WayPreference lasting_ways(const RootOwners& owners, const WeakEdges& weak) {
  graph::WayPreference preference{.rank = {}, .weak = weak.flags()};
  preference.rank.reserve(owners.of_root.size());
  for (const std::uint32_t row : owners.of_root)
    preference.rank.push_back(static_cast<std::uint8_t>(owners.rows[row].lasting));
  return preference;
}

std::vector<std::pair<ObjectId, graph::Owner>> owners_of_records(const heap::Snapshot& snapshot,
                                                                 const std::vector<std::uint32_t>& owner_of_root) {
  return RecordFinder(snapshot, owner_of_root).run();
}

Owners::Owners(const heap::Snapshot& snapshot, const graph::Dominators& dominators, const heap::OwnerRules& rules)
    : rules_(&rules) {
  RootOwners of_roots = owners_of_roots(snapshot, dominators.columns().sizes, rules);
  const TypeRules type_rules(snapshot, rules);
  const heap::ObjectIndex index(snapshot);
  const WeakEdges weak(snapshot, index, type_rules);
  const graph::Ownership ownership = ownership_of(snapshot, of_roots, weak);
  take_roots(std::move(of_roots), dominators);
  sharing_ = graph::Sharing(snapshot, dominators, ownership);
  Builder(dominators, weak, *this).run();
}

Owners Owners::of_one(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& types,
                      const graph::Dominators& dominators, ObjectId object) {
  Owners owners;
  owners.rules_ = &types.rules();
  RootOwners of_roots = owners_of_roots(snapshot, dominators.columns().sizes, types.rules());
  const graph::NodeId top = object ? dominators.top(object) : graph::NodeId();
  if (top) {
    const WeakEdges weak(snapshot, index, types);
    const graph::Ownership ownership = ownership_of(snapshot, of_roots, weak);
    const graph::FirstOwner first = first_owner(snapshot, dominators, ownership, in_question(of_roots, top), object);
    // The first homes are those of one owner each.
    if (top.object()) owners.only_home_ = first.owner;
    owners.only_way_ = first.way;
  }
  owners.take_roots(std::move(of_roots), dominators);
  owners.also_held_.resize(owners.homes_.size());
  owners.with_others_.assign(owners.rows_.size(), 0);
  return owners;
}

// The first homes are those of one owner each.
void Owners::take_roots(RootOwners of_roots, const graph::Dominators& dominators) {
  rows_ = std::move(of_roots.rows);
  owner_of_root_ = std::move(of_roots.of_root);
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    Home& home = homes_.emplace_back();
    home.owners = {row};
    for (const RootId root : rows_[row].roots) home.bytes += dominators.retained_bytes(root);
  }
}

std::uint32_t Owners::home_of(graph::NodeId top) const {
  if (top.root()) return owner_of(top.root());
  return only_home_ ? *only_home_ : home_of_set_[sharing_.set_of(top.object())];
}

}  // namespace holdfast::view
