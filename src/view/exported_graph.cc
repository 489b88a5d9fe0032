#include "view/exported_graph.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/cancel.h"
#include "base/units.h"
#include "heap/field_path.h"
#include "view/labels.h"

namespace holdfast::view {
namespace {

constexpr std::uint32_t kTopNode = 0;
// Groups of roots by their owner's kind, and what nobody has alone.
constexpr std::array<std::string_view, 5> kGroups = {"(runtime)", "(finalizers and the like)", "(goroutines)",
                                                     "(package variables)", "(shared)"};
constexpr std::uint32_t kShared = 5;
constexpr std::uint32_t kFirstRoot = kGroups.size() + 1;
constexpr std::uint64_t kCancelEvery = 1 << 18;

std::uint32_t group_of(OwnerKind kind) {
  return static_cast<std::uint32_t>(kind) + 1;
}

// Sizes in 16 steps for each power of two, so that a table of them has a fixed size.
std::size_t step_of(std::uint64_t bytes) {
  constexpr unsigned kSteps = 4;  // bits
  if (bytes < 1U << kSteps) return bytes;
  const auto width = static_cast<unsigned>(std::bit_width(bytes));
  return std::size_t{width - kSteps} << kSteps | (bytes >> (width - kSteps - 1) & ((1U << kSteps) - 1));
}

}  // namespace

ExportedGraph::ExportedGraph(const Groundwork& groundwork, std::uint64_t most)
    : names_(groundwork.names()),
      snapshot_(groundwork.snapshot()),
      dominators_(groundwork.dominators()),
      owners_(groundwork.owners()),
      places_(snapshot_) {
  choose(most);
  number_roots();
  fold();
}

// What an object keeps alive is at least what anything below it does, so those that are kept have kept dominators.
void ExportedGraph::choose(std::uint64_t most) {
  std::vector<std::uint64_t> count(1 << 11);
  const auto each = [&](const auto& visit) {
    for (std::uint32_t row = 0; row < snapshot_.objects; ++row) {
      if (row % kCancelEvery == 0) throw_if_cancelled();
      if (dominators_.reachable(ObjectId(row))) visit(row, step_of(dominators_.retained_bytes(ObjectId(row))));
    }
  };
  each([&](std::uint32_t, std::size_t step) { ++count[step]; });
  std::size_t least = count.size();
  for (std::uint64_t kept = 0; least > 0 && kept + count[least - 1] <= most; --least) kept += count[least - 1];
  kept_ = RankedBits(std::uint64_t{snapshot_.objects} + 1);
  each([&](std::uint32_t row, std::size_t step) {
    if (step >= least) kept_.insert(row);
  });
  objects_ = HugeArray<std::uint32_t>(kept_.count_members());
  std::uint64_t at = 0;
  kept_.for_each(0, snapshot_.objects, [&](std::uint32_t row) { objects_[at++] = row; });
}

void ExportedGraph::number_roots() {
  std::vector<bool> has_any(snapshot_.roots.size());
  for (std::size_t r = snapshot_.roots.size(); r-- > 0;) {
    const heap::Root& root = snapshot_.roots[r];
    has_any[r] = has_any[r] || root.target_count > 0;
    if (has_any[r] && root.parent) has_any[root.parent.row] = true;
  }
  node_of_root_.assign(snapshot_.roots.size(), 0);
  for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
    if (!has_any[r]) continue;
    node_of_root_[r] = kFirstRoot + static_cast<std::uint32_t>(roots_.size());
    roots_.emplace_back(r);
  }
  first_object_ = kFirstRoot + static_cast<std::uint32_t>(roots_.size());
  first_bundle_ = first_object_ + static_cast<std::uint32_t>(objects_.size());
  const auto parent_of = [&](RootId root) {
    const RootId parent = snapshot_.roots[root.row].parent;
    return parent ? node_of_root_[parent.row] : group_of(owners_.rows()[owners_.owner_of(root)].kind);
  };
  first_below_.assign(first_object_ + 1, 0);
  for (const RootId root : roots_) ++first_below_[parent_of(root) + 1];
  for (std::uint32_t node = 0; node < first_object_; ++node) first_below_[node + 1] += first_below_[node];
  below_.resize(roots_.size());
  std::vector<std::uint32_t> at(first_below_.begin(), first_below_.end() - 1);
  for (const RootId root : roots_) below_[at[parent_of(root)]++] = node_of_root_[root.row];
}

std::uint32_t ExportedGraph::holder_of(ObjectId object) const {
  graph::NodeId node = dominators_.idom(object);
  while (node.object() && !is_kept(node.object())) node = dominators_.idom(node);
  if (node.object()) return node_of(node.object());
  return node.root() ? node_of_root_[node.root().row] : kShared;
}

void ExportedGraph::fold() {
  const auto each = [&](const auto& visit) {
    for (std::uint32_t row = 0; row < snapshot_.objects; ++row) {
      if (row % kCancelEvery == 0) throw_if_cancelled();
      if (dominators_.reachable(ObjectId(row)) && !is_kept(ObjectId(row))) visit(row, holder_of(ObjectId(row)));
    }
  };
  HugeArray<std::uint32_t> end(first_bundle_ + std::uint64_t{1});
  each([&](std::uint32_t, std::uint32_t holder) { ++end[holder]; });
  std::uint32_t sum = 0;
  for (std::uint32_t node = 0; node < first_bundle_; ++node) {
    if (end[node] > 0) {
      holders_.push_back(node);
      folded_begin_.push_back(sum);
    }
    sum += std::exchange(end[node], sum);
  }
  folded_begin_.push_back(sum);
  folded_objects_ = sum;
  if (sum == 0) return;
  folded_ = HugeArray<std::uint32_t>(sum);
  each([&](std::uint32_t row, std::uint32_t holder) { folded_[end[holder]++] = row; });
  for (std::size_t i = 0; i < holders_.size(); ++i)
    bundle(holders_[i], folded_.span().subspan(folded_begin_[i], folded_begin_[i + 1] - folded_begin_[i]));
}

void ExportedGraph::bundle(std::uint32_t holder, std::span<const std::uint32_t> objects) {
  std::unordered_map<std::uint64_t, std::size_t> row_of;  // by type, or size where there is none
  for (const std::uint32_t row : objects) {
    const std::uint64_t size = dominators_.columns().sizes.size_of(ObjectId(row));
    const heap::ObjectType type = snapshot_.object_type[row];
    const std::uint64_t key = type ? std::uint64_t{type.type().row} : std::uint64_t{1} << 32 | size;
    const auto [at, is_new] = row_of.try_emplace(key, bundles_.size());
    if (is_new) bundles_.push_back({holder, type, size, ObjectId(row)});
    bundles_[at->second].bytes += size;
    ++bundles_[at->second].objects;
    folded_bytes_ += size;
  }
}

std::span<const std::uint32_t> ExportedGraph::folded_below(std::uint32_t node) const {
  const auto at = std::ranges::lower_bound(holders_, node);
  if (at == holders_.end() || *at != node) return {};
  const auto i = static_cast<std::size_t>(at - holders_.begin());
  return folded_.span().subspan(folded_begin_[i], folded_begin_[i + 1] - folded_begin_[i]);
}

StringId ExportedGraph::name_of(ObjectId object) {
  const heap::ObjectType type = snapshot_.object_type[object.row];
  const std::uint64_t size = dominators_.columns().sizes.size_of(object);
  if (!type) return texts_.add(fmt::format("object of {}", format_bytes(size)));
  // Whether it is one value or several depends on nothing else.
  constexpr std::uint64_t kMostWords = 1U << 31;
  const std::uint64_t key = std::uint64_t{std::bit_cast<std::uint32_t>(type)} << 32 |
                            std::min(size / 8, kMostWords) << 1 | (object.row < snapshot_.pointerful ? 1 : 0);
  const auto [at, is_new] = name_of_type_.try_emplace(key);
  if (is_new) at->second = texts_.add(names_.type_of(object));
  return at->second;
}

StringId ExportedGraph::name_of(RootId root) {
  return texts_.add(root_text_with_field(snapshot_, snapshot_.roots[root.row]));
}

void ExportedGraph::for_each_node(const std::function<void(const ExportedNode&)>& visit) {
  visit({.kind = ExportedKind::kTop, .name = texts_.add("(roots)")});
  std::uint32_t number = 1;
  for (const std::string_view name : kGroups)
    visit({.kind = ExportedKind::kGroup, .number = number++, .name = texts_.add(name)});
  for (const RootId root : roots_)
    visit({.kind = ExportedKind::kRoot, .number = number++, .root = root, .name = name_of(root)});
  for (const std::uint32_t row : objects_) {
    if (number % kCancelEvery == 0) throw_if_cancelled();
    const ObjectId object(row);
    visit({.kind = ExportedKind::kObject,
           .number = number++,
           .object = object,
           .name = name_of(object),
           .bytes = dominators_.columns().sizes.size_of(object),
           .objects = 1});
  }
  for (const Bundle& one : bundles_)
    visit({.kind = ExportedKind::kBundle,
           .number = number++,
           .object = one.first,
           .name = name_of(one.first),
           .bytes = one.bytes,
           .objects = one.objects});
}

void ExportedGraph::point_below(std::uint32_t node, const std::function<void(const ExportedPointer&)>& visit) {
  std::uint64_t element = 0;
  const auto below = [&](std::uint32_t to) {
    visit({.kind = ExportedEdge::kBelow, .to = to, .element = element++, .name = {}});
  };
  if (node == kTopNode)
    for (std::uint32_t group = 1; group < kFirstRoot; ++group) below(group);
  if (node < first_object_)
    for (std::uint32_t i = first_below_[node]; i < first_below_[node + 1]; ++i) below(below_[i]);
  auto at = std::ranges::lower_bound(bundles_, node, {}, &Bundle::holder);
  for (; at != bundles_.end() && at->holder == node; ++at)
    visit({.kind = ExportedEdge::kField,
           .to = first_bundle_ + static_cast<std::uint32_t>(at - bundles_.begin()),
           .name = texts_.add(fmt::format("({} folded)", format_count(at->objects)))});
}

void ExportedGraph::point_from_root(RootId root, const std::function<void(const ExportedPointer&)>& visit) {
  const heap::Root& row = snapshot_.roots[root.row];
  for (std::uint32_t t = 0; t < row.target_count; ++t) {
    const heap::RootTarget& target = snapshot_.root_targets[row.first_target + t];
    if (!is_kept(target.object)) continue;
    const std::string path = with_any_index(names_.target_path(row, target).text);
    const bool is_named = !path.empty() && path != "[…]";
    visit({.kind = is_named ? ExportedEdge::kField : ExportedEdge::kElement,
           .to = node_of(target.object),
           .element = t,
           .name = is_named ? texts_.add(path) : StringId()});
  }
}

void ExportedGraph::point_from_object(ObjectId object, const std::function<void(const ExportedPointer&)>& visit) {
  if (object.row >= snapshot_.pointerful) return;
  const heap::Span& span = snapshot_.spans[names_.index().find_span(object).row];
  const heap::ObjectType type = snapshot_.object_type[object.row];
  std::uint64_t offset = 0;
  for (const std::uint32_t e : snapshot_.edges.of(object.row)) {
    offset += heap::edge_step(snapshot_.edges, e);
    const ObjectId target(snapshot_.edges.target[e]);
    if (!is_kept(target)) continue;
    const EdgePlace place = places_.of(type, span, offset);
    const std::string& path = places_.text(place.row);
    const bool is_element = path.empty();
    visit({.kind = is_element ? ExportedEdge::kElement : ExportedEdge::kField,
           .to = node_of(target),
           .element = place.element,
           .name = is_element ? StringId() : texts_.add(place.in_list ? "[…]" + path : path)});
  }
}

void ExportedGraph::point_through(std::uint32_t node, const std::function<void(const ExportedPointer&)>& visit) {
  std::vector<std::uint32_t> to;
  for (const std::uint32_t row : folded_below(node)) {
    if (row >= snapshot_.pointerful) continue;
    for (const std::uint32_t e : snapshot_.edges.of(row))
      if (const ObjectId target(snapshot_.edges.target[e]); is_kept(target) && node_of(target) != node)
        to.push_back(node_of(target));
  }
  std::ranges::sort(to);
  const auto repeated = std::ranges::unique(to);
  to.erase(repeated.begin(), repeated.end());
  for (const std::uint32_t one : to)
    visit({.kind = ExportedEdge::kThrough, .to = one, .name = texts_.add("(through folded objects)")});
}

void ExportedGraph::for_each_pointer(std::uint32_t node, const std::function<void(const ExportedPointer&)>& visit) {
  if (node >= first_bundle_) return;
  if (node >= kFirstRoot && node < first_object_) point_from_root(roots_[node - kFirstRoot], visit);
  if (node >= first_object_) point_from_object(ObjectId(objects_[node - first_object_]), visit);
  point_below(node, visit);
  if (folded_objects_ > 0) point_through(node, visit);
}

}  // namespace holdfast::view
