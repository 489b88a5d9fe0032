// The control groups of a process: what limits its memory, and whether a freezer holds it. Versions 1 and 2 and the mix
// of both (cgroups(7)).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::os {

struct MemoryCgroup {
  std::string path;         // of the group that limits, or of the process's own if none does; empty if we cannot see it
  std::uint64_t limit = 0;  // bytes; the tightest of the group and its ancestors; 0 = none
  std::uint64_t usage = 0;  // bytes charged to the group `path`
};

// Never fails: what cannot be seen is 0.
MemoryCgroup read_memory_cgroup(pid_t pid);
// The version 1 freezer group that holds it, if any: its threads reach no ptrace stop until somebody thaws it. (The
// version 2 freezer does not stand in the way.)
std::optional<std::string> frozen_by_cgroup(pid_t pid);

// Where a controller keeps the files of one group.
struct CgroupPlace {
  int version = 0;
  std::string mount;  // directory where the hierarchy, or the part of it that we see, is mounted
  std::string group;  // below `mount`: "" or "/a/b"
};

// From the texts of /proc/PID/cgroup and /proc/self/mountinfo. None if the group lies outside of what we see.
std::optional<CgroupPlace> find_cgroup(std::string_view controller, std::string_view cgroups,
                                       std::string_view mountinfo);
MemoryCgroup read_memory_cgroup(const CgroupPlace& place);

}  // namespace holdfast::os
