#include "graph/set_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace holdfast::graph {
namespace {

constexpr std::size_t kMostSets = 1 << 20;  // if there are more, further ones are sets of kinds

}  // namespace

SetTable::SetTable(std::span<const std::uint32_t> kind_of, std::size_t most_owners)
    : kind_of_(kind_of), most_owners_(most_owners), of_owner_(kind_of.size()) {
  add({});
}

std::uint32_t SetTable::of_owner(std::uint32_t owner) {
  std::uint32_t& number = of_owner_[owner];
  if (number == 0) number = add({{owner}, false});
  return number;
}

std::vector<OwnerSet> SetTable::take() {
  std::vector<OwnerSet> sets(row_.size());
  while (!number_.empty()) {
    auto node = number_.extract(number_.begin());
    sets[node.mapped()] = std::move(node.key());
  }
  return sets;
}

std::uint32_t SetTable::add(OwnerSet set) {
  if (row_.size() >= kMostSets && !set.of_kinds && set.members.size() > 1) set = kinds_of(set);
  const auto [at, is_new] = number_.try_emplace(std::move(set), static_cast<std::uint32_t>(row_.size()));
  if (is_new) row_.push_back(&at->first);
  return at->second;
}

std::uint32_t SetTable::joined(std::uint32_t a, std::uint32_t b) {
  const auto [known, is_new] = both_.try_emplace(std::uint64_t{std::min(a, b)} << 32 | std::max(a, b));
  if (is_new) known->second = add(joined(*row_[a], *row_[b]));
  return known->second;
}

OwnerSet SetTable::joined(const OwnerSet& a, const OwnerSet& b) const {
  if (a.of_kinds != b.of_kinds) return joined(kinds_of(a), kinds_of(b));
  OwnerSet out{{}, a.of_kinds};
  std::ranges::set_union(a.members, b.members, std::back_inserter(out.members));
  return !out.of_kinds && out.members.size() > most_owners_ ? kinds_of(out) : out;
}

OwnerSet SetTable::kinds_of(const OwnerSet& set) const {
  if (set.of_kinds) return set;
  OwnerSet out{{}, true};
  for (const std::uint32_t owner : set.members) out.members.push_back(kind_of_[owner]);
  std::ranges::sort(out.members);
  const auto rest = std::ranges::unique(out.members);
  out.members.erase(rest.begin(), rest.end());
  return out;
}

}  // namespace holdfast::graph
