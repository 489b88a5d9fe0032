#include "profile/sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

#include "base/hash.h"

namespace holdfast::profile {
namespace {

// Of which column the number of objects stands in for a sample type: inuse_objects for inuse_space, objects for space.
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

// Numbers that a program cannot have stay at the limit: nobody's sum turns round.
std::int64_t sum_of(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

std::int64_t magnitude(std::int64_t value) {
  return value < 0 ? -std::max(value, -std::numeric_limits<std::int64_t>::max()) : value;
}

}  // namespace

// Goes through the samples once. Which sites a location has is found before.
class Adder {
 public:
  Adder(const Profile& profile, By by) : profile_(profile), by_(by) {
    sums_.types_ = profile.sample_types().size();
    find_sites();
    sums_.flat_.resize(sums_.sites_.size() * sums_.types_);
    sums_.cumulative_.resize(sums_.flat_.size());
    sums_.totals_.resize(sums_.types_);
    seen_in_.resize(sums_.sites_.size());
    const SampleType& period = profile.period_type();
    if (period.type == "space" && period.unit == "bytes" && profile.period() > 1) {
      sums_.recorded_.resize(sums_.flat_.size(), heap::SampleEstimate(static_cast<std::uint64_t>(profile.period())));
      for (std::size_t type = 0; type < sums_.types_; ++type) {
        objects_.push_back(objects_of(profile.sample_types(), type));
        sums_.counts_objects_.push_back(objects_.back() == type);
      }
    }
  }

  Sums run() {
    profile_.for_each_sample([this](const Sample& sample) { add(sample); });
    return std::move(sums_);
  }

 private:
  struct SiteKey {
    std::uint32_t name = 0;  // of a function or a file
    std::int64_t line = 0;
    bool operator==(const SiteKey&) const = default;
  };
  struct HashSite {
    std::size_t operator()(const SiteKey& key) const {
      return mixed(mixed(1, key.name), static_cast<std::uint64_t>(key.line));
    }
  };

  // Functions of one name are one site, whatever their number: a profile that was merged from several has them twice.
  void find_sites() {
    std::unordered_map<std::string_view, std::uint32_t> names;
    for (const Function& function : profile_.functions()) {
      const std::string_view name = by_ == By::kFile ? function.file : function.name;
      name_of_function_.push_back(names.try_emplace(name, static_cast<std::uint32_t>(names.size())).first->second);
    }
    for (const Location& location : profile_.locations()) {
      first_site_.push_back(static_cast<std::uint32_t>(sites_of_.size()));
      for (const Line& line : profile_.lines(location)) sites_of_.push_back(site_of(line));
      if (location.lines == 0) sites_of_.push_back(unnamed(location));
    }
    first_site_.push_back(static_cast<std::uint32_t>(sites_of_.size()));
  }

  std::uint32_t site_of(const Line& line) {
    const Function& function = profile_.functions()[line.function];
    const SiteKey key{name_of_function_[line.function], by_ == By::kLine ? line.line : 0};
    const auto [at, is_new] = rows_.try_emplace(key, static_cast<std::uint32_t>(sums_.sites_.size()));
    if (is_new)
      sums_.sites_.push_back({by_ == By::kFile ? "" : std::string(function.name),
                              by_ == By::kFunction ? std::string_view() : function.file, key.line});
    return at->second;
  }

  std::uint32_t unnamed(const Location& location) {
    const auto [at, is_new] = unnamed_.try_emplace(location.address, static_cast<std::uint32_t>(sums_.sites_.size()));
    if (is_new) sums_.sites_.push_back({fmt::format("{:#x}", location.address), {}, 0});
    return at->second;
  }

  void add(const Sample& sample) {
    ++number_;
    for (std::size_t type = 0; type < sums_.types_; ++type)
      sums_.totals_[type] = sum_of(sums_.totals_[type], magnitude(sample.values[type]));
    for (const std::uint32_t location : sample.locations)
      for (std::uint32_t i = first_site_[location]; i < first_site_[location + 1]; ++i) {
        const std::uint32_t site = sites_of_[i];
        if (seen_in_[site] == number_) continue;
        seen_in_[site] = number_;
        add_to(sums_.cumulative_, site, sample);
      }
    if (sample.locations.empty()) return;
    const std::uint32_t leaf = sites_of_[first_site_[sample.locations.front()]];
    add_to(sums_.flat_, leaf, sample);
    if (!objects_.empty()) note_sampling(leaf, sample);
  }

  void add_to(std::vector<std::int64_t>& sums, std::uint32_t site, const Sample& sample) const {
    for (std::size_t type = 0; type < sums_.types_; ++type) {
      std::int64_t& sum = sums[site * sums_.types_ + type];
      sum = sum_of(sum, sample.values[type]);
    }
  }

  // What was written is n / p for n recorded objects.
  void note_sampling(std::uint32_t site, const Sample& sample) {
    constexpr double kMost = 1e18;
    const std::uint64_t bytes = size_of_objects(sample);
    const double chance = heap::sampling_probability(bytes, static_cast<std::uint64_t>(profile_.period()));
    for (std::size_t type = 0; type < sums_.types_; ++type) {
      if (!objects_[type] || sample.values[*objects_[type]] == 0 || chance <= 0) continue;
      const double recorded = std::abs(static_cast<double>(sample.values[*objects_[type]])) * chance;
      sums_.recorded_[site * sums_.types_ + type].add(
          bytes, static_cast<std::uint64_t>(std::clamp(std::round(recorded), 1.0, kMost)));
    }
  }

  // The size class that Go says, or else the mean of what was recorded.
  std::uint64_t size_of_objects(const Sample& sample) const {
    if (const std::int64_t bytes = sample.number("bytes"); bytes > 0) return static_cast<std::uint64_t>(bytes);
    for (std::size_t type = 0; type < sums_.types_; ++type) {
      if (!objects_[type] || *objects_[type] == type || sample.values[*objects_[type]] == 0) continue;
      return static_cast<std::uint64_t>(magnitude(sample.values[type]) / magnitude(sample.values[*objects_[type]]));
    }
    return 0;
  }

  const Profile& profile_;
  By by_;
  Sums sums_;
  std::vector<std::uint32_t> name_of_function_;
  std::unordered_map<SiteKey, std::uint32_t, HashSite> rows_;
  std::unordered_map<std::uint64_t, std::uint32_t> unnamed_;  // by address
  std::vector<std::uint32_t> first_site_, sites_of_;          // by location: the sites of its lines
  std::vector<std::uint64_t> seen_in_;                        // by site: the number of the last sample there
  std::uint64_t number_ = 0;
  std::vector<std::optional<std::size_t>> objects_;  // by sample type
};

Estimate Sums::estimate(std::size_t site, std::size_t type) const {
  const heap::SampleEstimate& recorded = recorded_[site * types_ + type];
  const heap::EstimatedNumber number = counts_objects_[type] ? recorded.objects() : recorded.bytes();
  return {recorded.samples(), number.least, number.most};
}

Sums sum_up(const Profile& profile, By by) {
  return Adder(profile, by).run();
}

}  // namespace holdfast::profile
