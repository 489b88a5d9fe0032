#include "view/holder_search.h"

#include <algorithm>
#include <unordered_map>

namespace holdfast::view {
namespace {

constexpr std::size_t kDeepest = 48;  // levels
constexpr std::size_t kAhead = 8;     // nodes between the prefetch of memory and its use
constexpr std::uint64_t kMany = 16;   // so many things are not taken apart any more
constexpr Sort kUnknownType = Sort{1} << 40;
constexpr Sort kRoot = Sort{1} << 60;

// Whether `part` is at least 80 % of `whole`.
bool is_most(std::uint64_t part, std::uint64_t whole) {
  return part >= whole - whole / 5;
}

bool is_many(const std::vector<Level>& levels) {
  return std::any_of(levels.begin(), levels.end(), [](const Level& l) { return !l.container && l.count >= kMany; });
}

// Of the levels from `base` on, returns the one at which the number of things grows most, or, if it grows nowhere, the
// one with most bytes of its own. Goroutines at one place always win.
std::size_t main_level(const std::vector<Level>& levels, std::size_t base) {
  std::size_t largest = base;
  std::size_t grown = levels.size();
  double growth = 0;
  std::uint64_t before = 1;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (i >= base && levels[i].own > levels[largest].own) largest = i;
    if (i >= base && levels[i].goroutines && levels[i].count > 1) return i;
    if (levels[i].container) continue;
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
  void add(Sort sort, std::uint32_t vertex, std::uint64_t bytes, bool alone) {
    if (groups_.empty() || groups_[last_].sort != sort) {
      const auto [at, is_new] = index_.try_emplace(sort, groups_.size());
      if (is_new) groups_.push_back({.sort = sort, .first = vertex, .holders = {}});
      last_ = at->second;
    }
    Group& group = groups_[last_];
    group.bytes += bytes;
    if (alone) {
      ++group.alone;
      group.alone_bytes += bytes;
    } else {
      group.holders.push_back(vertex);
    }
    if (bytes > group.largest) {
      group.largest = bytes;
      group.first = vertex;
    }
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

Sort sort_of(const heap::Snapshot& snapshot, const graph::Dominators& dominators, graph::NodeId node) {
  if (const RootId root = node.root()) {
    const heap::Root& row = snapshot.roots[root.row];
    const Sort kind = kRoot | static_cast<Sort>(row.kind) << 32;
    return row.kind == heap::RootKind::kGoroutine ? kind : kind | row.label.row;
  }
  const heap::ObjectType type = snapshot.object_type[node.object().row];
  return type ? type.type().row : kUnknownType | dominators.columns().sizes.size_of(node.object());
}

std::uint64_t HolderSearch::own_bytes(graph::NodeId node) const {
  return node.object() ? tree_.dominators().columns().sizes.size_of(node.object()) : 0;
}

std::vector<Found> HolderSearch::run() {
  Groups shared;
  tree_.for_each_child(graph::NodeId::super_root(), [&](graph::NodeId node) {
    const std::uint64_t bytes = tree_.dominators().retained_bytes(node);
    const std::uint32_t vertex = vertices().of(node);
    if (node.object()) {
      shared.add(sort_of(node), vertex, bytes, tree_.dominators().is_alone(vertex));
    } else if (bytes >= smallest_) {
      follow({}, {.sort = sort_of(node), .bytes = bytes, .largest = bytes, .first = vertex, .holders = {vertex}});
    }
  });
  std::vector<Group> groups = shared.sorted();
  // If none stands out, the largest is unusual: one from the middle is a better example.
  for (Group& group : groups)
    if (group.largest < group.bytes / 16 && !group.holders.empty())
      group.first = group.holders[group.holders.size() / 2];
  split({}, std::move(groups));
  return std::move(found_);
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
  level.own = group.alone_bytes;
  level.first = vertices().node(group.first);
  level.alone = group.count() == 1;
  level.container = level.first.object() && names_.is_container(snapshot.object_type[level.first.object().row].type());
  level.goroutines = level.first.root() && snapshot.roots[level.first.root().row].kind == heap::RootKind::kGoroutine;
  Groups below;
  std::vector<std::uint32_t> open = group.holders;
  while (!open.empty()) {
    fetch_ahead(open);
    const graph::NodeId node = vertices().node(open.back());
    open.pop_back();
    ++level.count;
    level.own += own_bytes(node);
    tree_.for_each_child(node, [&](graph::NodeId child) {
      const Sort sort = sort_of(child);
      const std::uint32_t vertex = vertices().of(child);
      const bool alone = tree_.dominators().is_alone(vertex);
      if (sort != group.sort) {
        below.add(sort, vertex, tree_.dominators().retained_bytes(child), alone);
      } else if (alone) {
        ++level.count;
        level.own += own_bytes(child);
      } else {
        open.push_back(vertex);
      }
    });
  }
  return below.sorted();
}

// If one thing has most of the bytes of its group, it is followed alone.
void HolderSearch::narrow(Group& group) const {
  if (group.count() == 1 || !is_most(group.largest, group.bytes)) return;
  const bool alone = tree_.dominators().is_alone(group.first);
  group.bytes = group.largest;
  group.alone = alone ? 1 : 0;
  group.alone_bytes = alone ? group.largest : 0;
  group.holders.clear();
  if (!alone) group.holders.push_back(group.first);
}

void HolderSearch::follow(std::vector<Level> levels, Group group) {
  const std::size_t base = levels.size();
  while (true) {
    Level& level = levels.emplace_back();
    std::vector<Group> below = open_level(group, level);
    const std::uint64_t flow = level.bytes - level.own;
    const bool mostly_own = !level.container && level.own > flow;
    if (below.empty() || mostly_own || levels.size() >= kDeepest) break;
    if (const Group* goroutines = goroutines_of(level, below)) {
      group = Group(*goroutines);
      continue;
    }
    if (!is_most(below.front().bytes, flow)) {
      if (is_many(levels)) break;
      split(levels, std::move(below));
      return;
    }
    group = std::move(below.front());
    narrow(group);
  }
  add_found(std::move(levels), base);
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

// The levels before `base` belong to other findings as well.
void HolderSearch::add_found(std::vector<Level> levels, std::size_t base) {
  const std::size_t about = main_level(levels, base);
  std::size_t entry = about;
  while (entry > base && levels[entry - 1].container) --entry;
  if (levels[about].goroutines && levels[about].count >= kMany && about > base) entry = about - 1;
  const std::uint64_t bytes = levels[entry].bytes;
  const std::uint64_t stacks = stacks_of(levels[about]);
  found_.push_back({std::move(levels), about, entry, bytes, stacks, false});
}

// Follows each large group on its own. The rest counts for the last level, or for nobody if there is none.
void HolderSearch::split(const std::vector<Level>& levels, std::vector<Group> groups) {
  std::uint64_t rest = levels.empty() ? 0 : levels.back().bytes;
  for (Group& group : groups) {
    if (group.bytes < smallest_) continue;
    rest -= std::min(rest, group.bytes);
    follow(levels, std::move(group));
  }
  if (rest >= smallest_) found_.push_back({levels, levels.size() - 1, levels.size() - 1, rest, 0, true});
}

}  // namespace holdfast::view
