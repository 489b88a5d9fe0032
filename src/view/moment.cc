#include "view/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/parallel.h"
#include "base/text.h"
#include "graph/dominator_tree.h"
#include "view/allocation_sites.h"
#include "view/goroutine_rows.h"
#include "view/holders.h"
#include "view/labels.h"
#include "view/owner_words.h"
#include "view/type_table.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::uint64_t kSmallestPath = 1000;  // a path has a line of its own from one in so many of the live bytes on
constexpr Address kEndOfUserSpace{std::uint64_t{1} << 47};  // what lies above is the kernel's [vsyscall]

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, "\n"));
}

// Collects rows; those with one key become one.
class MomentRows {
 public:
  MomentRow& row(const std::string& key, const std::string& loose_key, const auto& text, std::string filter = {}) {
    const auto [it, is_new] = at_.try_emplace(key, static_cast<std::uint32_t>(rows_.size()));
    if (is_new) {
      MomentRow& made = rows_.emplace_back();
      made.key = key;
      made.loose_key = loose_key;
      made.text = text();
      made.filter = std::move(filter);
    }
    return rows_[it->second];
  }
  std::uint32_t number(const std::string& key) const { return at_.at(key); }
  std::vector<MomentRow> take() { return std::move(rows_); }

 private:
  std::unordered_map<std::string, std::uint32_t> at_;
  std::vector<MomentRow> rows_;
};

// Goroutines by where they stand, why they wait and who started them: what their groups have in common.
class GoroutinePlaces {
 public:
  explicit GoroutinePlaces(const Names& names) : names_(names) {
    const heap::Snapshot& s = names.snapshot();
    for (std::uint32_t row = 0; row < s.goroutines.size(); ++row) {
      const RootId root = s.goroutines[row].root;
      if (!root) continue;
      of_root_.try_emplace(root, row);
      if (const RootId group = s.roots[root.row].parent) of_root_.try_emplace(group, row);
    }
  }

  // The first goroutine that the root is, or that is in the group; null if there is none.
  const heap::Goroutine* first_of(RootId root) const {
    const auto found = of_root_.find(root);
    return found == of_root_.end() ? nullptr : &names_.snapshot().goroutines[found->second];
  }
  std::string key(const heap::Goroutine& goroutine, bool loose) const {
    const auto place = [&](const CodePlace& code) {
      return loose ? code.function : fmt::format("{} {}:{}", code.function, code.file, code.line);
    };
    return fmt::format("{}\n{}\n{}", doing(goroutine), place(names_.top_frame(goroutine)),
                       place(names_.creator(goroutine)));
  }
  std::string filter(const heap::Goroutine& goroutine) const {
    const CodePlace top = names_.top_frame(goroutine);
    return top.empty() ? "" : "top=" + code_text(top);
  }
  Sentence text(const heap::Goroutine& goroutine) const {
    Sentence out = sentence("{}", doing(goroutine));
    if (const CodePlace top = names_.top_frame(goroutine); !top.empty()) out += sentence(" at {}", named(top));
    if (const CodePlace by = names_.creator(goroutine); !by.empty()) out += sentence(", started by {}", named(by));
    return out;
  }

 private:
  static std::string_view doing(const heap::Goroutine& goroutine) {
    const std::string_view reason = name_of(goroutine.wait_reason);
    return reason.empty() ? name_of(goroutine.state) : reason;
  }

  const Names& names_;
  std::map<RootId, std::uint32_t> of_root_;
};

struct KeyedName {
  std::string key, loose_key;
  Sentence text;
  std::string filter = {};
};

// Owners without what differs from look to look: how many goroutines there are, and their numbers.
class OwnerNames {
 public:
  OwnerNames(const Groundwork& groundwork, const GoroutinePlaces& places)
      : snapshot_(groundwork.snapshot()), owners_(groundwork.owners()), places_(places) {
    for (std::uint32_t owner = 0; owner < owners_.rows().size(); ++owner) names_.push_back(name_of_owner(owner));
  }

  KeyedName of(const Home& home) const {
    if (home.owners.empty()) return same_key(kinds_text(home));
    constexpr std::size_t kNamed = 3;
    std::vector<const KeyedName*> names;
    names.reserve(home.owners.size());
    for (const std::uint32_t owner : home.owners) names.push_back(&names_[owner]);
    std::ranges::stable_sort(names, {}, &KeyedName::key);
    std::vector<std::string> keys, loose_keys;
    Sentence text;
    for (std::size_t i = 0; i < names.size(); ++i) {
      keys.push_back(names[i]->key);
      loose_keys.push_back(names[i]->loose_key);
      if (i < kNamed) text += sentence("{}{}", i == 0 ? "" : i + 1 == names.size() ? " and " : ", ", names[i]->text);
    }
    if (names.size() > kNamed) text += sentence(" and {} more", names.size() - kNamed);
    return {joined(keys), joined(loose_keys), std::move(text), names.size() == 1 ? names.front()->filter : ""};
  }

 private:
  static KeyedName same_key(Sentence text) { return {text.full, text.full, std::move(text)}; }

  KeyedName name_of_owner(std::uint32_t owner) const {
    const OwnerRow& row = owners_.rows()[owner];
    if (row.kind == OwnerKind::kGoroutines && !row.roots.empty())
      if (const heap::Goroutine* const one = places_.first_of(row.roots.front()))
        return {"goroutines\n" + places_.key(*one, false), "goroutines\n" + places_.key(*one, true),
                sentence("goroutines in {}", places_.text(*one))};
    Sentence text = owner_text(snapshot_, owners_, owner);
    if (row.kind != OwnerKind::kVariable || row.roots.empty()) return same_key(std::move(text));
    // Without the number of its words.
    const std::string key = named(snapshot_, snapshot_.roots[row.roots.front().row]).full;
    return {key, key, std::move(text), "name=" + key};
  }

  const heap::Snapshot& snapshot_;
  const Owners& owners_;
  const GoroutinePlaces& places_;
  std::vector<KeyedName> names_;  // by row of Owners
};

MomentList types_of(const std::vector<TypeTotals>& types, const MomentSum& live) {
  MomentRows rows;
  for (const TypeTotals& type : types)
    rows.row(
            type.type, type.type, [&] { return named(type.type); }, "type=" + type.type)
        .sum += {type.count, type.bytes, type.retained_bytes};
  return {rows.take(), live, 0, {}};
}

// What is at home at an owner: what its roots dominate, and the shared objects that no root dominates alone.
MomentSum sum_of(const Groundwork& groundwork, const Home& home) {
  const graph::Dominators& dominators = groundwork.dominators();
  const graph::Vertices& vertices = dominators.columns().vertices;
  MomentSum sum{0, home.bytes, home.bytes};
  if (home.is_one())
    for (const RootId root : groundwork.owners().rows()[home.owners.front()].roots)
      sum.count += dominators.retained_count(root);
  for (const std::uint32_t vertex : groundwork.owners().shared(home))
    sum.count += dominators.retained_count(vertices.node(vertex));
  return sum;
}

MomentList owners_of(const Groundwork& groundwork, const OwnerNames& names, const MomentSum& live) {
  MomentRows rows;
  const std::vector<Home>& homes = groundwork.owners().homes();
  for (std::uint32_t home = 0; home < homes.size(); ++home) {
    const MomentSum sum = sum_of(groundwork, homes[home]);
    if (sum.bytes == 0) continue;
    const KeyedName name = names.of(homes[home]);
    MomentRow& row = rows.row(
        name.key, name.loose_key, [&] { return name.text; }, name.filter);
    if (row.sum.bytes == 0) row.home = home;
    row.sum += sum;
  }
  return {rows.take(), live, 0, {}};
}

// Returns what `why` calls a node; empty for roots that it has no word for.
std::string subject_of(const Groundwork& groundwork, graph::NodeId node) {
  const heap::Snapshot& snapshot = groundwork.snapshot();
  if (node.object()) return hex(groundwork.names().index().address_of(node.object()));
  if (!node.root()) return {};
  const heap::Root& root = snapshot.roots[node.root().row];
  if (root.kind == heap::RootKind::kGlobal) return "global:" + root_text(snapshot, root);
  if (root.kind == heap::RootKind::kGoroutine && root.goroutine)
    return fmt::format("goroutine:{}", snapshot.goroutines[root.goroutine.row].goid);
  return {};
}

// Sets what can be asked about to see the path: what stands for its last level, or for the next one above.
void set_subject(const Groundwork& groundwork, const Found& found, MomentRow& row) {
  row.subject.clear();
  row.example = {};
  row.is_above = found.scattered || !found.levels.back().first.object();
  for (std::size_t level = found.levels.size(); level-- > 0 && row.subject.empty();)
    row.subject = subject_of(groundwork, found.levels[level].first);
  if (const ObjectId object = found.scattered ? ObjectId() : found.levels[found.about].first.object())
    row.example = groundwork.names().index().address_of(object);
}

MomentList paths_of(const Groundwork& groundwork, const std::vector<Found>& found, const OwnerNames& names,
                    std::uint64_t smallest, const MomentSum& live) {
  MomentRows rows;
  MomentSum all = live;
  for (std::size_t i = 0; const IdentifiedHolder& holder : identify_holders(groundwork, found)) {
    const KeyedName home = names.of(groundwork.owners().homes()[found[i].home]);
    // Of many small things any may be the example.
    const std::string identity = found[i].scattered ? "scattered" : joined(holder.identity);
    const MomentSum sum{holder.count, found[i].bytes, found[i].bytes};
    MomentRow& row =
        rows.row(home.key + "\n" + identity, home.loose_key + "\n" + identity, [&] { return holder.what; });
    if (sum.bytes >= row.sum.bytes) set_subject(groundwork, found[i], row);
    row.sum += sum;
    ++i;
  }
  all.count = 0;  // the rows count things, which are not all objects
  return {rows.take(), all, smallest, {}};
}

MomentList sites_of(const Groundwork& groundwork, const AllocationSamples& samples) {
  MomentList list;
  const auto places = samples.places([&](ObjectId object) { return groundwork.dominators().reachable(object); });
  if (!places) {
    list.absent = sentence("{}", !samples.facts().known ? "the memory profile of the program was not found"
                                 : samples.facts().switched_off || samples.facts().rate == 0
                                     ? "the memory profile of the program is off"
                                     : "the rate of the memory profile is not known or has changed");
    return list;
  }
  MomentRows rows;
  for (const AllocationPlace& place : places->places) {
    const CodePlace& code = place.place;
    const bool has_name = !code.empty();
    MomentRow& row = rows.row(
        has_name ? fmt::format("{} {}:{}", code.function, code.file, code.line) : "", code.function,
        [&] { return has_name ? named(code) : sentence("the runtime, for itself"); },
        has_name ? "put_there_by=" + code_text(code) : "");
    const MomentSum sum{place.estimate->objects.value, place.estimate->bytes.value, place.estimate->bytes.value};
    row.sum += sum;
    row.estimate = place.estimate->bytes;
    list.all += sum;
  }
  list.rows = rows.take();
  return list;
}

void add_goroutines(const Groundwork& groundwork, const GoroutinePlaces& places, Moment& moment) {
  MomentRows rows;
  MomentList& list = moment.lists[static_cast<std::size_t>(ChangeBy::kGoroutines)];
  const heap::Snapshot& snapshot = groundwork.snapshot();
  for (const GoroutineGroup& group : goroutine_groups(snapshot, groundwork.dominators(), true)) {
    const std::string key = places.key(*group.first, false);
    MomentRow& row = rows.row(
        key, places.key(*group.first, true), [&] { return places.text(*group.first); }, places.filter(*group.first));
    const MomentSum sum{group.count, group.retained_bytes + group.stack_bytes, group.retained_bytes};
    row.sum += sum;
    list.all += sum;
    moment.stack_bytes += group.stack_bytes;
    for (const GoroutineId member : group.members)
      moment.by_goid.push_back({snapshot.goroutines[member.row].goid, rows.number(key)});
  }
  std::ranges::sort(moment.by_goid);
  moment.goroutines = list.all.count;
  list.rows = rows.take();
}

// Of a core no mapping has a name; the first thread's stack is the highest that can be written.
Address main_stack_of(const heap::Snapshot& snapshot) {
  Address highest;
  for (const heap::Mapping& mapping : snapshot.mappings) {
    if (mapping.name && snapshot.strings[mapping.name] == "[stack]") return mapping.range.end;
    if (mapping.writable && mapping.range.end < kEndOfUserSpace) highest = mapping.range.end;
  }
  return snapshot.target.kind == heap::TargetKind::kCore ? highest : Address();
}

void add_facts(const heap::Snapshot& snapshot, const graph::Reachability& reached, std::uint64_t all_bytes,
               Moment& moment) {
  moment.target = snapshot.target;
  moment.at_ns = snapshot.target.kind == heap::TargetKind::kCore ? snapshot.target.core_written_ns
                                                                 : snapshot.target.captured_at_ns;
  moment.main_stack = main_stack_of(snapshot);
  for (const auto& [name, value] : snapshot.mem_stats)
    if (name == "Mallocs") moment.mallocs = value;
  moment.sweep_generation = snapshot.audit.sweep_generation;
  moment.rss = snapshot.account.known && !snapshot.account.of_mappings ? snapshot.account.rss : 0;
  moment.live = {reached.objects, reached.bytes, reached.bytes};
  moment.garbage = {snapshot.objects - reached.objects, all_bytes - reached.bytes, 0};
  moment.losses = snapshot.losses.size();
}

}  // namespace

MomentList owners_of_moment(const Groundwork& groundwork, const graph::Reachability& reached) {
  const GoroutinePlaces places(groundwork.names());
  return owners_of(groundwork, OwnerNames(groundwork, places), {reached.objects, reached.bytes, reached.bytes});
}

Moment make_moment(const Groundwork& groundwork, const graph::Reachability& reached) {
  const graph::ObjectSizes& sizes = groundwork.dominators().columns().sizes;
  Moment moment;
  add_facts(groundwork.snapshot(), reached, sizes.total_bytes(), moment);
  const auto list = [&](ChangeBy by) -> MomentList& { return moment.lists[static_cast<std::size_t>(by)]; };
  const std::uint64_t smallest = std::max<std::uint64_t>(reached.bytes / kSmallestPath, 1);
  std::vector<Found> found;
  {  // its memory is free before the next steps, which need much as well
    const graph::DominatorTree tree(groundwork.dominators());
    run_both([&] { list(ChangeBy::kType) = types_of(type_totals(groundwork.snapshot(), tree), moment.live); },
             [&] { found = search_holders_from(groundwork, tree, smallest); });
  }
  const GoroutinePlaces places(groundwork.names());
  const OwnerNames names(groundwork, places);
  list(ChangeBy::kOwner) = owners_of(groundwork, names, moment.live);
  list(ChangeBy::kPath) = paths_of(groundwork, found, names, smallest, moment.live);
  list(ChangeBy::kSite) = sites_of(groundwork, AllocationSamples(groundwork.names(), sizes));
  add_goroutines(groundwork, places, moment);
  return moment;
}

}  // namespace holdfast::view
