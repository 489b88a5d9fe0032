// How much memory we can still take before somebody is killed for it. In a container that is the target as likely as
// we: the kernel ends the largest process of the group whose limit is reached.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/cgroup.h"

namespace holdfast::os {

struct MemoryRoom {
  std::uint64_t bytes = 0;
  std::string group;  // path of the control group that has only so much left; empty: the machine has
};

// The least room of the machine (MemAvailable) and of the control groups that we are in, up to the topmost one that we
// see. None if nothing of it can be read. Swap space does not count.
std::optional<MemoryRoom> memory_room();

// Does the same with the text of /proc/meminfo and the place of our memory group, if there is one.
std::optional<MemoryRoom> memory_room(std::string_view meminfo, const std::optional<CgroupPlace>& place);

// Makes us what the kernel ends first when memory runs out, before the target. Does nothing where that is refused.
void offer_to_be_killed_first();

}  // namespace holdfast::os
