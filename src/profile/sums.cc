#include "profile/sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/error.h"
#include "base/hash.h"
#include "profile/bounded_sum.h"

namespace holdfast::profile {
namespace {

std::int64_t magnitude(std::int64_t value) {
  return value < 0 ? -std::max(value, -std::numeric_limits<std::int64_t>::max()) : value;
}

bool samples_objects(const Profile& profile) {
  const SampleType& period = profile.period_type();
  return period.type == "space" && period.unit == "bytes" && profile.period() > 1;
}

void check_types(const Profile& first, const Profile& other) {
  const auto names = [](const Profile& profile) {
    std::string out;
    for (const SampleType& type : profile.sample_types())
      out += fmt::format("{}{}/{}", out.empty() ? "" : ", ", type.type, type.unit);
    return out;
  };
  if (const std::string a = names(first), b = names(other); a != b)
    fail(ErrorCode::kUsage, "{} counts {}, and {} counts {}: they are no profiles of one kind", first.name(), a,
         other.name(), b);
}

}  // namespace

std::optional<std::size_t> objects_of(std::span<const SampleType> types, std::size_t type) {
  constexpr std::string_view kSpace = "space", kObjects = "objects";
  const std::string_view name = types[type].type;
  if (name.ends_with(kObjects)) return type;
  if (!name.ends_with(kSpace)) return std::nullopt;
  const std::string_view stem = name.substr(0, name.size() - kSpace.size());
  for (std::size_t i = 0; i < types.size(); ++i)
    if (types[i].type.starts_with(stem) && types[i].type.substr(stem.size()) == kObjects) return i;
  return std::nullopt;
}

// Goes through the samples of each profile once. Which sites a location has is found before.
class Adder {
 public:
  explicit Adder(Sums& sums) : sums_(sums) {}

  void add(const FilteredProfile& profile, SiteIndex& index) {
    of_locations_ = index.add(profile);
    const std::span<const SampleType> types = profile.profile().sample_types();
    sums_.types_ = types.size();
    sums_.flat_.resize(index.sites().size() * sums_.types_);
    sums_.cumulative_.resize(sums_.flat_.size());
    sums_.totals_.resize(sums_.types_);
    seen_in_.resize(index.sites().size());
    sums_.objects_.clear();
    for (std::size_t type = 0; type < types.size(); ++type) sums_.objects_.push_back(objects_of(types, type));
    const auto period = static_cast<std::uint64_t>(std::max<std::int64_t>(profile.profile().period(), 0));
    sums_.is_sampled_ = samples_objects(profile.profile()) && (sums_.period_ == 0 || period == sums_.period_);
    sums_.period_ = period;
    profile.for_each_sample([this](const Sample& sample) { add(sample); },
                            [this](const Sample& sample) { add_to_totals(sample); });
  }

  void finish() { std::ranges::stable_sort(sums_.tallies_, {}, &Tally::site); }

 private:
  struct TallyKey {
    std::uint64_t site = 0, bytes = 0, period = 0;
    bool operator==(const TallyKey&) const = default;
  };
  struct HashTally {
    std::size_t operator()(const TallyKey& key) const {
      return mixed(mixed(mixed(1, key.site), key.bytes), key.period);
    }
  };
  struct TallyPlace {
    std::size_t row = 0;
    double chance = 0;  // that such an object is recorded
  };

  void add_to_totals(const Sample& sample) {
    for (std::size_t type = 0; type < sums_.types_; ++type) {
      sums_.totals_[type] = bounded_sum(sums_.totals_[type], magnitude(sample.values[type]));
      sums_.has_negative_ = sums_.has_negative_ || sample.values[type] < 0;
    }
  }

  void add(const Sample& sample) {
    ++number_;
    ++sums_.samples_;
    add_to_totals(sample);
    for (const std::uint32_t location : sample.locations)
      for (const std::uint32_t site : of_locations_.of(location)) {
        if (seen_in_[site] == number_) continue;
        seen_in_[site] = number_;
        add_to(sums_.cumulative_, site, sample);
      }
    if (sample.locations.empty()) return;
    const std::uint32_t leaf = of_locations_.of(sample.locations.front()).front();
    add_to(sums_.flat_, leaf, sample);
    if (sums_.is_sampled_) note_sampling(leaf, sample);
  }

  void add_to(std::vector<std::int64_t>& sums, std::uint32_t site, const Sample& sample) const {
    for (std::size_t type = 0; type < sums_.types_; ++type) {
      std::int64_t& sum = sums[site * sums_.types_ + type];
      sum = bounded_sum(sum, sample.values[type]);
    }
  }

  // What was written is n / p for n recorded objects.
  void note_sampling(std::uint32_t site, const Sample& sample) {
    constexpr double kMost = 1e18;
    const TallyPlace& place = place_of({site, size_of_objects(sample), sums_.period_});
    if (place.chance <= 0) return;
    Tally& tally = sums_.tallies_[place.row];
    for (std::size_t type = 0; type < sums_.types_; ++type) {
      if (sums_.objects_[type] != type || sample.values[type] == 0) continue;
      const double recorded = std::abs(static_cast<double>(sample.values[type])) * place.chance;
      tally.recorded[type] += static_cast<std::uint64_t>(std::clamp(std::round(recorded), 1.0, kMost));
      tally.recorded[type] = std::min(tally.recorded[type], static_cast<std::uint64_t>(kMost));
    }
  }

  const TallyPlace& place_of(const TallyKey& key) {
    const auto [at, is_new] = tally_rows_.try_emplace(key);
    if (is_new) {
      at->second = {sums_.tallies_.size(), heap::sampling_probability(key.bytes, key.period)};
      sums_.tallies_.push_back(
          {static_cast<std::uint32_t>(key.site), key.bytes, key.period, std::vector<std::uint64_t>(sums_.types_)});
    }
    return at->second;
  }

  // The size class that Go says, or else the mean of what was recorded.
  std::uint64_t size_of_objects(const Sample& sample) const {
    if (const std::int64_t bytes = sample.number("bytes"); bytes > 0) return static_cast<std::uint64_t>(bytes);
    for (std::size_t type = 0; type < sums_.types_; ++type) {
      const auto& objects = sums_.objects_[type];
      if (!objects || *objects == type || sample.values[*objects] == 0) continue;
      return static_cast<std::uint64_t>(magnitude(sample.values[type]) / magnitude(sample.values[*objects]));
    }
    return 0;
  }

  Sums& sums_;
  SitesOfLocations of_locations_;
  std::vector<std::uint64_t> seen_in_;  // by site: the number of the last sample there
  std::uint64_t number_ = 0;
  std::unordered_map<TallyKey, TallyPlace, HashTally> tally_rows_;
};

std::span<const Tally> Sums::tallies(std::size_t site) const {
  const auto [begin, end] = std::ranges::equal_range(tallies_, static_cast<std::uint32_t>(site), {}, &Tally::site);
  return {begin, end};
}

Estimate Sums::estimate(std::size_t site, std::size_t type) const {
  const std::optional<std::size_t>& objects = objects_[type];
  const std::span<const Tally> tallies_of = tallies(site);
  if (!objects || tallies_of.empty()) return {};
  heap::SampleEstimate estimate(tallies_of.front().period);
  for (const Tally& tally : tallies_of)
    if (tally.recorded[*objects] > 0) estimate.add(tally.bytes, tally.recorded[*objects]);
  const heap::EstimatedNumber number = *objects == type ? estimate.objects() : estimate.bytes();
  return {estimate.samples(), number.least, number.most};
}

Sums sum_up(std::span<const FilteredProfile> profiles, By by) {
  Sums sums;
  SiteIndex index(by);
  Adder adder(sums);
  for (const FilteredProfile& profile : profiles) {
    check_types(profiles.front().profile(), profile.profile());
    adder.add(profile, index);
  }
  adder.finish();
  sums.sites_ = std::make_shared<const std::vector<Site>>(index.take());
  return sums;
}

Sums sum_up(const Profile& profile, By by) {
  const std::vector<FilteredProfile> one(
      1, FilteredProfile(std::shared_ptr<const Profile>(std::shared_ptr<void>(), &profile)));
  return sum_up(one, by);
}

std::vector<Sums> sum_up_apart(std::span<const FilteredProfile> profiles, By by) {
  std::vector<Sums> all;
  SiteIndex index(by);
  for (const FilteredProfile& profile : profiles) {
    check_types(profiles.front().profile(), profile.profile());
    Adder adder(all.emplace_back());
    adder.add(profile, index);
    adder.finish();
  }
  const auto sites = std::make_shared<const std::vector<Site>>(index.take());
  for (Sums& sums : all) sums.sites_ = sites;
  return all;
}

}  // namespace holdfast::profile
