// Puts profiles from elsewhere beside what is known of each line.
#pragma once

#include "evidence/line_verdicts.h"
#include "profile/profile.h"
#include "view/groundwork.h"

namespace holdfast::evidence {

// Fills `elsewhere` of the lines, and appends those that only the profile has. To be called for each of several in the
// order of time; `name` is what the profile is called. Fails with kUnsupported if it is no heap profile, and as
// Profile::for_each_sample does.
void put_beside(const profile::Profile& profile, const std::string& name, const view::Groundwork& groundwork,
                LineVerdicts& verdicts);

}  // namespace holdfast::evidence
