#include "view/holder_search.h"

#include <algorithm>
#include <functional>
#include <unordered_map>

#include "view/labels.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kDeepest = 48;  // levels
constexpr std::size_t kAhead = 8;     // nodes between the prefetch of memory and its use
constexpr std::uint64_t kMany = 16;   // so many things are not taken apart any more
constexpr std::uint64_t kRuntimeFactor = 10;
constexpr Sort kUnknownType = Sort{1} << 40;
constexpr Sort kMap = Sort{1} << 41;
constexpr Sort kPart = Sort{1} << 42;
constexpr Sort kLibrary = Sort{1} << 43;
constexpr Sort kChannel = Sort{1} << 44;
constexpr Sort kAlike = Sort{1} << 45;
constexpr int kGenerationShift = 48;  // above: of children, to Children::kMostGenerations
constexpr Sort kHome = Sort{1} << 59;
constexpr Sort kRoot = Sort{1} << 60;
constexpr std::size_t kContents = 3;  // of a level, so many are told

// Whether `part` is at least 80 % of `whole`.
bool is_most(std::uint64_t part, std::uint64_t whole) {
  return part >= whole - whole / 5;
}

bool is_many(const std::vector<Level>& levels) {
  return std::any_of(levels.begin(), levels.end(),
                     [](const Level& l) { return l.container == Container::kNone && l.count >= kMany; });
}

// Of the levels from `base` on, returns the one at which the number of things grows most, or, if it grows nowhere, the
// one with most bytes of its own. Goroutines at one place always win. What only leads to something is passed over.
std::size_t main_level(const std::vector<Level>& levels, std::size_t base) {
  std::size_t largest = base;
  std::size_t grown = levels.size();
  double growth = 0;
  std::uint64_t before = 1;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const bool passes = levels[i].through && i + 1 < levels.size();
    if (i >= base && !passes && (levels[i].own > levels[largest].own || levels[largest].through)) largest = i;
    if (i >= base && levels[i].goroutines && levels[i].count > 1) return i;
    if (levels[i].container != Container::kNone || passes) continue;
    const double ratio = static_cast<double>(levels[i].count) / static_cast<double>(before);
    if (i >= base && ratio >= 2 && ratio > growth) {
      growth = ratio;
      grown = i;
    }
    before = levels[i].count;
  }
  return grown < levels.size() ? grown : largest;
}

}  // namespace

// Collects nodes by sort. Neighbours are mostly of one sort, so it remembers the last group.
class HolderSearch::Groups {
 public:
  void add(Sort sort, std::uint32_t vertex, std::uint64_t bytes, bool alone, bool part, bool recent) {
    if (groups_.empty() || groups_[last_].sort != sort) {
      const auto [at, is_new] = index_.try_emplace(sort, groups_.size());
      if (is_new) groups_.push_back({.sort = sort, .first = vertex, .first_is_part = part, .holders = {}});
      last_ = at->second;
    }
    Group& group = groups_[last_];
    group.bytes += bytes;
    if (alone) {
      ++(part ? group.alone_parts : group.alone);
      group.alone_recent += !part && recent ? 1 : 0;
      group.alone_bytes += bytes;
    } else {
      group.holders.push_back(vertex);
      group.holder_parts += part ? 1 : 0;
    }
    if (part == group.first_is_part ? bytes <= group.largest : part) return;
    group.largest = bytes;
    group.first = vertex;
    group.first_is_part = part;
  }
  std::vector<Group> sorted() {
    std::sort(groups_.begin(), groups_.end(),
              [](const Group& a, const Group& b) { return a.bytes != b.bytes ? a.bytes > b.bytes : a.sort < b.sort; });
    return std::move(groups_);
  }

 private:
  std::vector<Group> groups_;
  std::unordered_map<Sort, std::size_t> index_;
  std::size_t last_ = 0;
};

namespace {

Sort sort_of_root(const heap::Root& row) {
  const Sort kind = kRoot | static_cast<Sort>(row.kind) << 32;
  return row.kind == heap::RootKind::kGoroutine ? kind : kind | row.label.row;
}

Sort sort_by_type(const Names& names, const graph::ObjectSizes& sizes, ObjectId object) {
  const heap::Snapshot& snapshot = names.snapshot();
  const heap::ObjectType type = snapshot.object_type[object.row];
  const Container container = names.container(object);
  if (container == Container::kChannel) return kChannel | names.element_of_channel(object).row;
  if (!type) return kUnknownType | sizes.size_of(object);
  if (container >= Container::kFirstByRule) return kLibrary | static_cast<Sort>(container);
  const heap::Type& row = snapshot.types[type.type().row];
  if (container == Container::kMap && row.of) return kMap | row.of.row;
  if (type.known_by() == heap::KnownBy::kPart) return kPart | type.type().row;
  const RuleId alike = names.type_rules().alike(type.type());
  return alike ? kAlike | names.type_rules().alike_sort(alike) : type.type().row;
}

}  // namespace

Sort sort_of(const Names& names, const graph::Dominators& dominators, graph::NodeId node) {
  if (const RootId root = node.root()) return sort_of_root(names.snapshot().roots[root.row]);
  const ObjectId thing = names.parts().thing(node.object());
  return sort_by_type(names, dominators.columns().sizes, thing) | Sort{names.children().generation(thing)}
                                                                      << kGenerationShift;
}

Sort sort_of_home(std::uint32_t home) {
  return kHome | home;
}

std::uint64_t HolderSearch::own_bytes(graph::NodeId node) const {
  return node.object() ? tree_.dominators().columns().sizes.size_of(node.object()) : 0;
}

bool HolderSearch::is_recent(graph::NodeId node) const {
  return node.object() && heap::test_bit(names_.snapshot().fresh, node.object().row);
}

std::vector<Found> HolderSearch::run() {
  for (std::uint32_t home = 0; home < owners_.homes().size(); ++home)
    if (owners_.homes()[home].bytes >= smallest_) follow_home(home);
  join_rests_of_runtime();
  return std::move(found_);
}

// What the runtime keeps for itself in small things is one line, wherever among its records they are.
void HolderSearch::join_rests_of_runtime() {
  const auto is_rest = [](const Found& found) { return found.home == Owners::kTheRuntime && found.scattered; };
  const auto first = std::ranges::find_if(found_, is_rest);
  if (first == found_.end()) return;
  const auto others = std::ranges::stable_partition(first + 1, found_.end(), std::not_fn(is_rest));
  for (const Found& other : others) first->bytes += other.bytes;
  found_.erase(others.begin(), others.end());
}

// The first level stands for the home. Of a home of one owner it has the owner's roots; otherwise it has no node.
void HolderSearch::follow_home(std::uint32_t home) {
  home_ = home;
  // What the runtime keeps for itself is worth a line of its own only where it is much.
  worth_a_line_ = home == Owners::kTheRuntime ? smallest_ * kRuntimeFactor : smallest_;
  const Home& row = owners_.homes()[home];
  Group group{.sort = sort_of_home(home), .bytes = row.bytes, .holders = {}};
  if (row.is_one()) {
    for (const RootId root : owners_.rows()[row.owners.front()].roots) {
      const std::uint64_t bytes = tree_.dominators().retained_bytes(root);
      if (!group.holders.empty() && bytes <= group.largest) {
        group.holders.push_back(vertices().of(root));
        continue;
      }
      group.largest = bytes;
      group.first = vertices().of(root);
      group.holders.push_back(group.first);
    }
  }
  follow({}, std::move(group));
}

// Prefetches what the next nodes of the stack will need: the places of their lists, the lists, the cells of first
// children.
void HolderSearch::fetch_ahead(const std::vector<std::uint32_t>& open) const {
  const graph::DominatorColumns& columns = tree_.dominators().columns();
  const auto has_children = [&](std::size_t ahead) {
    return open.size() > ahead && open[open.size() - 1 - ahead] < columns.vertices.count();
  };
  if (has_children(3 * kAhead)) tree_.fetch_place(open[open.size() - 1 - 3 * kAhead]);
  if (has_children(2 * kAhead)) tree_.fetch_children(open[open.size() - 1 - 2 * kAhead]);
  if (!has_children(kAhead)) return;
  const auto children = tree_.children(open[open.size() - 1 - kAhead]);
  for (const std::uint32_t child : children.first(std::min(children.size(), kAhead))) {
    if (!columns.vertices.is_object(child)) continue;
    __builtin_prefetch(&names_.snapshot().object_type[child]);
    if (!tree_.dominators().is_alone(child)) __builtin_prefetch(&columns.held[columns.holders.rank(child)]);
  }
}

// Fills the level from the nodes of the group and all nodes of the same sort below them. Returns the rest of what they
// dominate, by sort.
std::vector<HolderSearch::Group> HolderSearch::open_level(const Group& group, Level& level) const {
  const heap::Snapshot& snapshot = names_.snapshot();
  level.sort = group.sort;
  level.bytes = group.bytes;
  level.count = group.alone;
  level.recent = group.alone_recent;
  std::uint64_t parts = group.alone_parts;
  level.own = group.alone_bytes;
  const bool is_home = group.sort == sort_of_home(home_);
  if (!is_home || !group.holders.empty()) level.first = vertices().node(group.first);
  level.alone = group.nodes() == 1;
  if (level.first.object()) level.container = names_.container(level.first.object());
  if (level.first.object())
    level.through =
        static_cast<bool>(names_.type_rules().through(snapshot.object_type[level.first.object().row].type()));
  level.goroutines = level.first.root() && snapshot.roots[level.first.root().row].kind == heap::RootKind::kGoroutine;
  Groups below;
  std::vector<std::uint32_t> open = group.holders;
  const auto add_one = [&](graph::NodeId node) {
    const bool is_thing = !is_part(node) && !is_inside_of_map(node);
    ++(is_thing ? level.count : parts);
    level.recent += is_thing && is_recent(node) ? 1 : 0;
    level.own += own_bytes(node);
  };
  const auto add = [&](graph::NodeId child) {
    const std::uint32_t vertex = vertices().of(child);
    if (sort_of(child) != group.sort && !(is_home && is_inside_runtime(child))) {
      add_child(below, child);
    } else if (tree_.dominators().is_alone(vertex)) {
      add_one(child);
    } else {
      open.push_back(vertex);
    }
  };
  if (is_home)
    for (const std::uint32_t vertex : owners_.shared(owners_.homes()[home_])) add(vertices().node(vertex));
  while (!open.empty()) {
    fetch_ahead(open);
    const graph::NodeId node = vertices().node(open.back());
    open.pop_back();
    add_one(node);
    tree_.for_each_child(node, add);
  }
  if (level.count == 0) level.count = parts;  // the things are elsewhere
  if (is_home) level.count = 1;
  return below.sorted();
}

// A table, group or bucket: the header stands for the map.
bool HolderSearch::is_inside_of_map(graph::NodeId node) const {
  if (!node.object()) return false;
  const heap::Snapshot& snapshot = names_.snapshot();
  const TypeId type = snapshot.object_type[node.object().row].type();
  if (!type) return false;
  const heap::TypeRole role = snapshot.types[type.row].role;
  return heap::is_map_part(role) && role != heap::TypeRole::kMapHeader;
}

// Whether it only leads to the records that a line can be about.
bool HolderSearch::is_inside_runtime(graph::NodeId node) const {
  if (home_ != Owners::kTheRuntime || !node.object()) return false;
  const TypeId type = names_.snapshot().object_type[node.object().row].type();
  return !type || names_.type_rules().record_word(type_name(names_.snapshot(), type)).empty();
}

void HolderSearch::add_child(Groups& below, graph::NodeId child) const {
  const std::uint32_t vertex = vertices().of(child);
  below.add(sort_of(child), vertex, tree_.dominators().retained_bytes(child), tree_.dominators().is_alone(vertex),
            is_part(child), is_recent(child));
}

// If one thing has most of the bytes of its group, it is followed alone.
void HolderSearch::narrow(Group& group) const {
  // The records of the runtime are told together, however they are spread over its processors.
  if (group.count() == 1 || home_ == Owners::kTheRuntime || !is_most(group.largest, group.bytes)) return;
  const bool alone = tree_.dominators().is_alone(group.first);
  group.bytes = group.largest;
  group.alone = alone ? 1 : 0;
  group.alone_recent = alone && is_recent(vertices().node(group.first)) ? 1 : 0;
  group.alone_bytes = alone ? group.largest : 0;
  group.alone_parts = group.holder_parts = 0;
  group.holders.clear();
  if (!alone) group.holders.push_back(group.first);
}

// Whatever rules call worth a line of its own gets one, though something else is most of the level. Returns the bytes
// of all that, and takes it from the groups.
std::uint64_t HolderSearch::follow_named(const std::vector<Level>& levels, std::vector<Group>& below) {
  if (is_many(levels) || levels.back().container != Container::kNone) return 0;
  std::uint64_t bytes = 0;
  const auto is_named = [&](const Group& group) {
    const ObjectId object = vertices().node(group.first).object();
    if (&group == below.data() || !object || group.bytes < worth_a_line_ || group.count() >= kMany) return false;
    return static_cast<bool>(names_.type_rules().holder(names_.snapshot().object_type[object.row].type()));
  };
  std::vector<Group> rest;
  for (Group& group : below) {
    if (!is_named(group)) {
      rest.push_back(std::move(group));
      continue;
    }
    bytes += group.bytes;
    follow(levels, std::move(group));
  }
  below = std::move(rest);
  return bytes;
}

void HolderSearch::follow(std::vector<Level> levels, Group group) {
  const std::size_t base = levels.size();
  std::uint64_t elsewhere = 0;  // bytes that have lines of their own
  while (true) {
    Level& level = levels.emplace_back();
    level.starts = levels.size() == base + 1;
    std::vector<Group> below = open_level(group, level);
    if (levels.size() > 1) take_for_box(levels[levels.size() - 2], level);
    const std::uint64_t flow = level.bytes - level.own;
    const bool mostly_own = level.container == Container::kNone && level.own > flow;
    // Of many small maps that have little beside themselves, they are the things, and not what is in them.
    if (level.container == Container::kMap && level.count >= kMany && level.own > flow) below.clear();
    if (below.empty() || mostly_own || levels.size() >= kDeepest) {
      add_found(std::move(levels), base, elsewhere, below);
      return;
    }
    if (const Group* goroutines = goroutines_of(level, below)) {
      group = Group(*goroutines);
      continue;
    }
    if (!is_most(bytes_with_parents(below), flow)) {
      if (is_many(levels) || level.container != Container::kNone)
        add_found(std::move(levels), base, elsewhere, below);
      else
        split(levels, base, elsewhere, std::move(below));
      return;
    }
    elsewhere += follow_named(levels, below);
    group = std::move(below.front());
    narrow(group);
  }
}

// Of the largest group; of children together with their parents, whom no line needs to tell apart.
std::uint64_t HolderSearch::bytes_with_parents(const std::vector<Group>& below) const {
  std::uint64_t bytes = below.front().bytes;
  const ObjectId child = vertices().node(below.front().first).object();
  const ObjectId parent = child ? names_.children().parent(child) : ObjectId();
  if (!parent) return bytes;
  const Sort sort = sort_of(parent);
  for (std::size_t i = 1; i < below.size(); ++i)
    if (below[i].sort == sort) bytes += below[i].bytes;
  return bytes;
}

// The entries of a sync.Map are interface values of their own up to Go 1.23: they belong to it, as those of others do.
void HolderSearch::take_for_box(const Level& above, Level& level) const {
  const heap::Snapshot& snapshot = names_.snapshot();
  if (above.container < Container::kFirstByRule || !level.first.object()) return;
  const TypeId type = snapshot.object_type[level.first.object().row].type();
  level.box = type && snapshot.types[type.row].kind == heap::TypeKind::kInterface;
  if (level.box) level.container = above.container;
}

// Many goroutines at one place are one thing with all that they hold, whether one of them holds it or some share it.
const HolderSearch::Group* HolderSearch::goroutines_of(const Level& level, const std::vector<Group>& below) const {
  const heap::Snapshot& snapshot = names_.snapshot();
  const RootId place = level.first.root();
  if (!place || snapshot.roots[place.row].kind != heap::RootKind::kGroup) return nullptr;
  for (const Group& group : below) {
    const RootId root = vertices().node(group.first).root();
    if (root && snapshot.roots[root.row].kind == heap::RootKind::kGoroutine)
      return group.count() >= kMany && !is_most(group.largest, level.bytes) ? &group : nullptr;
  }
  return nullptr;
}

std::uint64_t HolderSearch::stacks_of(const Level& level) const {
  if (!level.goroutines || level.count < 2) return 0;
  const heap::Snapshot& snapshot = names_.snapshot();
  const RootId place = snapshot.roots[level.first.root().row].parent;
  std::uint64_t bytes = 0;
  for (const heap::Goroutine& goroutine : snapshot.goroutines)
    if (goroutine.root && snapshot.roots[goroutine.root.row].parent == place) bytes += goroutine.stack.size();
  return bytes;
}

// The levels before `base` belong to other things as well. All that the level there has is one holder's, whatever of it
// a sentence is about.
void HolderSearch::add_found(std::vector<Level> levels, std::size_t base, std::uint64_t elsewhere,
                             const std::vector<Group>& below) {
  if (levels[base].bytes - elsewhere < smallest_) return;
  Found& found = found_.emplace_back();
  found.home = home_;
  found.bytes = levels[base].bytes - elsewhere;
  found.about = found.entry = main_level(levels, base);
  while (found.entry > base && levels[found.entry - 1].container != Container::kNone) --found.entry;
  if (levels[found.about].goroutines && levels[found.about].count >= kMany && found.about > base)
    found.entry = found.about - 1;
  found.stack_bytes = stacks_of(levels[found.about]);
  if (found.about + 1 == levels.size()) found.contents = contents_of(below);
  found.levels = std::move(levels);
}

std::vector<Contents> HolderSearch::contents_of(const std::vector<Group>& below) const {
  std::vector<Contents> out;
  for (std::size_t i = 0; i < std::min(below.size(), kContents); ++i)
    out.push_back({below[i].count(), below[i].bytes, vertices().node(below[i].first)});
  return out;
}

// Follows each large group of few things on its own. The rest counts for the last level.
void HolderSearch::split(const std::vector<Level>& levels, std::size_t base, std::uint64_t elsewhere,
                         std::vector<Group> groups) {
  const auto is_own = [&](const Group& group) { return group.bytes >= worth_a_line_ && group.count() < kMany; };
  std::uint64_t rest = levels[base].bytes - elsewhere;
  std::vector<Group> others;
  for (Group& group : groups) {
    if (!is_own(group)) {
      others.push_back(std::move(group));
      continue;
    }
    rest -= std::min(rest, group.bytes);
    follow(levels, std::move(group));
  }
  if (rest >= smallest_)
    found_.push_back({home_, levels, levels.size() - 1, levels.size() - 1, rest, 0, true, contents_of(others)});
}

}  // namespace holdfast::view
