// What the samples of profiles add up to at each place, as `go tool pprof -top` counts: flat is what samples have whose
// innermost call is there, cumulative what samples have that pass through there, each sample once however often it
// does.
//
// A heap profile has a sample of about every period() bytes that are allocated, and was scaled up by whoever wrote it:
// its numbers are estimates. How many samples one rests on, and between which bounds the truth lies, is said beside it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "heap/sample_estimate.h"
#include "profile/filtered_profile.h"
#include "profile/profile.h"
#include "profile/sites.h"

namespace holdfast::profile {

// Of the estimate of one sum.
struct Estimate {
  std::uint64_t samples = 0;          // how many were taken, as far as the scaled numbers tell
  std::uint64_t least = 0, most = 0;  // the truth lies between these with 95 % (heap/sample_estimate.h)
};

// What the sampled objects of one size were at a site: of sample types that count objects, by type.
struct Tally {
  std::uint32_t site = 0;
  std::uint64_t bytes = 0;              // of one object
  std::uint64_t period = 0;             // of the profile
  std::vector<std::uint64_t> recorded;  // by sample type; 0 for those that count something else
};

// Of which column the number of objects stands in for a sample type: inuse_objects for inuse_space.
std::optional<std::size_t> objects_of(std::span<const SampleType> types, std::size_t type);

// Rows are sites, columns the profiles' sample types.
class Sums {
 public:
  std::span<const Site> sites() const { return *sites_; }
  std::int64_t flat(std::size_t site, std::size_t type) const { return value(flat_, site, type); }
  std::int64_t cumulative(std::size_t site, std::size_t type) const { return value(cumulative_, site, type); }
  // Of all samples, also those that a filter leaves out; of a profile with negative values, the sum of their
  // magnitudes.
  std::int64_t total(std::size_t type) const { return totals_[type]; }
  std::uint64_t samples() const { return samples_; }  // how many passed
  std::uint64_t period() const { return period_; }
  bool has_negative() const { return has_negative_; }
  // Of flat(site, type); only if is_sampled().
  Estimate estimate(std::size_t site, std::size_t type) const;
  // Whether objects were sampled by their bytes, one of as many in all profiles, and none is taken away again. With a
  // period of 1 byte nothing is left out.
  bool is_sampled() const { return is_sampled_ && !has_negative_; }
  // In the order of sites; empty unless objects were sampled by their bytes.
  std::span<const Tally> tallies(std::size_t site) const;

 private:
  friend class Adder;
  friend Sums sum_up(std::span<const FilteredProfile> profiles, By by);
  friend std::vector<Sums> sum_up_apart(std::span<const FilteredProfile> profiles, By by);
  std::int64_t value(const std::vector<std::int64_t>& sums, std::size_t site, std::size_t type) const {
    const std::size_t at = site * types_ + type;
    return at < sums.size() ? sums[at] : 0;  // sites that only a later profile has
  }

  std::size_t types_ = 0;
  std::shared_ptr<const std::vector<Site>> sites_;
  std::vector<std::int64_t> flat_, cumulative_, totals_;
  std::uint64_t samples_ = 0, period_ = 0;
  bool has_negative_ = false, is_sampled_ = false;
  std::vector<Tally> tallies_;                       // by site, then as they came
  std::vector<std::optional<std::size_t>> objects_;  // by type
};

// Adds up all samples of all profiles, one thread. They must have the same sample types, else it fails with kUsage, and
// they must outlive the result. Fails as for_each_sample does.
Sums sum_up(std::span<const FilteredProfile> profiles, By by);
// Does the same of one, without a filter.
Sums sum_up(const Profile& profile, By by);
// Does the same for each alone; sites are the same rows in each.
std::vector<Sums> sum_up_apart(std::span<const FilteredProfile> profiles, By by);

}  // namespace holdfast::profile
