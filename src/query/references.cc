#include "query/references.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cancel.h"
#include "base/error.h"
#include "base/units.h"
#include "graph/breadth_first.h"
#include "heap/field_path.h"

namespace holdfast::query {
namespace {

constexpr std::uint64_t kStepsPerLook = 1 << 20;
constexpr std::string_view kArrow = " → ";

// "goroutine 17 → main.serve server.go:88": what a frame stands under tells which one it is. Groups are left out.
std::string root_way(const heap::Snapshot& snapshot, RootId id) {
  std::string text = view::root_text(snapshot, snapshot.roots[id.row]);
  for (RootId at = snapshot.roots[id.row].parent; at; at = snapshot.roots[at.row].parent) {
    if (snapshot.roots[at.row].kind == heap::RootKind::kGroup) continue;
    text.insert(0, fmt::format("{}{}", view::root_text(snapshot, snapshot.roots[at.row]), kArrow));
  }
  return text;
}

// "main.Session.next": the node, and the field in it that refers to the next one; none: it is the last.
std::string place_text(const view::Names& names, graph::NodeId node, ObjectId next) {
  std::string text;
  if (node.root()) {
    text = root_way(names.snapshot(), node.root());
  } else {
    text = names.type_of(node.object());
    if (text.empty()) text = fmt::format("object {}", node.object().row);
  }
  return next ? text + names.field(node, next).value_or(heap::FieldPath()).text : text;
}

}  // namespace

References::References(const heap::Snapshot& snapshot) : snapshot_(snapshot), edges_(snapshot.edges.count()) {
  root_begin_.reserve(snapshot.roots.size() + 1);
  root_begin_.push_back(edges_);
  for (const heap::Root& root : snapshot.roots) root_begin_.push_back(root_begin_.back() + root.target_count);
  if (count() >= Grouping::kNoKey)
    fail(ErrorCode::kUnsupported, "{} edges and {} targets of roots are more than 32-bit numbers can tell apart",
         edges_, count() - edges_);
}

ObjectId References::source(std::uint64_t edge) const {
  const auto begin = snapshot_.edges.row_begin.span();
  const auto above = std::upper_bound(begin.begin(), begin.end(), static_cast<std::uint32_t>(edge));
  return ObjectId(static_cast<std::uint32_t>(above - begin.begin() - 1));
}

RootId References::root(std::uint64_t reference) const {
  const auto above = std::ranges::upper_bound(root_begin_, reference);
  return RootId(static_cast<std::uint32_t>(above - root_begin_.begin() - 1));
}

const heap::RootTarget& References::root_target(std::uint64_t reference) const {
  const RootId id = root(reference);
  return snapshot_.root_targets[snapshot_.roots[id.row].first_target + (reference - root_begin_[id.row])];
}

Rows References::of_sources(const Bound& objects) const {
  const auto [first, last] = objects.among(snapshot_.edges.row_begin.empty() ? 0 : snapshot_.pointerful);
  Rows rows;
  if (first < last) rows.ranges[0] = {snapshot_.edges.row_begin[first], snapshot_.edges.row_begin[last]};
  if (objects.nulls) rows.ranges[1] = {edges_, count()};
  return rows;
}

Rows References::of_roots(const Bound& roots) const {
  const auto [first, last] = roots.among(snapshot_.roots.size());
  Rows rows;
  if (roots.nulls) rows.ranges[0] = {0, edges_};
  if (first < last) rows.ranges[1] = {root_begin_[first], root_begin_[last]};
  return rows;
}

std::string way_text(const view::Names& names, const std::vector<graph::NodeId>& way) {
  constexpr std::size_t kMostPlaces = 48, kEnd = 24;
  std::vector<std::string> places;
  std::string last_container;
  for (std::size_t i = 0; i < way.size(); ++i) {
    if (way[i].root() && i + 1 < way.size() && way[i + 1].root()) continue;  // the last root says what it stands under
    const ObjectId object = way[i].object();
    std::string container =
        object && names.is_container(object) && i + 1 < way.size() ? names.container_of(object) : "";
    if (container.empty()) {
      places.push_back(place_text(names, way[i], i + 1 < way.size() ? way[i + 1].object() : ObjectId()));
    } else {
      if (container != last_container) places.push_back(container + "[…]");
      // Which of the parts of a map has the element, and so its key, is seen on the way.
      if (const auto key = names.map_key(object, way[i + 1].object()))
        places.back() = fmt::format("{}[{}]", container, *key);
    }
    last_container = std::move(container);
  }
  if (places.size() > kMostPlaces) {
    const std::size_t left_out = places.size() - kMostPlaces;
    const auto first = places.end() - kEnd - static_cast<std::ptrdiff_t>(left_out);
    *first = fmt::format("… {} more …", format_count(left_out));
    places.erase(first + 1, first + static_cast<std::ptrdiff_t>(left_out));
  }
  return fmt::format("{}", fmt::join(places, kArrow));
}

void Reaches::follow_forwards(ObjectId from) {
  from_ = {};
  graph::BreadthFirst search(snapshot_);
  search.enter(from.row);
  search.run();
  forwards_ = std::move(search.seen());
  from_ = from;
}

void Reaches::follow_backwards(ObjectId to, const Grouping& incoming) {
  to_ = {};
  backwards_ = HugeArray<std::uint64_t>((std::uint64_t{snapshot_.objects} + 63) / 64);
  std::vector<std::uint32_t> stack = {to.row};
  heap::set_bit(backwards_, to.row);
  for (std::uint64_t steps = 0; !stack.empty(); ++steps) {
    if (steps % kStepsPerLook == 0) throw_if_cancelled();
    const Rows rows = incoming.rows(Bound::one(stack.back()));
    stack.pop_back();
    for (std::uint64_t i = rows.ranges[1].begin; i < rows.ranges[1].end; ++i) {
      if (!references_.is_edge(rows.list[i])) break;  // they are ascending: roots come last
      const ObjectId source = references_.source(rows.list[i]);
      if (heap::test_bit(backwards_, source.row)) continue;
      heap::set_bit(backwards_, source.row);
      stack.push_back(source.row);
    }
  }
  to_ = to;
}

}  // namespace holdfast::query
