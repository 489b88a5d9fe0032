#include "view/allocation_sites.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "heap/plumbing.h"

namespace holdfast::view {
namespace {

constexpr std::uint32_t kOutside = ~std::uint32_t{0};  // a level below none of the things found
constexpr std::size_t kKnownEvery = 256;               // steps of a way between nodes whose state is remembered
constexpr std::size_t kMostSamples = 1 << 16;

std::uint64_t key_of(graph::NodeId node) {
  return node.object() ? node.object().row : (std::uint64_t{1} << 32 | node.root().row);
}

// Counts samples by the place that allocated them.
class Tally {
 public:
  explicit Tally(const Names& names) : names_(names), snapshot_(names.snapshot()) {}

  void add(AllocationStackId stack) { ++by_stack_[stack]; }

  std::optional<AllocationSite> most() const {
    // Callers differ more than the place itself, so the place with most samples is found first, then its commonest
    // stack.
    struct Sum {
      std::uint64_t samples = 0, largest = 0;
      AllocationStackId stack;
    };
    std::map<std::tuple<StringId, StringId, std::uint32_t>, Sum> by_place;
    AllocationSite site;
    const Sum* best = nullptr;
    for (const auto& [stack, samples] : by_stack_) {
      const heap::AllocationStack& row = snapshot_.allocation_stacks[stack.row];
      site.sampled += samples;
      const heap::Frame* const frame = heap::first_user_frame(snapshot_, row.first_frame, row.frame_count);
      if (frame == nullptr) continue;
      Sum& sum = by_place[{frame->function, frame->file, frame->line}];
      sum.samples += samples;
      if (samples > sum.largest) sum.largest = samples, sum.stack = stack;
    }
    for (const auto& [place, sum] : by_place)
      if (best == nullptr || sum.samples > best->samples) best = &sum;
    if (best == nullptr) return std::nullopt;
    const heap::AllocationStack& row = snapshot_.allocation_stacks[best->stack.row];
    site.here = best->samples;
    site.place = names_.frame(*heap::first_user_frame(snapshot_, row.first_frame, row.frame_count));
    for (std::uint32_t f = row.first_frame; f < row.first_frame + row.frame_count; ++f) {
      const heap::Frame& frame = snapshot_.frames[f];
      site.stack.push_back(
          {std::string(snapshot_.strings[frame.function]), std::string(snapshot_.strings[frame.file]), frame.line});
    }
    return site;
  }

 private:
  const Names& names_;
  const heap::Snapshot& snapshot_;
  std::map<AllocationStackId, std::uint64_t> by_stack_;
};

}  // namespace

HolderOf::HolderOf(const heap::Snapshot& snapshot, const graph::Dominators& dominators, std::span<const Found> found)
    : snapshot_(snapshot), dominators_(dominators) {
  for (std::uint32_t row = 0; row < found.size(); ++row) add(found[row], row);
}

void HolderOf::add(const Found& found, std::uint32_t row) {
  const std::size_t last = found.scattered ? found.levels.size() - 1 : found.entry;
  std::uint32_t at = 0;
  for (std::size_t l = 0; l <= last; ++l) {
    const Level& level = found.levels[l];
    const graph::NodeId alone = level.alone ? level.first : graph::NodeId();
    const std::vector<std::uint32_t>& below = level_nodes_[at].below;
    const auto known = std::find_if(below.begin(), below.end(), [&](std::uint32_t child) {
      return level_nodes_[child].sort == level.sort && level_nodes_[child].alone == alone;
    });
    if (known != below.end()) {
      at = *known;
      continue;
    }
    const auto next = static_cast<std::uint32_t>(level_nodes_.size());
    level_nodes_[at].below.push_back(next);
    level_nodes_.push_back({level.sort, alone, kNobody, {}});
    at = next;
  }
  level_nodes_[at].found = row;
}

HolderOf::State HolderOf::step(State above, graph::NodeId node) const {
  if (above.level == kOutside) return above;
  const Sort sort = sort_of(snapshot_, dominators_, node);
  // Nodes of one sort that follow one another are one level. A node that leads on to another thing that was found is
  // not one of the many small ones of this level.
  if (above.level != 0 && level_nodes_[above.level].sort == sort) return above;
  for (const std::uint32_t child : level_nodes_[above.level].below) {
    if (level_nodes_[child].sort != sort || (level_nodes_[child].alone && level_nodes_[child].alone != node)) continue;
    return {child, level_nodes_[child].found};
  }
  return {kOutside, above.found};
}

std::uint32_t HolderOf::of(ObjectId object) {
  if (!dominators_.reachable(object)) return kNobody;
  way_.clear();
  State state;
  for (graph::NodeId node = object; node && node != graph::NodeId::super_root(); node = dominators_.idom(node)) {
    const auto known = known_.find(key_of(node));
    if (known != known_.end()) {
      state = known->second;
      break;
    }
    way_.push_back(node);
  }
  for (std::size_t i = way_.size(); i-- > 0;) {
    state = step(state, way_[i]);
    if (i % kKnownEvery == kKnownEvery - 1) known_.emplace(key_of(way_[i]), state);
  }
  return state.found;
}

std::vector<std::optional<AllocationSite>> allocation_sites(const Names& names, const graph::Dominators& dominators,
                                                            std::span<const Found> found) {
  const std::vector<heap::SampledObject>& samples = names.snapshot().sampled;
  HolderOf holder(names.snapshot(), dominators, found);
  std::vector<Tally> tallies(found.size(), Tally(names));
  const std::size_t step = samples.size() / kMostSamples + 1;
  for (std::size_t i = 0; i < samples.size(); i += step) {
    const std::uint32_t row = holder.of(samples[i].object);
    if (row != HolderOf::kNobody) tallies[row].add(samples[i].stack);
  }
  std::vector<std::optional<AllocationSite>> sites;
  sites.reserve(tallies.size());
  for (const Tally& tally : tallies) sites.push_back(tally.most());
  return sites;
}

}  // namespace holdfast::view
