// What calls what in profiles, their labels, and their samples one by one. Each throws as the profile's reader does,
// and with kUsage if there is no such sample type or an expression is none.
#pragma once

#include <cstdint>
#include <string>

#include "view/profile_table.h"
#include "view/profile_words.h"
#include "view/table.h"

namespace holdfast::view {

// Each place with who calls it and what it calls. `expression` picks places by what they are called, empty for all.
TableShape profile_tree_shape();
Table profile_tree_table(const Profiles& profiles, const ProfileQuestion& question, const std::string& expression);

// Labels of samples: what those with each value of each key have.
TableShape profile_tags_shape();
Table profile_tags_table(const Profiles& profiles, const ProfileQuestion& question);

// The samples as they are in the file, with their stacks; of one profile or several, one after the other.
TableShape profile_raw_shape();
Table profile_raw_table(const Profiles& profiles, const ProfileQuestion& question);

}  // namespace holdfast::view
