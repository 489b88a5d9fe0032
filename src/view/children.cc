#include "view/children.h"

#include <algorithm>

#include "view/objects_of_types.h"

namespace holdfast::view {

namespace {

// What a field of `holder` leads to.
struct FieldTarget {
  ObjectId object;
  ObjectId holder;
  RuleId rule;
};

enum class Wanted : std::uint8_t { kChildren, kParts };

class TargetFinder {
 public:
  TargetFinder(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules, Wanted wanted)
      : snapshot_(snapshot),
        index_(index),
        rules_(rules),
        fields_(wanted == Wanted::kChildren ? rules.children() : rules.parts()),
        wanted_(wanted) {}

  // Ascending by object, each once.
  std::vector<FieldTarget> run() {
    std::vector<bool> has_fields(snapshot_.types.size());
    for (std::uint32_t t = 0; t < has_fields.size(); ++t) has_fields[t] = !fields_.of(TypeId(t)).empty();
    std::vector<RuleId> of_edges;
    for (const ObjectId object : objects_of_types(snapshot_, has_fields)) {
      if (!rules_of_edges(snapshot_, index_, fields_, object, of_edges)) continue;
      const std::uint32_t begin = snapshot_.edges.row_begin[object.row];
      for (std::size_t i = 0; i < of_edges.size(); ++i)
        if (of_edges[i]) follow({ObjectId(snapshot_.edges.target[begin + i]), object, of_edges[i]});
    }
    std::ranges::stable_sort(found_, {}, &FieldTarget::object);
    const auto others = std::ranges::unique(found_, {}, &FieldTarget::object);
    found_.erase(others.begin(), others.end());
    return std::move(found_);
  }

 private:
  const heap::Type& type_of_field(ObjectId holder, RuleId rule) const {
    const auto fields = fields_.of(snapshot_.object_type[holder.row].type());
    return snapshot_.types[std::ranges::find(fields, rule, &FieldOfRule::rule)->type.row];
  }
  bool is_inside(ObjectId object) const {
    return rules_.container(snapshot_.object_type[object.row].type()) != Container::kNone;
  }

  void follow(const FieldTarget& first) {
    constexpr std::uint64_t kLargestReference = 24;  // bytes: a slice; what is larger is a value with fields of its own
    const heap::Type& field = type_of_field(first.holder, first.rule);
    if (field.size > kLargestReference) return;
    if (is_inside(first.object))
      add_container(first);
    else if (wanted_ == Wanted::kChildren && field.kind == heap::TypeKind::kSlice)
      add_targets(first);
    else if (field.kind != heap::TypeKind::kMap)
      add(first);
  }

  // The objects of a container lead to each other and to what it has.
  void add_container(const FieldTarget& container) {
    open_.push_back(container.object);
    while (!open_.empty()) {
      const ObjectId inside = open_.back();
      open_.pop_back();
      if (heap::test_bit(seen_, inside.row)) continue;
      heap::set_bit(seen_, inside.row);
      const FieldTarget target = {inside, container.holder, container.rule};
      if (wanted_ == Wanted::kParts) add(target);
      add_targets(target);
    }
  }

  void add_targets(const FieldTarget& from) {
    if (from.object.row >= snapshot_.pointerful) return;
    const heap::Edges& edges = snapshot_.edges;
    for (const std::uint32_t e : edges.of(from.object.row)) {
      const ObjectId target(edges.target[e]);
      if (is_inside(target) && is_inside(from.object))
        open_.push_back(target);
      else if (wanted_ == Wanted::kChildren)
        add({target, from.holder, from.rule});
    }
  }

  void add(const FieldTarget& target) {
    if (target.object != target.holder) found_.push_back(target);
  }

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const TypeRules& rules_;
  const FieldRules& fields_;
  Wanted wanted_;
  HugeArray<std::uint64_t> seen_{(std::uint64_t{snapshot_.objects} + 63) / 64};  // objects of containers
  std::vector<ObjectId> open_;
  std::vector<FieldTarget> found_;
};

}  // namespace

Parts::Parts(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules) {
  if (!rules.parts().any()) return;
  const std::vector<FieldTarget> found = TargetFinder(snapshot, index, rules, Wanted::kParts).run();
  if (found.empty()) return;
  is_part_ = RankedBits(snapshot.objects);
  things_.reserve(found.size());
  for (const FieldTarget& one : found) {
    is_part_.insert(one.object.row);
    things_.push_back(one.holder);
  }
  is_part_.count_members();
  constexpr int kMostAbove = 4;  // parts of parts of parts; a damaged heap may have rings
  for (ObjectId& one : things_)
    for (int i = 0; i < kMostAbove && is_part(one); ++i) one = things_[is_part_.rank(one.row)];
}

Children::Children(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const TypeRules& rules)
    : objects_(snapshot.objects) {
  if (!rules.children().any()) return;
  const std::vector<FieldTarget> found = TargetFinder(snapshot, index, rules, Wanted::kChildren).run();
  if (found.empty()) return;
  is_child_ = RankedBits(snapshot.objects);
  rows_.reserve(found.size());
  for (const FieldTarget& one : found) {
    is_child_.insert(one.object.row);
    rows_.push_back({one.holder, one.rule});
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
