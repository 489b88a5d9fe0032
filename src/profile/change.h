// What changed at a place between two profiles of one program, and how much of it may be chance.
//
// Counters of allocations only rise, and both profiles have the same past: only what was recorded in between is
// uncertain. What is in use has lost some objects and got others. A profile says of neither how many: so many were
// recorded as allocated in between, at most all of these are new, and what else there is went the other way. If one of
// the counters fell, or one of the two took more samples, they are not of one run, and each is as uncertain as alone.
//
// The bounds of a difference are made of those of its two sides (Zou and Donner, Construction of confidence intervals
// about the difference of two parameters, Statistics in Medicine 27, 2008), which are heap/sample_estimate.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "profile/sums.h"

namespace holdfast::profile {

struct Change {
  std::int64_t value = 0;
  // With 95 % the truth lies between these; none unless the profiles are sampled ones.
  std::optional<std::int64_t> least, most;
  std::uint64_t samples = 0;  // how many came or went, as far as can be told

  // Whether it may as well be that nothing has changed.
  bool is_noise() const { return least && *least <= 0 && *most >= 0; }
};

class Changes {
 public:
  // Both are of sum_up_apart and must outlive this.
  Changes(const Sums& before, const Sums& after, std::span<const SampleType> types);

  // Of the flat sum of a site.
  Change of(std::size_t site, std::size_t type) const;
  // Whether no counter of allocations fell, and both took as many samples.
  bool is_one_run() const { return is_one_run_; }

 private:
  struct Flow {
    std::uint64_t came = 0, went = 0;
  };
  Flow flow(std::uint64_t before, std::uint64_t after, std::uint64_t allocated, bool is_counter) const;

  const Sums& before_;
  const Sums& after_;
  std::vector<std::optional<std::size_t>> objects_;    // by type
  std::vector<std::optional<std::size_t>> allocated_;  // by type: which counts the allocations of its objects
  bool is_one_run_ = true;
};

}  // namespace holdfast::profile
