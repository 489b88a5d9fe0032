// What a profile itself wants left out of its stacks: functions that allocate or take samples, and all that they call
// (drop_frames and keep_frames of profile.proto; Prune in profile/prune.go of google/pprof). Go asks for nothing of the
// kind, gperftools does. Several threads may ask.
#pragma once

#include <optional>
#include <string_view>

#include "profile/pattern.h"

namespace holdfast::profile {

class DropFrames {
 public:
  // Both are regular expressions of whole names; `keep` may be empty. Fails with kDamaged if they are none.
  DropFrames(std::string_view drop, std::string_view keep);

  bool drops(std::string_view function) const;

 private:
  Pattern drop_;
  std::optional<Pattern> keep_;
};

}  // namespace holdfast::profile
