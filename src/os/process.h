// What /proc says about a process, without stopping or slowing it. Each answer is about one moment of something that
// moves: a process may be gone by the next call, which then fails with kNotFound or kTargetGone. All functions can be
// called by several threads at once. Source: proc(5).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace holdfast::os {

// The letters of /proc/PID/stat.
enum class ProcessState : char {
  kRunning = 'R',
  kSleeping = 'S',
  kUninterruptible = 'D',
  kStopped = 'T',  // by job control: SIGSTOP, SIGTSTP, ...
  kTraced = 't',   // held by a debugger
  kZombie = 'Z',
  kDead = 'X',
  kIdle = 'I',  // a kernel thread without work
};

struct ProcessStatus {
  pid_t pid = 0;
  pid_t parent = 0;
  std::string name;  // at most 15 bytes; the program may have set it
  std::string exe;   // path in its own mount namespace; empty if there is none or we may not see it
  std::vector<std::string> command_line;  // empty for zombies and kernel threads
  uid_t uid = 0;                          // effective
  // What the main thread does, or the first living one if that has ended before the others. kZombie: all have ended.
  ProcessState state = ProcessState::kRunning;
  std::uint32_t threads = 0;
  std::vector<pid_t> namespace_pids;  // its pid in each pid namespace from ours inward; the last is its own getpid()
  pid_t tracer = 0;                   // thread that traces it; 0 = none
  bool kernel_thread = false;
  std::uint64_t rss = 0;      // bytes
  std::uint64_t started = 0;  // clock ticks since the system's start: with the pid, names one process for ever
};

// Returns all process ids that we can see, ascending.
std::vector<pid_t> list_processes();
// Returns the threads of a process, ascending; none if it is gone.
std::vector<pid_t> list_threads(pid_t pid);
// Returns the stack pointers of the threads that wait in the kernel, from /proc/PID/task/TID/syscall (Linux 2.6.27+,
// with CONFIG_HAVE_ARCH_TRACEHOOK). Running threads have none; the others may have moved on when this returns.
std::vector<Address> waiting_stack_pointers(pid_t pid);
// Returns the main thread, or a living one if that has ended before the others: /proc/PID/{maps,mem,exe} are then empty
// (reference: exec(2), proc(5)). 0 if no thread lives.
pid_t living_thread(pid_t pid);

// Fails with kNotFound if there is no such process. The id of a thread names its process.
ProcessStatus read_status(pid_t pid);
// `target` is a pid, or a name: exactly the short name, or the last part of the program's path or of its first
// argument. Fails with kNotFound if nothing matches and with kUsage, listing them, if several do.
// Of those that have the name, the ones that `counts` is false of are passed over, if it is given.
ProcessStatus find_process(std::string_view target, bool (*counts)(const ProcessStatus&) = nullptr);
// Says what became of the process since `known` was read, as a sentence: "process 17 has ended", "process 17 now runs
// /bin/sleep". None if it still is that process and runs that program. A program that starts its own file anew is not
// told apart here, but by ProcessMemory::is_gone.
std::optional<std::string> what_became_of(const ProcessStatus& known);
// Returns our own largest RSS so far, in bytes; 0 if the kernel does not say. It is not getrusage's, which begins with
// what the program had that started us.
std::uint64_t own_peak_rss();
// "4711 checkout --port 80": for lists and errors.
std::string describe(const ProcessStatus& status);

// Fails with one line that says why and what would help if the memory of the process cannot be read: kTargetGone for
// zombies, kUnsupported for kernel threads, kPermission.
void require_readable(const ProcessStatus& status);

}  // namespace holdfast::os
