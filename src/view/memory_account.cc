#include "view/memory_account.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "graph/object_sizes.h"
#include "heap/object_index.h"
#include "heap/plumbing.h"
#include "heap/resident.h"
#include "view/holders.h"

namespace holdfast::view {
namespace {

constexpr std::uint64_t kSparse = 4;  // one of so many slots has an object, at most

std::uint64_t counter(const heap::Snapshot& snapshot, std::string_view name) {
  for (const auto& [field, value] : snapshot.mem_stats)
    if (field == name) return value;
  return 0;
}

std::uint64_t less(std::uint64_t from, std::uint64_t what) {
  return from - std::min(from, what);
}

class FreeCounter {
 public:
  explicit FreeCounter(const Names& names) : names_(names), snapshot_(names.snapshot()) {}

  FreeMemory run() {
    FreeMemory free;
    for (const heap::Span& span : snapshot_.spans) {
      free.tails += span.bytes() - span.slots * span.slot_size;
      if (span.objects < span.slots) add(span);
    }
    for (auto& [size, one] : classes_) {
      name_sparse(one);
      free.slots += one.row.free_bytes;
      free.classes.push_back(std::move(one.row));
    }
    std::ranges::stable_sort(free.classes, std::greater(), &SlotClass::free_bytes);
    free.released = counter(snapshot_, "HeapReleased");
    free.pages = less(counter(snapshot_, "HeapIdle"), free.released);
    return free;
  }

 private:
  struct Class {
    SlotClass row;
    std::map<TypeId, std::uint64_t> types;  // of objects in sparse spans
    std::map<TypeId, ObjectId> example;
  };

  void add(const heap::Span& span) {
    Class& one = classes_[span.slot_size];
    const std::uint64_t free = (span.slots - span.objects) * span.slot_size;
    one.row.slot_size = span.slot_size;
    ++one.row.spans;
    one.row.span_bytes += span.bytes();
    one.row.objects += span.objects;
    one.row.free_bytes += free;
    if (span.objects == 0 || span.objects * kSparse > span.slots) return;
    ++one.row.sparse_spans;
    one.row.sparse_free_bytes += free;
    one.row.sparse_objects += span.objects;
    for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row) {
      const TypeId type = snapshot_.object_type[row].type();
      if (++one.types[type] == 1) one.example[type] = ObjectId(row);
    }
  }

  void name_sparse(Class& one) const {
    std::uint64_t most = 0;
    for (const auto& [type, count] : one.types) {
      if (!type || count <= most) continue;
      most = count;
      one.row.sparse_type = names_.type_of(one.example[type]);
      one.row.sparse_type_objects = count;
    }
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  std::map<std::uint64_t, Class> classes_;  // by slot size
};

StackMemory stacks_of(const heap::Snapshot& snapshot) {
  StackMemory stacks;
  stacks.in_use = counter(snapshot, "StackInuse");
  for (const heap::Goroutine& goroutine : snapshot.goroutines) {
    stacks.goroutines += goroutine.stack.size();
    stacks.used += goroutine.stack_used;
  }
  stacks.kept = less(stacks.in_use, stacks.goroutines);
  return stacks;
}

class MappingRows {
 public:
  static constexpr std::size_t kMostPointing = 4;  // that explain a mapping

  explicit MappingRows(const Groundwork& groundwork)
      : names_(groundwork.names()), snapshot_(groundwork.snapshot()), finder_(groundwork) {}

  std::vector<MappingGroup> run() {
    for (std::size_t m = 0; m < snapshot_.mappings.size(); ++m)
      if (snapshot_.mappings[m].use != heap::MappingUse::kGoHeap) add(m);
    add_pointers();
    std::ranges::stable_sort(groups_, std::greater(), &MappingGroup::resident);
    return std::move(groups_);
  }

 private:
  // Plain memory stays apart, so that each mapping keeps what points at it.
  void add(std::size_t m) {
    const heap::Mapping& mapping = snapshot_.mappings[m];
    const auto key = std::tuple(mapping.use, mapping.name.row, mapping.name ? std::size_t{0} : m);
    const auto [at, is_new] = group_at_.try_emplace(key, groups_.size());
    if (is_new) groups_.emplace_back();
    group_of_.emplace(m, at->second);
    MappingGroup& group = groups_[at->second];
    group.use = mapping.use;
    if (mapping.name) group.name = snapshot_.strings[mapping.name];
    if (mapping.range.size() > largest_[at->second]) {
      largest_[at->second] = mapping.range.size();
      group.first = mapping.range.begin;
    }
    ++group.count;
    group.bytes += mapping.range.size();
    group.resident += mapping.resident;
    group.huge += mapping.huge;
    group.writable |= mapping.writable;
    group.shared |= mapping.shared;
    group.pointers += mapping.pointers;
  }

  // Those of the program's own come first. The system joins mappings with neighbours, which then are the runtime's.
  void add_pointers() {
    std::vector<std::pair<std::size_t, MappingPointer>> of_others;
    for (const heap::MappingHolder& holder : snapshot_.mapping_holders) {
      const auto group = group_of_.find(holder.mapping);
      if (group == group_of_.end()) continue;
      auto [pointer, is_own] = pointer_of(holder);
      if (is_own)
        add_pointer(group->second, std::move(pointer));
      else
        of_others.emplace_back(group->second, std::move(pointer));
    }
    for (auto& [group, pointer] : of_others) add_pointer(group, std::move(pointer));
  }

  void add_pointer(std::size_t group, MappingPointer&& pointer) {
    std::vector<MappingPointer>& pointing = groups_[group].pointing;
    if (pointing.size() < kMostPointing) pointing.push_back(std::move(pointer));
  }

  bool is_own(const heap::Root& root) const {
    const RootFacts facts = facts_of(snapshot_, root);
    const std::string& name = !facts.variable.empty() ? facts.variable
                              : !facts.users.empty()  ? facts.users.front()
                                                      : facts.function;
    return name.empty() || !heap::is_standard_library(name, snapshot_.target.main_module);
  }

  // And whether a variable or goroutine of the program's own leads to it.
  std::pair<MappingPointer, bool> pointer_of(const heap::MappingHolder& holder) {
    MappingPointer pointer;
    pointer.value = holder.value;
    if (!holder.object) {
      heap::Root variable;
      variable.label = holder.variable;
      pointer.place = root_text(snapshot_, variable);
      return {std::move(pointer), is_own(variable)};
    }
    pointer.where = names_.index().address_of(holder.object) + holder.offset;
    pointer.type = names_.type_of(holder.object);
    const HoldingPlace place = finder_.place_of(holder.object);
    pointer.place = place.text.full;
    const RootId root = place.chain.empty() ? RootId() : place.chain.front().node.root();
    return {std::move(pointer), root && is_own(snapshot_.roots[root.row])};
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  PlaceFinder finder_;
  std::map<std::tuple<heap::MappingUse, std::uint32_t, std::size_t>, std::size_t> group_at_;
  std::map<std::size_t, std::size_t> group_of_;   // by mapping
  std::map<std::size_t, std::uint64_t> largest_;  // by group
  std::vector<MappingGroup> groups_;
};

}  // namespace

heap::Account split_account(const heap::Snapshot& snapshot, const graph::Reachability& reached) {
  std::uint64_t allocated = 0;
  for (const heap::Span& span : snapshot.spans) allocated += span.objects * span.slot_size;
  heap::Account account = snapshot.account;
  if (!account.known) account.live = allocated;
  std::uint64_t live = reached.bytes;
  std::uint64_t garbage = allocated - reached.bytes;
  heap::for_each_absent_object(
      snapshot, [&](ObjectId object, std::uint64_t bytes) { (reached.contains(object) ? live : garbage) -= bytes; });
  account.split_objects(live, garbage);
  return account;
}

MemoryAccount make_memory_account(const Groundwork& groundwork, const graph::Reachability& reached) {
  const heap::Snapshot& snapshot = groundwork.snapshot();
  MemoryAccount memory;
  memory.account = split_account(snapshot, reached);
  memory.pace = snapshot.pace;
  memory.c_heap = snapshot.c_heap;
  memory.free = FreeCounter(groundwork.names()).run();
  memory.stacks = stacks_of(snapshot);
  memory.mappings = MappingRows(groundwork).run();
  return memory;
}

bool spirals(const heap::Pace& pace) {
  constexpr double kShare = 0.25;
  constexpr std::uint64_t kOften = 10;
  if (!pace.has_limit() || pace.counted < pace.memory_limit / 10 * 9) return false;
  const bool often = pace.recent_intervals >= kOften && pace.collections_per_second() >= double{kOften};
  return often || pace.last_share().value_or(0) > kShare;
}

}  // namespace holdfast::view
