// The control groups of a process: what limits its memory, and whether a freezer holds it. Versions 1 and 2 are
// understood, and the mix of both (cgroups(7)). All functions can be called by several threads at once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::os {

struct MemoryCgroup {
  std::string path;               // of the group; empty if we cannot see it
  std::uint64_t limit = 0;        // bytes, of this group alone; 0 = none
  std::uint64_t usage = 0;        // bytes charged to the group `path`
  std::uint64_t reclaimable = 0;  // of these, pages of files that were not used lately
};

// The group with the tightest limit, of the process's own and those above it; its own if none has a limit. Never fails:
// what cannot be seen is 0.
MemoryCgroup read_memory_cgroup(pid_t pid);
// The path of the version 1 freezer group that holds the process, if one does: its threads reach no ptrace stop until
// somebody thaws it. (The version 2 freezer does not stand in the way.)
std::optional<std::string> frozen_by_cgroup(pid_t pid);

// Where a controller keeps the files of one group.
struct CgroupPlace {
  int version = 0;
  std::string mount;  // directory where the hierarchy, or the part of it that we see, is mounted
  std::string group;  // below `mount`: "" or "/a/b"
};

// Finds it in the texts of /proc/PID/cgroup and /proc/self/mountinfo. None if the group lies outside of what we see.
std::optional<CgroupPlace> find_cgroup(std::string_view controller, std::string_view cgroups,
                                       std::string_view mountinfo);
MemoryCgroup read_memory_cgroup(const CgroupPlace& place);
// The group and those above it, as far as we see them; each with its own limit.
std::vector<MemoryCgroup> memory_cgroups(const CgroupPlace& place);
std::optional<CgroupPlace> find_memory_cgroup(pid_t pid);

}  // namespace holdfast::os
