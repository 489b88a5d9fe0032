#include "view/allocation_sites.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "heap/plumbing.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kMostSamples = 1 << 16;

// A number of samples that is farther from the expected one than so many standard deviations, and so many more, is no
// chance: one heap in a thousand million has it.
constexpr double kNoChance = 6;

// A number from 0 to 1 that looks random and is the same in every run.
double draw(ObjectId object) {
  const std::uint64_t hash = hash_of(std::as_bytes(std::span(&object.row, 1)));
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

}  // namespace

// Counts the samples of one group by the place that allocated them.
class AllocationSamples::Tally {
 public:
  explicit Tally(std::optional<std::uint64_t> rate)
      : rate_(rate), all_(rate.value_or(1)), of_runtime_(rate.value_or(1)) {}

  void add(const Sample& sample, const heap::Frame* frame) {
    all_.add(sample.bytes);
    if (frame == nullptr) return of_runtime_.add(sample.bytes);
    SampledPlace& place =
        by_place_.try_emplace({frame->function, frame->file, frame->line}, rate_.value_or(1)).first->second;
    place.frame = frame;
    place.estimate.add(sample.bytes);
    ++place.by_stack[sample.stack];
  }

  AllocationSites all_places(const Names& names) const {
    AllocationSites sites;
    sites.sampled = all_.samples();
    sites.estimate = estimate_of(all_);
    sites.place_count = by_place_.size();
    for (const auto& [key, place] : by_place_)
      sites.places.push_back({names.frame(*place.frame), place.estimate.samples(), estimate_of(place.estimate), {}});
    if (of_runtime_.samples() > 0) sites.places.push_back({{}, of_runtime_.samples(), estimate_of(of_runtime_), {}});
    return sites;
  }

  AllocationSites sites(const Names& names) const {
    AllocationSites sites;
    sites.sampled = all_.samples();
    sites.estimate = estimate_of(all_);
    sites.place_count = by_place_.size();
    // Callers differ more than the place itself, so places are compared first, then the stacks of each.
    std::vector<const SampledPlace*> sorted;
    sorted.reserve(by_place_.size());
    for (const auto& [key, place] : by_place_) sorted.push_back(&place);
    std::stable_sort(sorted.begin(), sorted.end(), [](const SampledPlace* a, const SampledPlace* b) {
      return a->estimate.samples() > b->estimate.samples();
    });
    if (sorted.size() > AllocationSites::kMostPlaces) sorted.resize(AllocationSites::kMostPlaces);
    for (const SampledPlace* place : sorted)
      sites.places.push_back({names.frame(*place->frame), place->estimate.samples(), estimate_of(place->estimate),
                              stack_of(names, *place)});
    return sites;
  }

 private:
  struct SampledPlace {
    explicit SampledPlace(std::uint64_t rate) : estimate(rate) {}

    const heap::Frame* frame = nullptr;
    heap::SampleEstimate estimate;
    std::map<AllocationStackId, std::uint64_t> by_stack;
  };

  std::optional<AllocationEstimate> estimate_of(const heap::SampleEstimate& estimate) const {
    if (!rate_) return std::nullopt;
    return AllocationEstimate{estimate.objects(), estimate.bytes()};
  }

  static std::vector<CodePlace> stack_of(const Names& names, const SampledPlace& place) {
    const auto commonest = std::max_element(place.by_stack.begin(), place.by_stack.end(),
                                            [](const auto& a, const auto& b) { return a.second < b.second; });
    const heap::Snapshot& snapshot = names.snapshot();
    const heap::AllocationStack& row = snapshot.allocation_stacks[commonest->first.row];
    std::vector<CodePlace> stack;
    for (std::uint32_t f = row.first_frame; f < row.first_frame + row.frame_count; ++f)
      stack.push_back(names.frame(snapshot.frames[f]));
    return stack;
  }

  std::optional<std::uint64_t> rate_;
  heap::SampleEstimate all_;
  heap::SampleEstimate of_runtime_;  // allocated by plumbing alone
  std::map<std::tuple<StringId, StringId, std::uint32_t>, SampledPlace> by_place_;
};

AllocationSamples::AllocationSamples(const Names& names, const graph::ObjectSizes& sizes) : names_(names) {
  const heap::Snapshot& snapshot = names.snapshot();
  facts_ = {
      snapshot.profile.known, snapshot.profile.rate, snapshot.profile.switched_off, snapshot.sampled.size(), 0, false};
  if (facts_.rate) compare_with_rate(sizes);
  if (facts_.rate.value_or(0) > 0 && !facts_.rate_has_changed) rate_ = facts_.rate;
  choose(sizes);
  for (const heap::AllocationStack& stack : snapshot.allocation_stacks)
    own_frames_.push_back(heap::first_own_frame(snapshot, names.rules(), stack.first_frame, stack.frame_count));
}

void AllocationSamples::compare_with_rate(const graph::ObjectSizes& sizes) {
  double expected = 0, variance = 0;
  sizes.for_each_run(0, names_.snapshot().objects, [&](std::uint64_t first, std::uint64_t last, std::uint64_t size) {
    const double probability = heap::sampling_probability(size, *facts_.rate);
    expected += static_cast<double>(last - first) * probability;
    variance += static_cast<double>(last - first) * probability * (1 - probability);
  });
  facts_.expected = static_cast<std::uint64_t>(std::llround(expected));
  facts_.rate_has_changed =
      std::abs(static_cast<double>(facts_.sampled) - expected) > kNoChance * (std::sqrt(variance) + 1);
}

// An object that was sampled at the rate r would have been at the higher rate R with the probability p(R) / p(r). Large
// objects stay, and so does what is known exactly.
void AllocationSamples::choose(const graph::ObjectSizes& sizes) {
  const std::vector<heap::SampledObject>& all = names_.snapshot().sampled;
  const std::size_t step = all.size() / kMostSamples + 1;  // the higher rate is found on some of them
  const std::uint64_t taken_at = rate_.value_or(1);
  std::uint64_t rate = taken_at;
  const auto share = [&](std::uint64_t bytes) {
    return heap::sampling_probability(bytes, rate) / heap::sampling_probability(bytes, taken_at);
  };
  const auto would_be = [&] {
    double sum = 0;
    for (std::size_t i = 0; i < all.size(); i += step)
      sum += static_cast<double>(step) * share(sizes.size_of(all[i].object));
    return sum;
  };
  while (all.size() > kMostSamples && would_be() > kMostSamples) rate *= 2;
  for (const heap::SampledObject& sample : all) {
    const std::uint64_t bytes = sizes.size_of(sample.object);
    if (rate == taken_at || draw(sample.object) < share(bytes))
      samples_.push_back({sample.object, sample.stack, bytes});
  }
  if (rate_) rate_ = rate;
}

std::vector<std::optional<AllocationSites>> AllocationSamples::by_group(
    std::size_t groups, const std::function<std::uint32_t(ObjectId)>& group_of) const {
  std::unordered_map<std::uint32_t, Tally> tallies;
  for (const Sample& sample : samples_) {
    const std::uint32_t group = group_of(sample.object);
    if (group != kNoGroup) tallies.try_emplace(group, rate_).first->second.add(sample, own_frames_[sample.stack.row]);
  }
  std::vector<std::optional<AllocationSites>> sites(groups);
  if (rate_) std::fill(sites.begin(), sites.end(), Tally(rate_).sites(names_));
  for (const auto& [group, tally] : tallies) sites[group] = tally.sites(names_);
  return sites;
}

std::optional<AllocationSites> AllocationSamples::places(const std::function<bool(ObjectId)>& is_wanted) const {
  if (!rate_) return std::nullopt;
  Tally tally(rate_);
  for (const Sample& sample : samples_)
    if (is_wanted(sample.object)) tally.add(sample, own_frames_[sample.stack.row]);
  return tally.all_places(names_);
}

}  // namespace holdfast::view
