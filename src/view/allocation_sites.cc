#include "view/allocation_sites.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "heap/plumbing.h"
#include "view/holder_of.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kMostSamples = 1 << 16;

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
      const heap::Frame* const frame = heap::first_own_frame(snapshot_, row.first_frame, row.frame_count);
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
    site.place = names_.frame(*heap::first_own_frame(snapshot_, row.first_frame, row.frame_count));
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

std::vector<std::optional<AllocationSite>> allocation_sites(const Names& names, const graph::Dominators& dominators,
                                                            const Owners& owners, std::span<const Found> found) {
  const std::vector<heap::SampledObject>& samples = names.snapshot().sampled;
  HolderOf holder(names, dominators, owners, found);
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
