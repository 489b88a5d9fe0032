// What changed at each place between profiles of one program, and how much of it may be chance (profile/change.h). Each
// throws as the profile's reader does, and with kUsage if there is no such sample type.
#pragma once

#include <cstdint>
#include <string>

#include "view/profile_table.h"
#include "view/profile_words.h"
#include "view/table.h"

namespace holdfast::view {

// Between the first profile and the last; of more than two, the steps stand below each row. There must be two at least.
TableShape profile_diff_shape();
Table profile_diff_table(const Profiles& profiles, const ProfileQuestion& question);

// Of three profiles or more, in the order of their times: what rises at every step, how fast, what has only warmed up,
// and of what the samples are too few to say. The later half is set against the earlier one: what goes on leaking grows
// in both. Fails with kUsage if they are fewer, or two were taken at the same time.
TableShape profile_ladder_shape();
Table profile_ladder_table(const Profiles& profiles, const ProfileQuestion& question);

}  // namespace holdfast::view
