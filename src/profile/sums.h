// What the samples of a profile add up to at each place, as `go tool pprof -top` counts: flat is what samples have
// whose innermost call is there, cumulative what samples have that pass through there, each sample once however often
// it does.
//
// A heap profile has a sample of about every period() bytes that are allocated, and was scaled up by whoever wrote it:
// its numbers are estimates. How many samples one rests on, and between which bounds the truth lies, is said beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "heap/sample_estimate.h"
#include "profile/profile.h"

namespace holdfast::profile {

enum class By : std::uint8_t { kFunction, kLine, kFile };

struct Site {
  std::string function;   // empty by file; the address, where the profile has no name for it
  std::string_view file;  // empty by function
  std::int64_t line = 0;  // 0 unless by line
};

// Of the estimate of one sum.
struct Estimate {
  std::uint64_t samples = 0;          // how many were taken, as far as the scaled numbers tell
  std::uint64_t least = 0, most = 0;  // the truth lies between these with 95 % (heap/sample_estimate.h)
};

// Rows are sites, columns the profile's sample types.
class Sums {
 public:
  std::span<const Site> sites() const { return sites_; }
  std::int64_t flat(std::size_t site, std::size_t type) const { return flat_[site * types_ + type]; }
  std::int64_t cumulative(std::size_t site, std::size_t type) const { return cumulative_[site * types_ + type]; }
  // Of all samples; of a profile with negative values, the sum of their magnitudes.
  std::int64_t total(std::size_t type) const { return totals_[type]; }
  // Of flat(site, type), which is not negative; only if the profile is a sampled one: with a period
  // of 1 byte nothing is left out.
  Estimate estimate(std::size_t site, std::size_t type) const;
  bool is_sampled() const { return !recorded_.empty(); }

 private:
  friend class Adder;
  std::size_t types_ = 0;
  std::vector<Site> sites_;
  std::vector<std::int64_t> flat_, cumulative_, totals_;
  std::vector<heap::SampleEstimate> recorded_;  // of flat sums of sampled profiles, by site and type
  std::vector<bool> counts_objects_;            // by type
};

// Reads all samples, one thread. The profile must outlive the result. Fails as for_each_sample does.
Sums sum_up(const Profile& profile, By by);

}  // namespace holdfast::profile
