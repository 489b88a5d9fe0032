// Tables of the places in a profile (profile/sums.h): what their samples add up to; and of a heap profile, side by
// side, what was allocated there, how much of it is freed and how much lives. Heap profiles are samples: what a number
// rests on, and between which bounds the truth lies, stands beside it.
#pragma once

#include <memory>
#include <string>

#include "profile/profile.h"
#include "profile/sums.h"
#include "view/table.h"

namespace holdfast::view {

TableShape profile_shape();
// `type`: the sample type that counts, by its name or, as pprof has it, by the end of it ("space" for "inuse_space");
// empty for the profile's own choice. Fails with kUsage if there is none of that name or several. Reads the profile
// once; the table keeps it.
Table profile_table(std::shared_ptr<const profile::Profile> profile, profile::By by, const std::string& type);

}  // namespace holdfast::view
