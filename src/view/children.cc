#include "view/children.h"

#include <algorithm>

namespace holdfast::view {

struct Children::FoundChild {
  ObjectId child;
  ObjectId parent;
  RuleId rule;
};

class Children::Finder {
 public:
  Finder(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules)
      : snapshot_(snapshot), index_(index), rules_(rules) {}

  // Ascending by child, each once.
  std::vector<FoundChild> run() {
    std::vector<RuleId> of_edges;
    for (std::uint32_t row = 0; row < snapshot_.pointerful; ++row) {
      if (!rules_of_edges(snapshot_, index_, rules_.children(), ObjectId(row), of_edges)) continue;
      for (std::size_t i = 0; i < of_edges.size(); ++i)
        if (of_edges[i])
          follow({ObjectId(snapshot_.edges.target[snapshot_.edges.row_begin[row] + i]), ObjectId(row), of_edges[i]});
    }
    std::ranges::stable_sort(found_, {}, &FoundChild::child);
    const auto others = std::ranges::unique(found_, {}, &FoundChild::child);
    found_.erase(others.begin(), others.end());
    return std::move(found_);
  }

 private:
  heap::TypeKind kind_of_field(ObjectId parent, RuleId rule) const {
    const auto fields = rules_.children().of(snapshot_.object_type[parent.row].type());
    return snapshot_.types[std::ranges::find(fields, rule, &FieldOfRule::rule)->type.row].kind;
  }
  bool is_part(ObjectId object) const {
    return rules_.container(snapshot_.object_type[object.row].type()) != Container::kNone;
  }

  // What a field of the parent leads to.
  void follow(const FoundChild& first) {
    const heap::TypeKind kind = kind_of_field(first.parent, first.rule);
    if (is_part(first.child))
      add_contents(first);
    else if (kind == heap::TypeKind::kSlice)
      add_targets(first);
    else if (kind != heap::TypeKind::kMap)
      add(first);
  }

  // Of a container: its parts lead to each other and to what it has.
  void add_contents(const FoundChild& container) {
    open_.push_back(container.child);
    while (!open_.empty()) {
      const ObjectId part = open_.back();
      open_.pop_back();
      if (heap::test_bit(seen_, part.row)) continue;
      heap::set_bit(seen_, part.row);
      add_targets({part, container.parent, container.rule});
    }
  }

  void add_targets(const FoundChild& part) {
    if (part.child.row >= snapshot_.pointerful) return;
    const heap::Edges& edges = snapshot_.edges;
    for (std::uint32_t e = edges.row_begin[part.child.row]; e < edges.row_begin[part.child.row + 1]; ++e) {
      const ObjectId target(edges.target[e]);
      if (is_part(target) && is_part(part.child))
        open_.push_back(target);
      else
        add({target, part.parent, part.rule});
    }
  }

  void add(const FoundChild& child) {
    if (child.child != child.parent) found_.push_back(child);
  }

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const TypeRules& rules_;
  HugeArray<std::uint64_t> seen_{(std::uint64_t{snapshot_.objects} + 63) / 64};  // parts of containers
  std::vector<ObjectId> open_;
  std::vector<FoundChild> found_;
};

Children::Children(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules) {
  if (!rules.children().any()) return;
  const std::vector<FoundChild> found = Finder(snapshot, index, rules).run();
  if (found.empty()) return;
  is_child_ = RankedBits(snapshot.objects);
  rows_.reserve(found.size());
  for (const FoundChild& one : found) {
    is_child_.insert(one.child.row);
    rows_.push_back({one.parent, one.rule});
  }
  is_child_.count_members();
  count_generations();
}

// Climbs from each child to the first one whose generation is known, and comes back. Those on the way have the last
// generation until then, so that a ring ends.
void Children::count_generations() {
  std::vector<ObjectId> way;
  for (Row& row : rows_) {
    if (row.generation != 0) continue;
    row.generation = kMostGenerations;
    way.clear();
    ObjectId above = row.parent;
    for (; generation(above) == 0 && is_child(above); above = parent(above)) {
      rows_[is_child_.rank(above.row)].generation = kMostGenerations;
      way.push_back(above);
    }
    std::uint32_t known = generation(above);
    for (std::size_t i = way.size(); i-- > 0;) {
      known = std::min(known + 1, kMostGenerations);
      rows_[is_child_.rank(way[i].row)].generation = known;
    }
    row.generation = std::min(known + 1, kMostGenerations);
  }
}

}  // namespace holdfast::view
