// The Go processes of this machine at a glance, none of them stopped: `holdfast ps`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/process.h"

namespace holdfast::capture {

// A Go runtime in a process: one of another language can have several.
struct GoProcess {
  os::ProcessStatus status;  // with pid, name and rss
  std::string image;         // file with the Go code: the program, or a library within a program of another language
  std::string go_version;    // "go1.26.8"; empty if nothing in the file says it
  bool stripped = false;     // no symbol table
  std::string container;     // short id or name of its container; empty outside of any
  // From the runtime's own counters while it runs, so each is of a moment of its own. None: see `trouble`.
  std::optional<std::uint64_t> heap_bytes;  // MemStats.HeapAlloc
  std::optional<std::uint64_t> goroutines;  // that have not ended, the runtime's own included
  std::string trouble;                      // why the counters could not be read; empty if they were
};

// A process that we may not look into: nothing tells whether it is a Go process.
struct ClosedProcess {
  os::ProcessStatus status;
  std::string reason;
};

struct ProcessList {
  std::vector<GoProcess> go;  // both ascending by pid; of one process the runtime with the largest heap first
  std::vector<ClosedProcess> closed;
};

// Kernel threads, zombies and processes that end meanwhile are left out. Every file is looked at once, however many
// processes have it mapped. Throws Cancelled, and nothing else.
ProcessList list_go_processes();

// Whether the process has Go code, as its files tell. A process that we may not look into may have some; one that has
// ended has none.
bool may_be_go(const os::ProcessStatus& status);

// From the text of /proc/PID/cgroup: the first 12 digits of the id that container engines name a control group by, or
// the name of an LXC container. Empty if there is none.
std::string container_name(std::string_view cgroups);

}  // namespace holdfast::capture
