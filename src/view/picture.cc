#include "view/picture.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "base/cancel.h"
#include "base/units.h"
#include "graph/components.h"
#include "heap/field_path.h"
#include "view/edge_places.h"
#include "view/held_tree.h"
#include "view/holder_search.h"
#include "view/labels.h"

namespace holdfast::view {
namespace {

using graph::NodeId;

constexpr std::size_t kMostAsked = 100'000;
constexpr std::size_t kMostObjects = 1'000'000;
constexpr int kFarthest = 2;  // steps of a neighbourhood
constexpr std::uint64_t kCancelEvery = 1 << 14;

// What a picture shows before it is folded.
class Part {
 public:
  struct Node {
    NodeId id;
    int distance = 0;
    bool asked = false;
  };

  // Returns false if it is there already.
  bool add(NodeId id, int distance, bool asked = false) {
    const auto [at, is_new] = row_of_.try_emplace(id, nodes_.size());
    if (is_new) nodes_.push_back({id, distance, asked});
    return is_new;
  }
  void connect(NodeId from, NodeId to) { ways_.emplace(from, to); }
  std::vector<Node>& nodes() { return nodes_; }
  std::size_t row(NodeId id) const {
    const auto at = row_of_.find(id);
    return at == row_of_.end() ? nodes_.size() : at->second;
  }
  // If any are named, only these pointers are shown.
  bool shows(NodeId from, NodeId to) const { return ways_.empty() || ways_.contains({from, to}); }

 private:
  std::vector<Node> nodes_;
  std::map<NodeId, std::size_t> row_of_;
  std::set<std::pair<NodeId, NodeId>> ways_;
};

class Collector {
 public:
  Collector(const Groundwork& groundwork, const graph::Reachability& reached, const graph::Referrers& referrers,
            Picture& picture)
      : groundwork_(groundwork),
        snapshot_(groundwork.snapshot()),
        reached_(reached),
        referrers_(referrers),
        picture_(picture) {}

  Part run(const FoundSubject& found) {
    std::vector<NodeId> asked = found.nodes;
    if (asked.size() > kMostAsked) {
      picture_.not_looked_at = asked.size() - kMostAsked;
      asked.resize(kMostAsked);
    }
    switch (picture_.of) {
      case PictureOf::kPath:
        add_ways(asked);
        break;
      case PictureOf::kComponent:
        add_component(asked, found.what.full);
        break;
      case PictureOf::kNeighbourhood:
        add_neighbours(asked);
        break;
    }
    return std::move(part_);
  }

 private:
  void add_ways(const std::vector<NodeId>& asked) {
    const graph::ShortestWays ways = ways_of(groundwork_);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      if (i % kCancelEvery == 0) throw_if_cancelled();
      std::vector<NodeId> way;
      if (asked[i].object()) way = ways.way_to(asked[i].object());
      for (RootId root = asked[i].root(); root; root = snapshot_.roots[root.row].parent) way.insert(way.begin(), root);
      for (std::size_t step = 0; step < way.size(); ++step) {
        part_.add(way[step], static_cast<int>(step));
        if (step > 0) part_.connect(way[step - 1], way[step]);
      }
      if (!way.empty()) part_.nodes()[part_.row(asked[i])].asked = true;
    }
  }

  void add_component(const std::vector<NodeId>& asked, const std::string& what) {
    const graph::Components components(snapshot_, reached_);
    const auto in_circle = std::ranges::find_if(
        asked, [&](NodeId node) { return node.object() && components.of(node.object()) != graph::Components::kNone; });
    if (in_circle == asked.end())
      fail(ErrorCode::kNotFound, "nothing leads from {} back to it: it lies in no circle of references", what);
    const std::uint32_t row = components.of(in_circle->object());
    std::vector<ObjectId> members;
    for (std::uint32_t object = 0; object < snapshot_.pointerful; ++object)
      if (components.of(ObjectId(object)) == row) members.emplace_back(object);
    picture_.not_looked_at += members.size() - std::min(members.size(), kMostObjects);
    members.resize(std::min(members.size(), kMostObjects));
    const std::set<NodeId> wanted(asked.begin(), asked.end());
    for (const ObjectId member : members) part_.add(member, 0, wanted.contains(member));
    for (const ObjectId member : members) add_referrers(member, -1);
  }

  void add_neighbours(const std::vector<NodeId>& asked) {
    for (const NodeId node : asked) part_.add(node, 0, true);
    for (int distance = 1; distance <= kFarthest; ++distance) {
      // Nodes are appended on the way: those of the step before are all that is looked at.
      for (std::size_t i = 0, end = part_.nodes().size(); i < end; ++i) {
        if (i % kCancelEvery == 0) throw_if_cancelled();
        const Part::Node node = part_.nodes()[i];
        if (node.distance == distance - 1) add_targets(node.id, distance);
        if (node.distance == 1 - distance) add_holders(node.id, -distance);
      }
    }
  }

  bool has_room() {
    if (part_.nodes().size() < kMostObjects) return true;
    ++picture_.not_looked_at;
    return false;
  }

  void add_targets(NodeId node, int distance) {
    if (const RootId root = node.root()) {
      const heap::Root& row = snapshot_.roots[root.row];
      for (std::uint32_t t = row.first_target; t < row.first_target + row.target_count; ++t)
        if (has_room()) part_.add(snapshot_.root_targets[t].object, distance);
      return;
    }
    const std::uint32_t row = node.object().row;
    if (row >= snapshot_.pointerful) return;
    for (const std::uint32_t e : snapshot_.edges.of(row))
      if (has_room()) part_.add(ObjectId(snapshot_.edges.target[e]), distance);
  }

  void add_holders(NodeId node, int distance) {
    if (node.object()) return add_referrers(node.object(), distance);
    if (const RootId parent = snapshot_.roots[node.root().row].parent) part_.add(parent, distance);
  }

  void add_referrers(ObjectId object, int distance) {
    for (const RootId root : referrers_.roots_of(object)) part_.add(root, distance);
    for (const std::uint32_t source : referrers_.of(object))
      if (reached_.contains(ObjectId(source)) && has_room()) part_.add(ObjectId(source), distance);
  }

  const Groundwork& groundwork_;
  const heap::Snapshot& snapshot_;
  const graph::Reachability& reached_;
  const graph::Referrers& referrers_;
  Picture& picture_;
  Part part_;
};

class Painter {
 public:
  Painter(const Groundwork& groundwork, Part& part, std::size_t most, Picture& picture)
      : names_(groundwork.names()),
        snapshot_(groundwork.snapshot()),
        dominators_(groundwork.dominators()),
        places_(snapshot_),
        part_(part),
        most_(std::max<std::size_t>(most, 1)),
        picture_(picture) {}

  void run() {
    find_units();
    group();
    std::vector<std::uint32_t> box_of(part_.nodes().size());
    std::map<int, std::uint32_t> rest_of;  // by distance
    for (const Group& one : groups_) {
      for (std::size_t i = 0; i < one.units.size(); ++i) {
        const Unit& unit = units_[one.units[i]];
        if (one.is_rest) {
          const auto [at, is_new] = rest_of.try_emplace(unit.distance, picture_.boxes.size());
          if (is_new)
            picture_.boxes.push_back({.kind = BoxKind::kRest, .text = "…", .count = 0, .distance = unit.distance});
          add(unit, at->second, box_of);
        } else {
          if (i == 0 || one.is_open) picture_.boxes.push_back(box_for(unit));
          add(unit, static_cast<std::uint32_t>(picture_.boxes.size() - 1), box_of);
        }
      }
    }
    connect(box_of);
  }

 private:
  // What a person sees as one thing: a root, an object, or all parts of a map that are in the picture.
  struct Unit {
    std::vector<std::size_t> nodes;  // the first one names it
    int distance = 0;
    bool asked = false;
    Sort sort = 0;
    std::uint64_t retained = 0;  // the most that one of its nodes does: the others are below it, or above
  };
  struct Group {
    std::vector<std::size_t> units;
    std::uint64_t retained = 0;
    bool is_open = false;  // each unit is a box
    bool is_rest = false;  // all are in one box with others of their distance
  };

  // Puts the parts of a container together: those that refer to each other.
  void find_units() {
    std::vector<std::size_t> first(part_.nodes().size());
    std::iota(first.begin(), first.end(), 0);
    const auto find = [&](std::size_t i) {
      while (first[i] != i) i = first[i] = first[first[i]];
      return i;
    };
    std::vector<Sort> sorts;
    for (const Part::Node& node : part_.nodes()) sorts.push_back(sort_of(names_, dominators_, node.id));
    for (std::size_t i = 0; i < first.size(); ++i) {
      const ObjectId object = part_.nodes()[i].id.object();
      if (!object || object.row >= snapshot_.pointerful || !names_.is_container(object)) continue;
      const heap::Edges& edges = snapshot_.edges;
      for (const std::uint32_t e : edges.of(object.row)) {
        const std::size_t to = part_.row(ObjectId(edges.target[e]));
        if (to < first.size() && sorts[to] == sorts[i]) {
          const auto [low, high] = std::minmax({find(i), find(to)});
          first[high] = low;
        }
      }
    }
    std::unordered_map<std::size_t, std::size_t> row_of;
    for (std::size_t i = 0; i < first.size(); ++i) {
      const Part::Node& node = part_.nodes()[i];
      const auto [at, is_new] = row_of.try_emplace(find(i), units_.size());
      if (is_new) units_.push_back({.nodes = {}, .distance = node.distance, .sort = sorts[i]});
      Unit& unit = units_[at->second];
      unit.nodes.push_back(i);
      unit.asked = unit.asked || node.asked;
      unit.retained = std::max(unit.retained, dominators_.retained_bytes(node.id));
    }
  }

  // Decides what is folded: as little as there is room for.
  void group() {
    std::map<std::tuple<int, bool, Sort>, Group> by_sort;
    std::set<int> distances;
    for (std::size_t i = 0; i < units_.size(); ++i) {
      const Unit& unit = units_[i];
      Group& one = by_sort[{unit.distance, unit.asked, unit.sort}];
      one.units.push_back(i);
      one.retained += unit.retained;
      distances.insert(unit.distance);
    }
    for (auto& [key, one] : by_sort) groups_.push_back(std::move(one));
    if (groups_.size() > most_) {
      std::ranges::stable_sort(groups_, [](const Group& a, const Group& b) { return a.retained > b.retained; });
      const std::size_t shown = most_ > distances.size() ? most_ - distances.size() : 0;
      for (std::size_t i = shown; i < groups_.size(); ++i) groups_[i].is_rest = true;
      return;
    }
    std::ranges::stable_sort(groups_, [](const Group& a, const Group& b) { return a.units.size() < b.units.size(); });
    std::size_t boxes = groups_.size();
    for (Group& one : groups_) {
      if (boxes + one.units.size() - 1 > most_) break;
      boxes += one.units.size() - 1;
      one.is_open = true;
    }
  }

  Box box_for(const Unit& unit) const {
    const Part::Node& row = part_.nodes()[unit.nodes.front()];
    Box box{.kind = BoxKind::kThing, .text = {}, .count = 0, .asked = unit.asked, .distance = unit.distance};
    if (const RootId root = row.id.root()) {
      box.kind = BoxKind::kRoot;
      box.text = root_text_with_field(snapshot_, snapshot_.roots[root.row]);
      return box;
    }
    const ObjectId object = row.id.object();
    box.text = names_.is_container(object) ? names_.container_of(object) : names_.type_of(object);
    if (box.text.empty()) box.text = fmt::format("object of {}", format_bytes(names_.index().size_of(object)));
    return box;
  }

  void add(const Unit& unit, std::uint32_t row, std::vector<std::uint32_t>& box_of) {
    Box& box = picture_.boxes[row];
    const ObjectId first = part_.nodes()[unit.nodes.front()].id.object();
    box.address = box.count == 0 && first && box.kind != BoxKind::kRest ? names_.index().address_of(first) : Address();
    ++box.count;
    if (box.kind != BoxKind::kRest) box.retained += unit.retained;
    for (const std::size_t node : unit.nodes) {
      box_of[node] = row;
      const ObjectId object = part_.nodes()[node].id.object();
      const std::uint64_t bytes = object ? dominators_.columns().sizes.size_of(object) : 0;
      box.bytes += bytes;
      picture_.bytes += bytes;
      picture_.objects += object ? 1 : 0;
    }
  }

  void connect(const std::vector<std::uint32_t>& box_of) {
    for (std::size_t i = 0; i < part_.nodes().size(); ++i) {
      if (i % kCancelEvery == 0) throw_if_cancelled();
      const NodeId from = part_.nodes()[i].id;
      if (from.root())
        connect_root(from.root(), box_of[i], box_of);
      else
        connect_object(from.object(), box_of[i], box_of);
    }
    for (auto& [ends, arrow] : arrows_) picture_.arrows.push_back(std::move(arrow));
  }

  void connect_root(RootId root, std::uint32_t box, const std::vector<std::uint32_t>& box_of) {
    const heap::Root& row = snapshot_.roots[root.row];
    for (std::uint32_t t = row.first_target; t < row.first_target + row.target_count; ++t)
      point(root, snapshot_.root_targets[t].object, box, box_of, [&] {
        return heap::is_field(row, label_of(snapshot_, row)) && snapshot_.root_targets[t].offset == 0
                   ? std::string()  // its name has it
                   : names_.target_path(row, snapshot_.root_targets[t]).text;
      });
    if (row.parent && part_.row(row.parent) < box_of.size()) {
      const std::uint32_t parent = box_of[part_.row(row.parent)];
      if (part_.shows(row.parent, root) && parent != box) note(parent, box, {});
    }
  }

  void connect_object(ObjectId object, std::uint32_t box, const std::vector<std::uint32_t>& box_of) {
    if (object.row >= snapshot_.pointerful) return;
    const heap::Span& span = snapshot_.spans[names_.index().find_span(object).row];
    const heap::ObjectType type = snapshot_.object_type[object.row];
    std::uint64_t offset = 0;
    for (const std::uint32_t e : snapshot_.edges.of(object.row)) {
      offset += heap::edge_step(snapshot_.edges, e);
      point(object, ObjectId(snapshot_.edges.target[e]), box, box_of, [&] {
        if (names_.is_container(object)) return std::string();
        const EdgePlace place = places_.of(type, span, offset);
        return place.in_list ? "[…]" + places_.text(place.row) : places_.text(place.row);
      });
    }
  }

  template <typename Place>
  void point(NodeId from, NodeId to, std::uint32_t box, const std::vector<std::uint32_t>& box_of, const Place& place) {
    const std::size_t row = part_.row(to);
    if (row == box_of.size() || !part_.shows(from, to)) return;
    const bool is_inside = box == box_of[row] && to.object() && names_.is_container(to.object());
    if (!is_inside) note(box, box_of[row], with_any_index(place()));
  }

  void note(std::uint32_t from, std::uint32_t to, std::string place) {
    const auto [at, is_new] = arrows_.try_emplace({from, to});
    Arrow& arrow = at->second;
    if (is_new)
      arrow = {from, to, std::move(place), 1};
    else {
      ++arrow.count;
      if (arrow.text != place) arrow.text.clear();
    }
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  EdgePlaces places_;
  Part& part_;
  const std::size_t most_;
  Picture& picture_;
  std::vector<Unit> units_;
  std::vector<Group> groups_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Arrow> arrows_;
};

Sentence title_of(PictureOf of, const Sentence& what) {
  switch (of) {
    case PictureOf::kPath:
      return sentence("shortest ways to {}", what);
    case PictureOf::kComponent:
      return sentence("the circle of references around {}", what);
    case PictureOf::kNeighbourhood:
      return sentence("two steps around {}", what);
  }
  return {};
}

}  // namespace

Picture picture(const Groundwork& groundwork, const graph::Reachability& reached, const graph::Referrers& referrers,
                const PictureQuery& query) {
  const FoundSubject found = find_subject(groundwork.names(), reached, query.subject);
  Picture out;
  out.of = query.of;
  out.title = title_of(query.of, found.what).full;
  Part part = Collector(groundwork, reached, referrers, out).run(found);
  Painter(groundwork, part, query.most, out).run();
  return out;
}

}  // namespace holdfast::view
