#include "view/why.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/cancel.h"
#include "base/parallel.h"
#include "base/units.h"
#include "view/owner_words.h"

namespace holdfast::view {

WhyGroundwork::WhyGroundwork(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, const Subject& subject) {
  run_both([&] { find_names(snapshot, rules); },
           [&] {
             if (subject.kind != SubjectKind::kAddress) return;
             if (const ObjectId object = heap::ObjectIndex(snapshot).find_object(subject.address))
               referrers_.emplace(graph::Referrers::leading_to(snapshot, object));
           });
}

void WhyGroundwork::find_names(const heap::Snapshot& snapshot, const heap::OwnerRules& rules) {
  naming_.emplace(snapshot, rules);
  weak_.emplace(snapshot, naming_->index(), naming_->names().type_rules());
  owners_ = owners_of_roots(snapshot, graph::ObjectSizes(snapshot), rules);
  preference_ = lasting_ways(owners_, *weak_);
}

const graph::Referrers& WhyGroundwork::leading_to(ObjectId object) {
  if (!referrers_ || !referrers_->knows(object))
    referrers_.emplace(graph::Referrers::leading_to(naming_->snapshot(), object));
  return *referrers_;
}

WhyFinder::WhyFinder(WhyGroundwork& groundwork, const graph::Dominators& dominators, const graph::Reachability& reached)
    : groundwork_(groundwork),
      snapshot_(groundwork.naming().snapshot()),
      dominators_(dominators),
      reached_(reached),
      index_(groundwork.naming().index()),
      names_(groundwork.naming().names()),
      owners_(groundwork.owners()),
      chains_(names_) {}

namespace {

// What lies in the root forest is one place.
std::ptrdiff_t objects_on(const std::vector<graph::NodeId>& way) {
  return std::ranges::count_if(way, [](graph::NodeId node) { return static_cast<bool>(node.object()); });
}

}  // namespace

std::vector<ChainStep> WhyFinder::chain_along(std::span<const graph::NodeId> way) const {
  return chains_.chain_of(chains_.runs_along(way, dominators_));
}

// The dominators. A list on the way is one step, which keeps what its first node does.
void WhyFinder::add_through(ObjectId object, WhyObject& why) const {
  std::vector<graph::NodeId> nodes;
  for (graph::NodeId node = object; node != graph::NodeId::super_root(); node = dominators_.idom(node))
    nodes.push_back(node);
  std::ranges::reverse(nodes);
  for (ChainStep& step : chain_along(nodes)) {
    const std::uint64_t retained = step.node ? dominators_.retained_bytes(step.node) : 0;
    why.through.push_back({std::move(step), retained});
  }
  why.object = why.through.back().step;
  why.through.pop_back();
}

void WhyFinder::add_holders(ObjectId object, const WhyLimits& limits, WhyObject& why) {
  const graph::NodeId top = dominators_.top(object);
  if (top.root()) return;
  const graph::NodeId nodes[] = {top};
  why.shared = chain_along(nodes).front();
  const graph::Backwards backwards{snapshot_, groundwork_.leading_to(object), reached_};
  graph::IndependentWays found = graph::independent_ways(backwards, owners_.of_root, top.object(),
                                                         {.most = static_cast<std::uint32_t>(limits.holders)});
  why.all_holders = found.is_complete;
  for (std::vector<graph::NodeId>& way : found.ways) {
    const OwnerRow& owner = owners_.rows[owners_.of_root[way.front().root().row]];
    std::vector<graph::NodeId> nodes_of_way;
    for (RootId root = snapshot_.roots[way.front().root().row].parent; root; root = snapshot_.roots[root.row].parent)
      nodes_of_way.emplace_back(root);
    std::ranges::reverse(nodes_of_way);
    nodes_of_way.insert(nodes_of_way.end(), way.begin(), way.end());
    IndependentHolder& holder = why.holders.emplace_back();
    holder.who = owner_text(snapshot_, names_.rules(), owner);
    for (const RootId root : owner.roots) holder.alone_bytes += dominators_.retained_bytes(root);
    holder.chain = chain_along(nodes_of_way);
  }
}

WhyObject WhyFinder::why_object(ObjectId object, const WhyLimits& limits) {
  WhyObject why;
  why.bytes = index_.size_of(object);
  why.retained_bytes = dominators_.retained_bytes(object);
  const graph::Backwards backwards{snapshot_, groundwork_.leading_to(object), reached_};
  const std::vector<graph::NodeId> lasting = graph::shortest_way_to(backwards, object, groundwork_.preference());
  const std::vector<graph::NodeId> shortest = graph::shortest_way_to(backwards, object);
  why.shortest = chain_along(lasting);
  if (objects_on(shortest) < objects_on(lasting)) why.passing = chain_along(shortest);
  add_through(object, why);
  add_holders(object, limits, why);
  return why;
}

// Puts the shortest ways of many objects together. Steps are one if they look alike: a field or an element of any
// number, of one type.
class WhyFinder::Merger {
 public:
  Merger(const WhyFinder& finder, const WhyLimits& limits)
      : finder_(finder), limits_(limits), row_of_(finder.snapshot_.objects), nodes_(1) {}

  void add(ObjectId object) {
    const std::uint32_t row = row_of(object);
    const std::uint64_t bytes = finder_.index_.size_of(object);
    ++nodes_[row].ends;
    for (std::uint32_t at = row;; at = nodes_[at].above) {
      ++nodes_[at].objects;
      nodes_[at].bytes += bytes;
      if (at == 0) break;
    }
  }

  std::vector<MergedWay> run() {
    emit(0, 0);
    return std::move(out_);
  }

 private:
  static constexpr std::uint32_t kDeepest = 60;  // what is further down counts for the line there

  struct Node {
    std::map<std::pair<Sort, std::string>, std::uint32_t> children;
    std::string field;
    graph::NodeId example;
    std::uint32_t above = 0, depth = 0;
    std::uint64_t objects = 0, bytes = 0, ends = 0;
  };

  // The ways are a tree, so that each object has one place among the merged ones. Climbs to the first one whose place
  // is known, and comes back.
  std::uint32_t row_of(ObjectId object) {
    way_.clear();
    graph::NodeId at = object;
    while (at.object() && row_of_[at.object().row] == 0) {
      way_.push_back(at.object());
      at = finder_.shortest_->before(at.object());
    }
    std::uint32_t row = at.object() ? row_of_[at.object().row] - 1 : row_of_root(at.root());
    for (std::size_t i = way_.size(); i-- > 0;) {
      row = row_below(row, at, way_[i]);
      row_of_[way_[i].row] = row + 1;
      at = way_[i];
    }
    return row;
  }

  // Which of the goroutines at one place it is would say that only this one is meant.
  std::uint32_t row_of_root(RootId root) {
    const RootId parent = finder_.snapshot_.roots[root.row].parent;
    if (parent && finder_.snapshot_.roots[root.row].kind == heap::RootKind::kGoroutine) return row_of_root(parent);
    return child(parent ? row_of_root(parent) : 0, sort_of(finder_.names_, finder_.dominators_, root), {}, root);
  }

  // A list, a tree, the inside of a map are one step.
  std::uint32_t row_below(std::uint32_t row, graph::NodeId above, ObjectId object) {
    const auto sort = [&](graph::NodeId node) { return sort_of(finder_.names_, finder_.dominators_, node); };
    const Sort its = sort(object);
    const bool goes_on = (above.object() && sort(above) == its) || nodes_[row].depth == kDeepest;
    return goes_on ? row : child(row, its, field_to(above, object), object);
  }

  // A field is looked for among the pointers of an object. Where these are many, it is one of many elements.
  std::string field_to(graph::NodeId above, ObjectId object) const {
    constexpr std::uint32_t kMany = 64;
    if (const ObjectId from = above.object()) {
      const heap::Edges& edges = finder_.snapshot_.edges;
      if (finder_.names_.is_container(from)) return "[…]";
      if (edges.row_begin[from.row + 1] - edges.row_begin[from.row] > kMany) return "[…]";
    }
    const auto field = finder_.names_.field(above, object);
    return field && field->is_named ? with_any_index(field->text) : std::string();
  }

  std::uint32_t child(std::uint32_t at, Sort sort, const std::string& field, graph::NodeId example) {
    const auto [known, is_new] =
        nodes_[at].children.try_emplace({sort, field}, static_cast<std::uint32_t>(nodes_.size()));
    const std::uint32_t row = known->second;
    if (is_new) {
      Node node;
      node.field = field;
      node.example = example;
      node.above = at;
      node.depth = nodes_[at].depth + 1;
      nodes_.push_back(std::move(node));
    }
    return row;
  }

  Sentence text_of(const Node& node) const {
    const graph::NodeId nodes[] = {node.example};
    const ChainStep step = finder_.chain_along(nodes).front();
    return node.field.empty() ? step.text : sentence("{} {}", node.field, step.text);
  }

  void emit(std::uint32_t at, std::size_t depth) {
    throw_if_cancelled();
    std::vector<std::uint32_t> children;
    for (const auto& [key, child] : nodes_[at].children) children.push_back(child);
    std::ranges::stable_sort(children, [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(nodes_[a].bytes, nodes_[a].objects) > std::pair(nodes_[b].bytes, nodes_[b].objects);
    });
    MergedWay rest{.depth = depth, .text = {}};
    for (std::size_t i = 0; i < children.size(); ++i) {
      const Node& node = nodes_[children[i]];
      if (i >= limits_.branches || (out_.size() >= limits_.lines && i > 0)) {
        rest.objects += node.objects;
        rest.bytes += node.bytes;
        ++rest.branches;
        continue;
      }
      out_.push_back({depth, text_of(node), node.objects, node.bytes, node.ends > 0, 0});
      emit(children[i], depth + 1);
    }
    if (rest.branches > 0) out_.push_back(rest);
  }

  const WhyFinder& finder_;
  const WhyLimits& limits_;
  HugeArray<std::uint32_t> row_of_;  // by object: its place among nodes_ + 1; 0 = not asked yet
  std::vector<Node> nodes_;          // the first one stands above the roots
  std::vector<ObjectId> way_;
  std::vector<MergedWay> out_;
};

Why WhyFinder::why(const Subject& subject, const WhyLimits& limits) {
  FoundSubject found = find_subject(names_, reached_, subject);
  Why why;
  why.what = std::move(found.what);
  why.subjects = found.nodes.size();
  why.garbage = found.garbage;
  for (const graph::NodeId node : found.nodes) {
    if (node.object()) why.bytes += index_.size_of(node.object());
    if (node.root()) why.root_bytes = why.root_bytes.value_or(0) + dominators_.retained_bytes(node);
  }
  why.looked_at = why.subjects;
  if (why.root_bytes) return why;
  if (why.subjects == 1) {
    why.object = why_object(found.nodes.front().object(), limits);
    return why;
  }
  why.looked_at = std::min<std::uint64_t>(why.subjects, limits.merged);
  if (!shortest_) shortest_.emplace(snapshot_, groundwork_.preference());
  Merger merger(*this, limits);
  for (std::uint64_t i = 0; i < why.looked_at; ++i) merger.add(found.nodes[i * why.subjects / why.looked_at].object());
  why.merged = merger.run();
  return why;
}

}  // namespace holdfast::view
