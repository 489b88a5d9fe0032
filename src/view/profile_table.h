// The places of profiles as tables: where memory was allocated and what of it lives, what calls what, and what the
// source says there. Each throws as the profile's reader does, and with kUsage if there is no such sample type.
#pragma once

#include <cstdint>
#include <string>

#include "view/profile_words.h"
#include "view/table.h"

namespace holdfast::view {

// Which numbers are asked for: sites of what, and of which sample type; empty for the one that the profile means.
struct ProfileQuestion {
  profile::By by = profile::By::kFunction;
  std::string type = {};
};

// Flat and cumulative sums of each place, those of several profiles added up.
TableShape profile_shape();
Table profile_table(const Profiles& profiles, const ProfileQuestion& question);

// Of a heap profile each place with what it allocated, what of that is freed, what is in use and which share that is,
// in bytes and in objects. Fails with kUsage of other profiles.
TableShape survival_shape();
Table survival_table(const Profiles& profiles, const ProfileQuestion& question);

}  // namespace holdfast::view
