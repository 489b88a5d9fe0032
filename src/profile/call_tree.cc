#include "profile/call_tree.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"
#include "profile/bounded_sum.h"

namespace holdfast::profile {
namespace {

class TreeMaker {
 public:
  TreeMaker() { tree_.nodes.emplace_back(); }

  // Returns the node below `parent` for the site.
  std::uint32_t below(std::uint32_t parent, std::uint32_t site) {
    const std::uint64_t key = std::uint64_t{parent} << 32 | site;
    const auto [at, is_new] = rows_.try_emplace(key, static_cast<std::uint32_t>(tree_.nodes.size()));
    if (is_new) tree_.nodes.push_back({parent, site, 0});
    return at->second;
  }
  void add(std::uint32_t node, std::int64_t value) {
    tree_.nodes[node].value = bounded_sum(tree_.nodes[node].value, value);
  }
  CallTree& tree() { return tree_; }

 private:
  struct HashKey {
    std::size_t operator()(std::uint64_t key) const { return mixed(1, key); }
  };
  CallTree tree_;
  std::unordered_map<std::uint64_t, std::uint32_t, HashKey> rows_;
};

}  // namespace

CallTree call_tree(std::span<const FilteredProfile> profiles, By by, std::size_t type, Combine combine) {
  TreeMaker maker;
  SiteIndex index(by);
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const bool is_end = i == 0 || i + 1 == profiles.size();
    if (combine == Combine::kDifference && !is_end) continue;
    const bool is_before = combine == Combine::kDifference && i == 0;
    const SitesOfLocations sites = index.add(profiles[i]);
    profiles[i].for_each_sample([&](const Sample& sample) {
      const std::int64_t value = std::max(sample.values[type], -INT64_MAX);
      if (value == 0) return;
      std::uint32_t node = 0;
      for (std::size_t l = sample.locations.size(); l-- > 0;) {
        const std::span<const std::uint32_t> calls = sites.of(sample.locations[l]);
        for (std::size_t c = calls.size(); c-- > 0;) node = maker.below(node, calls[c]);
      }
      maker.add(node, is_before ? -value : value);
    });
  }
  maker.tree().sites = index.take();
  return std::move(maker.tree());
}

std::vector<std::int64_t> values_below(const CallTree& tree) {
  std::vector<std::int64_t> sums;
  for (const CallNode& node : tree.nodes) sums.push_back(node.value);
  for (std::size_t i = tree.nodes.size(); i-- > 1;)  // a parent has a lower row
    sums[tree.nodes[i].parent] = bounded_sum(sums[tree.nodes[i].parent], sums[i]);
  return sums;
}

CallTree part_of_tree(const CallTree& tree, int sign, std::uint64_t parts, std::size_t siblings, std::size_t depth) {
  CallTree signed_part{.sites = tree.sites, .nodes = tree.nodes};
  for (CallNode& node : signed_part.nodes) {
    const bool is_wanted = sign > 0 ? node.value > 0 : node.value < 0;
    node.value = is_wanted ? (sign > 0 ? node.value : -std::max(node.value, -INT64_MAX)) : 0;
  }
  const std::vector<std::int64_t> sums = values_below(signed_part);
  std::vector<std::vector<std::uint32_t>> children(signed_part.nodes.size());
  for (std::uint32_t row = 1; row < signed_part.nodes.size(); ++row)
    if (sums[row] > 0) children[signed_part.nodes[row].parent].push_back(row);
  const std::int64_t least =
      std::max<std::int64_t>(1, sums[0] / static_cast<std::int64_t>(std::max<std::uint64_t>(parts, 1)));
  CallTree out{.sites = tree.sites, .nodes = {{0, 0, signed_part.nodes[0].value}}};
  const auto smaller = static_cast<std::uint32_t>(out.sites.size());
  out.sites.push_back({.function = "(smaller)"});
  struct Step {
    std::uint32_t from = 0, to = 0;
    std::size_t depth = 0;
  };
  std::vector<Step> steps = {{}};  // no recursion: stacks may be as deep as somebody likes
  for (std::size_t next = 0; next < steps.size(); ++next) {
    const Step step = steps[next];
    std::vector<std::uint32_t>& below = children[step.from];
    std::ranges::sort(
        below, [&](std::uint32_t a, std::uint32_t b) { return std::pair(-sums[a], a) < std::pair(-sums[b], b); });
    std::int64_t folded = 0;
    for (std::size_t i = 0; i < below.size(); ++i) {
      if (i >= siblings || sums[below[i]] < least || step.depth >= depth) {
        folded = bounded_sum(folded, sums[below[i]]);
        continue;
      }
      steps.push_back({below[i], static_cast<std::uint32_t>(out.nodes.size()), step.depth + 1});
      out.nodes.push_back({step.to, signed_part.nodes[below[i]].site, signed_part.nodes[below[i]].value});
    }
    if (folded > 0) out.nodes.push_back({step.to, smaller, folded});
  }
  return out;
}

}  // namespace holdfast::profile
