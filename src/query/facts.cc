#include "query/facts.h"

#include <algorithm>

#include "view/labels.h"

namespace holdfast::query {

Rows SortedRows::find(const Bound& bound) const {
  const std::uint64_t nulls = rows.size() - values.size();
  Rows out{rows.data(), {}, {}};
  if (bound.nulls) out.ranges[0] = {0, nulls};
  if (bound.empty()) return out;
  const auto first = std::ranges::lower_bound(values, bound.least), last = std::ranges::upper_bound(values, bound.most);
  out.ranges[1] = {nulls + static_cast<std::uint64_t>(first - values.begin()),
                   nulls + static_cast<std::uint64_t>(last - values.begin())};
  return out;
}

void Facts::run(const char* pass, const std::function<void()>& work) {
  if (*pass == '\0' || !source_.pass)
    work();
  else
    source_.pass(pass, work);
}

const graph::ShortestWays& Facts::ways() {
  if (ways_) return *ways_;
  const view::Names& names = this->names();
  const view::RootOwners owners = view::owners_of_roots(snapshot(), graph::ObjectSizes(snapshot()), rules());
  const view::WeakEdges weak(snapshot(), index(), names.type_rules());
  return make(ways_, "ways", snapshot(), view::lasting_ways(owners, weak));
}

const Grouping& Facts::by_type() {
  if (by_type_) return *by_type_;
  const TypeNames& types = this->types();
  const auto type_of = [&](std::uint32_t object) { return types.of(snapshot().object_type[object]); };
  return make(by_type_, "objects by type", snapshot().objects, types.types().size(), type_of);
}

const Grouping& Facts::by_home() {
  if (by_home_) return *by_home_;
  const Homes& homes = this->homes();
  const auto home_of = [&](std::uint32_t object) { return homes.of(ObjectId(object)); };
  return make(by_home_, "objects by owner", snapshot().objects, homes.homes().size(), home_of);
}

const Grouping& Facts::incoming() {
  if (incoming_) return *incoming_;
  const References& all = references();
  const heap::Snapshot& s = snapshot();
  const std::uint64_t edges = s.edges.count();
  const auto target_of = [&](std::uint32_t reference) {
    return reference < edges ? s.edges.target[reference] : all.target(reference).row;
  };
  return make(incoming_, "references by target", all.count(), s.objects, target_of);
}

const view::TypeTotals* Facts::totals(std::uint32_t type) {
  if (!totals_) {
    const graph::DominatorTree& down = tree();
    const TypeNames& types = this->types();
    std::optional<std::vector<view::TypeTotals>> totals;
    run("types", [&] { totals = view::type_totals(snapshot(), down); });
    totals_of_type_.assign(types.types().size(), 0);
    for (std::uint32_t row = 0; row < totals->size(); ++row) {
      const view::TypeTotals& of = (*totals)[row];
      if (!of.id) continue;
      const auto known_by = of.in_part ? heap::KnownBy::kPart : heap::KnownBy::kHeader;
      totals_of_type_[types.of(heap::ObjectType(of.id, known_by))] = row + 1;
    }
    totals_ = std::move(totals);
  }
  const std::uint32_t row = totals_of_type_[type];
  return row == 0 ? nullptr : &(*totals_)[row - 1];
}

const std::vector<std::string>& Facts::root_names() {
  if (root_names_) return *root_names_;
  std::vector<std::string> names;
  names.reserve(snapshot().roots.size());
  for (const heap::Root& root : snapshot().roots) names.push_back(view::root_text_with_field(snapshot(), root));
  root_names_ = std::move(names);
  return *root_names_;
}

const std::vector<std::uint64_t>& Facts::frame_begin() {
  if (!frame_begin_.empty()) return frame_begin_;
  frame_begin_.push_back(0);
  for (const heap::Goroutine& one : snapshot().goroutines)
    frame_begin_.push_back(frame_begin_.back() + one.frame_count);
  for (const heap::AllocationStack& stack : snapshot().allocation_stacks)
    frame_begin_.push_back(frame_begin_.back() + stack.frame_count);
  return frame_begin_;
}

const SortedRows& Facts::sorted(const void* column, const std::function<SortedRows()>& make) {
  const auto found = sorted_.find(column);
  return found != sorted_.end() ? found->second : sorted_.emplace(column, make()).first->second;
}

}  // namespace holdfast::query
