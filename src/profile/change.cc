#include "profile/change.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "profile/bounded_sum.h"

namespace holdfast::profile {
namespace {

// What was recorded of one size at a site: by sample type, in the earlier and in the later profile.
struct Pair {
  const Tally* before = nullptr;
  const Tally* after = nullptr;

  static std::uint64_t recorded(const Tally* tally, std::size_t type) {
    return tally == nullptr ? 0 : tally->recorded[type];
  }
};

std::map<std::uint64_t, Pair> pairs(std::span<const Tally> before, std::span<const Tally> after) {
  std::map<std::uint64_t, Pair> out;
  for (const Tally& tally : before) out[tally.bytes].before = &tally;
  for (const Tally& tally : after) out[tally.bytes].after = &tally;
  return out;
}

std::optional<std::size_t> type_named(std::span<const SampleType> types, std::string_view name) {
  for (std::size_t i = 0; i < types.size(); ++i)
    if (types[i].type == name) return i;
  return std::nullopt;
}

std::int64_t whole(double value) {
  constexpr double kMost = 9e18;
  return static_cast<std::int64_t>(std::clamp(value, -kMost, kMost));
}

}  // namespace

Changes::Changes(const Sums& before, const Sums& after, std::span<const SampleType> types)
    : before_(before), after_(after) {
  const auto counter = type_named(types, "alloc_objects");
  for (std::size_t type = 0; type < types.size(); ++type) {
    objects_.push_back(objects_of(types, type));
    allocated_.push_back(objects_.back() ? counter : std::nullopt);
  }
  is_one_run_ = before.period() == after.period();
  if (!counter) return;
  // Numbers are rounded when they are written, so one is too little to say that a counter fell.
  for (std::size_t site = 0; site < after.sites().size() && is_one_run_; ++site)
    is_one_run_ = bounded_difference(before.flat(site, *counter), after.flat(site, *counter)) <= 1;
}

Changes::Flow Changes::flow(std::uint64_t before, std::uint64_t after, std::uint64_t allocated, bool is_counter) const {
  if (!is_one_run_) return {after, before};
  if (is_counter) return {after - std::min(after, before), 0};
  const std::uint64_t came = std::max(std::min(allocated, after), after - std::min(after, before));
  return {came, before + came - after};
}

Change Changes::of(std::size_t site, std::size_t type) const {
  Change change{
      .value = bounded_difference(after_.flat(site, type), before_.flat(site, type)), .least = {}, .most = {}};
  if (!before_.is_sampled() || !after_.is_sampled() || !objects_[type]) return change;
  const std::size_t objects = *objects_[type];
  const std::span<const Tally> before = before_.tallies(site), after = after_.tallies(site);
  if (before.empty() && after.empty()) return change;
  const auto period_of = [&](std::span<const Tally> one, std::span<const Tally> other) {
    return !one.empty() ? one.front().period : !other.empty() ? other.front().period : 1;
  };
  heap::SampleEstimate came(period_of(after, before)), went(period_of(before, after));
  const bool is_counter = allocated_[type] == objects;
  for (const auto& [bytes, pair] : pairs(before, after)) {
    const std::uint64_t counted = allocated_[type] ? Pair::recorded(pair.after, *allocated_[type]) -
                                                         std::min(Pair::recorded(pair.after, *allocated_[type]),
                                                                  Pair::recorded(pair.before, *allocated_[type]))
                                                   : Pair::recorded(pair.after, objects);
    const Flow flow_of =
        flow(Pair::recorded(pair.before, objects), Pair::recorded(pair.after, objects), counted, is_counter);
    if (flow_of.came > 0) came.add(bytes, flow_of.came);
    if (flow_of.went > 0) went.add(bytes, flow_of.went);
  }
  change.samples = came.samples() + went.samples();
  const bool counts_objects = objects == type;
  const heap::EstimatedNumber up = counts_objects ? came.objects() : came.bytes();
  const heap::EstimatedNumber down = counts_objects ? went.objects() : went.bytes();
  const auto distance = [](std::uint64_t a, std::uint64_t b) {
    return static_cast<double>(a) - static_cast<double>(b);
  };
  // Nothing went if only a counter is looked at: then its own bounds stand.
  const bool only_rises = is_counter && is_one_run_;
  const double below = std::hypot(distance(up.value, up.least), only_rises ? 0 : distance(down.most, down.value));
  const double above = std::hypot(distance(up.most, up.value), only_rises ? 0 : distance(down.value, down.least));
  const auto value = static_cast<double>(change.value);
  change.least = whole(value - below);
  change.most = whole(value + above);
  return change;
}

}  // namespace holdfast::profile
