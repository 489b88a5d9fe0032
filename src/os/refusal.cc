#include "os/refusal.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "os/proc_text.h"
#include "os/process.h"

namespace holdfast::os {
namespace {

constexpr int kCapSysPtrace = 19;  // capability(7)

std::string reason_and_remedy(const RefusalFacts& facts) {
  if (facts.yama_scope >= 3) return "kernel.yama.ptrace_scope is 3, which forbids it to everybody until the next boot";
  if (facts.can_trace_all)
    return "we have CAP_SYS_PTRACE, so a security module (SELinux, AppArmor), a seccomp filter or a user namespace "
           "forbids it; run on the host, outside of the container";
  if (facts.our_uid == 0)
    return fmt::format(
        "we are root without CAP_SYS_PTRACE; start our container with `--cap-add=SYS_PTRACE` (Kubernetes: "
        "`securityContext.capabilities.add: [SYS_PTRACE]`), or run on the host, or as uid {}",
        facts.target_uid);
  if (facts.our_uid != facts.target_uid)
    return fmt::format("it runs as uid {} and we as uid {}; run as root (sudo) or as uid {}", facts.target_uid,
                       facts.our_uid, facts.target_uid);
  if (facts.yama_scope == 2) return "kernel.yama.ptrace_scope is 2, so CAP_SYS_PTRACE is needed; run as root (sudo)";
  if (facts.yama_scope == 1)
    return "kernel.yama.ptrace_scope is 1, so only root or an ancestor of the process may; run as root (sudo), or let "
           "root run `sysctl kernel.yama.ptrace_scope=0`";
  if (!facts.dumpable)
    return "it protects itself (set-user-id, file capabilities or PR_SET_DUMPABLE), so CAP_SYS_PTRACE is needed; run "
           "as root (sudo)";
  return "its groups or capabilities differ from ours, or a security module forbids it; run as root (sudo)";
}

// Returns who traces a thread of the process, except ourselves; 0 = nobody.
pid_t other_tracer(pid_t pid) {
  for (const pid_t tid : list_threads(pid)) {
    const std::string text = try_read_text(thread_file(pid, tid, "status")).value_or("");
    const pid_t tracer = leading_number<pid_t>(labelled(text, "TracerPid").value_or("")).value_or(0);
    if (tracer != 0 && access(thread_file(getpid(), tracer, "").c_str(), F_OK) != 0) return tracer;
  }
  return 0;
}

}  // namespace

RefusalFacts gather_refusal_facts(pid_t pid) {
  RefusalFacts facts;
  const ProcessStatus status = read_status(pid);
  facts.target = describe(status);
  facts.target_uid = status.uid;
  facts.our_uid = geteuid();
  const std::string self = try_read_text("/proc/thread-self/status").value_or("");
  const auto capabilities = leading_number<std::uint64_t>(labelled(self, "CapEff").value_or(""), 16).value_or(0);
  facts.can_trace_all = (capabilities >> kCapSysPtrace & 1) != 0;
  // The files of a process that is not dumpable belong to root, whatever user it runs as (proc(5)).
  struct stat owner {};
  if (stat(fmt::format("/proc/{}/stat", status.pid).c_str(), &owner) == 0) facts.dumpable = owner.st_uid == status.uid;
  facts.yama_scope = leading_number<int>(try_read_text("/proc/sys/kernel/yama/ptrace_scope").value_or("")).value_or(0);
  facts.tracer = other_tracer(status.pid);
  if (facts.tracer != 0)
    facts.tracer_name = try_read_text(fmt::format("/proc/{}/comm", facts.tracer)).value_or("unknown");
  if (facts.tracer_name.ends_with('\n')) facts.tracer_name.pop_back();
  return facts;
}

std::string explain_refusal(const RefusalFacts& facts, Access access) {
  if (access == Access::kRead)
    return fmt::format("may not read the memory of process {}: {}", facts.target, reason_and_remedy(facts));
  if (facts.tracer != 0)
    return fmt::format("may not stop process {}: thread {} ({}) traces it, and only one can; end that first",
                       facts.target, facts.tracer, facts.tracer_name);
  return fmt::format("may not stop process {}: {}", facts.target, reason_and_remedy(facts));
}

void fail_refused(pid_t pid, Access access) {
  throw Error(ErrorCode::kPermission, explain_refusal(gather_refusal_facts(pid), access));
}

void fail_proc(int error_number, pid_t pid, const std::string& what) {
  if (error_number == EACCES || error_number == EPERM) fail_refused(pid, Access::kRead);
  if (error_number == ENOENT || error_number == ESRCH)
    fail(ErrorCode::kTargetGone, "{}: process {} has ended", what, pid);
  fail_with_errno(error_number, what);
}

}  // namespace holdfast::os
