// Why the system does not let us at a process, in words that say what to do. Linux has one rule for reading memory, for
// tracing and for most of /proc/PID (ptrace(2), "Ptrace access mode checking"). All functions can be called by several
// threads at once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace holdfast::os {

struct RefusalFacts {
  std::string target;  // "4711 checkout --port 80"
  uid_t target_uid = 0;
  uid_t our_uid = 0;
  bool can_trace_all = false;  // CAP_SYS_PTRACE
  bool dumpable = true;        // false: set-user-id, file capabilities or PR_SET_DUMPABLE 0
  int yama_scope = 0;          // kernel.yama.ptrace_scope; 0 where there is no Yama
  pid_t tracer = 0;            // who traces it already; 0 = nobody
  std::string tracer_name;
};

enum class Access : std::uint8_t { kRead, kStop };

// Never fails: what cannot be found out keeps its default.
RefusalFacts gather_refusal_facts(pid_t pid);
// Says it in one line.
std::string explain_refusal(const RefusalFacts& facts, Access access);
// Does both and throws the line with kPermission.
[[noreturn]] void fail_refused(pid_t pid, Access access);
// For a file of /proc/PID that cannot be opened or read: fails with kPermission as above, with kTargetGone if the
// process is gone, and otherwise as fail_with_errno() does.
[[noreturn]] void fail_proc(int error_number, pid_t pid, const std::string& what);

}  // namespace holdfast::os
