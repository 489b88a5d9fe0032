#include "os/stopper.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/cancel.h"
#include "base/error.h"
#include "os/cgroup.h"
#include "os/proc_text.h"
#include "os/process.h"
#include "os/refusal.h"

namespace holdfast::os {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPauseNice = -15;

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// A thread's id in the innermost pid namespace that it is in.
pid_t inner_tid(pid_t pid, pid_t tid) {
  const std::string text = try_read_text(thread_file(pid, tid, "status")).value_or("");
  std::string_view ids = labelled(text, "NSpid").value_or("");
  pid_t inner = tid;
  for (auto word = next_word(ids); !word.empty(); word = next_word(ids))
    inner = whole_number<pid_t>(word).value_or(inner);
  return inner;
}

char state_of(pid_t pid, pid_t tid) {
  const std::string text = try_read_text(thread_file(pid, tid, "status")).value_or("");
  const std::string_view state = labelled(text, "State").value_or("X");
  return state.empty() ? 'X' : state[0];
}

bool waits_uninterruptibly(pid_t pid, pid_t tid) {
  return state_of(pid, tid) == 'D';
}

bool has_ended(pid_t pid, pid_t tid) {
  const char state = state_of(pid, tid);
  return state == 'Z' || state == 'X';
}

// One thread of the target, as its tracer sees it.
struct Tracee {
  enum class Stage : std::uint8_t { kRunning, kStopped, kGone };
  pid_t tid = 0;
  Stage stage = Stage::kRunning;
  int signal = 0;  // the one it was about to get when it stopped; it gets it when we let go
};

// Holds all threads of a process by ptrace. Only one thread may use it, and that must end soon afterwards: its end
// makes the system let go of everything that is still traced, such as threads that never reached their stop
// (ptrace(2)).
class Tracer {
 public:
  explicit Tracer(pid_t pid);
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;
  ~Tracer() { detach(); }

  void stop(std::chrono::milliseconds limit);
  std::vector<FrozenThread> read_threads();
  void detach();
  bool all_stopped() const;

 private:
  bool seize_new();
  bool seize(pid_t tid) const;
  bool poll_all();
  void drop_ended();
  void wait_for_stops(Clock::time_point begin, std::chrono::milliseconds limit);
  bool only_uninterruptible() const;
  bool read_registers(Tracee& tracee, FrozenThread& thread) const;

  pid_t pid_;
  std::vector<Tracee> tracees_;
  std::unordered_set<pid_t> known_;              // the tids of `tracees_`
  std::unordered_map<pid_t, pid_t> inner_tids_;  // found out before the pause
  bool nested_ = false;                          // the target lives in a pid namespace below ours
};

Tracer::Tracer(pid_t pid) : pid_(pid) {
  nested_ = read_status(pid).namespace_pids.size() > 1;
  const std::vector<pid_t> tids = list_threads(pid);
  tracees_.reserve(2 * tids.size() + 16);
  if (nested_)
    for (const pid_t tid : tids) inner_tids_[tid] = inner_tid(pid, tid);
}

// True if we trace the thread now; false if it has ended.
bool Tracer::seize(pid_t tid) const {
  for (int attempt = 0; attempt < 3; ++attempt) {
    // The system seizes threads that a seized thread starts, so none escapes between two passes. PTRACE_O_EXITKILL is
    // never set: the target must survive our death.
    if (ptrace(PTRACE_SEIZE, tid, nullptr, PTRACE_O_TRACECLONE) == 0) return true;
    if (errno == ESRCH) return false;
    if (errno != EPERM) fail_with_errno(errno, fmt::format("tracing thread {} of process {}", tid, pid_));
    const std::string text = try_read_text(thread_file(pid_, tid, "status")).value_or("");
    if (leading_number<pid_t>(labelled(text, "TracerPid").value_or("")) == gettid()) return true;
    if (text.empty() || has_ended(pid_, tid)) return false;
    // It was refused without a visible reason: perhaps the thread is just ending.
    sched_yield();
  }
  fail_refused(pid_, Access::kStop);
}

// True if there were threads that we did not know.
bool Tracer::seize_new() {
  bool found = false;
  for (const pid_t tid : list_threads(pid_)) {
    if (known_.contains(tid) || !seize(tid)) continue;
    known_.insert(tid);
    tracees_.push_back({.tid = tid});
    found = true;
  }
  return found;
}

// Notes the stops that have happened; false if there were none.
bool Tracer::poll_all() {
  bool progress = false;
  for (Tracee& tracee : tracees_) {
    if (tracee.stage != Tracee::Stage::kRunning) continue;
    int status = 0;
    const pid_t got = waitpid(tracee.tid, &status, __WALL | WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) continue;
    progress = true;
    if (got < 0 || !WIFSTOPPED(status)) {
      tracee.stage = Tracee::Stage::kGone;
      continue;
    }
    // Any kind of stop will do, since the thread stands still in each: our interrupt, the report of a new thread, job
    // control, or the delivery of a signal, which is the only one without an event. Job control is left as it is:
    // PTRACE_LISTEN would make the registers unreadable, and a thread that we let go falls back into that stop.
    tracee.stage = Tracee::Stage::kStopped;
    const bool signal_delivery = status >> 16 == 0;
    tracee.signal = signal_delivery ? WSTOPSIG(status) : 0;
  }
  return progress;
}

// The system does not report a main thread that ends before the others.
void Tracer::drop_ended() {
  for (Tracee& tracee : tracees_)
    if (tracee.stage == Tracee::Stage::kRunning && has_ended(pid_, tracee.tid)) tracee.stage = Tracee::Stage::kGone;
}

bool Tracer::all_stopped() const {
  return std::none_of(tracees_.begin(), tracees_.end(),
                      [](const Tracee& t) { return t.stage == Tracee::Stage::kRunning; });
}

// Whether all threads that still run wait uninterruptibly, so that none will stop soon.
bool Tracer::only_uninterruptible() const {
  return std::all_of(tracees_.begin(), tracees_.end(), [this](const Tracee& t) {
    return t.stage != Tracee::Stage::kRunning || waits_uninterruptibly(pid_, t.tid);
  });
}

void Tracer::wait_for_stops(Clock::time_point begin, std::chrono::milliseconds limit) {
  // Threads stop within some 10 us of one another; sleep only if something keeps one from its processor.
  constexpr auto kSpin = std::chrono::microseconds(500);
  constexpr auto kNap = std::chrono::microseconds(100);
  constexpr int kPatience = 10;
  for (unsigned naps = 0; !all_stopped();) {
    throw_if_cancelled();
    if (poll_all()) continue;
    const auto now = Clock::now();
    if (now >= begin + kPatience * limit || (now >= begin + limit && only_uninterruptible())) return;
    if (now - begin < kSpin) {
      sched_yield();
      continue;
    }
    std::this_thread::sleep_for(kNap);
    if (++naps % 16 == 0) drop_ended();
  }
}

void Tracer::stop(std::chrono::milliseconds limit) {
  const Clock::time_point begin = Clock::now();
  while (seize_new()) throw_if_cancelled();
  std::size_t interrupted = 0;
  do {
    for (; interrupted < tracees_.size(); ++interrupted)
      // ESRCH: it has ended, which the wait will show.
      ptrace(PTRACE_INTERRUPT, tracees_[interrupted].tid, nullptr, nullptr);
    wait_for_stops(begin, limit);
  } while (seize_new());
}

// False if the thread is gone: only SIGKILL can have ended it now.
bool Tracer::read_registers(Tracee& tracee, FrozenThread& thread) const {
  std::array<std::byte, kArchitecture.user_words * sizeof(std::uint64_t)> registers{};
  iovec area{registers.data(), registers.size()};
  if (ptrace(PTRACE_GETREGSET, tracee.tid, NT_PRSTATUS, &area) != 0) {
    if (errno == ESRCH) return false;
    fail_with_errno(errno, fmt::format("reading the registers of thread {} of process {}", tracee.tid, pid_));
  }
  if (area.iov_len != registers.size())
    fail(ErrorCode::kUnsupported, "process {} is not a 64-bit program: thread {} has {} bytes of registers, not {}",
         pid_, tracee.tid, area.iov_len, registers.size());
  thread.registers = user_registers(registers);
  thread.stopped = true;
  return true;
}

std::vector<FrozenThread> Tracer::read_threads() {
  std::vector<FrozenThread> threads;
  bool any_stopped = false;
  for (Tracee& tracee : tracees_) {
    FrozenThread thread{.tid = tracee.tid, .tid_in_namespace = tracee.tid, .stopped = false, .registers = {}};
    if (tracee.stage == Tracee::Stage::kStopped && !read_registers(tracee, thread)) tracee.stage = Tracee::Stage::kGone;
    if (tracee.stage == Tracee::Stage::kGone) continue;
    any_stopped |= thread.stopped;
    if (nested_) {
      const auto it = inner_tids_.find(tracee.tid);
      thread.tid_in_namespace = it != inner_tids_.end() ? it->second : inner_tid(pid_, tracee.tid);
    }
    threads.push_back(thread);
  }
  if (threads.empty()) fail(ErrorCode::kTargetGone, "process {} ended while it was being stopped", pid_);
  if (!any_stopped)
    fail(ErrorCode::kSystem, "none of the {} threads of process {} stopped in time (thread {} is in state {})",
         threads.size(), pid_, threads[0].tid, state_of(pid_, threads[0].tid));
  std::sort(threads.begin(), threads.end(), [](const auto& a, const auto& b) { return a.tid < b.tid; });
  return threads;
}

void Tracer::detach() {
  for (Tracee& tracee : tracees_) {
    if (tracee.stage != Tracee::Stage::kStopped) continue;
    ptrace(PTRACE_DETACH, tracee.tid, nullptr, tracee.signal);  // ESRCH: it was killed meanwhile
    tracee.stage = Tracee::Stage::kGone;
  }
}

// Raises the priority of one of our threads; false if we may not.
bool raise_priority(pid_t tid) {
  return setpriority(PRIO_PROCESS, static_cast<id_t>(tid), kPauseNice) == 0;
}

}  // namespace

StoppedProcess::StoppedProcess(pid_t pid, StopOptions options) : memory_(pid) {
  if (const auto group = frozen_by_cgroup(memory_.pid()))
    fail(ErrorCode::kUnsupported, "process {} is frozen by the control group {} and cannot be stopped; thaw that first",
         memory_.pid(), *group);
  delay_.emplace();
  // The pause is shorter if nothing interrupts the copy in it.
  const int nice_before = getpriority(PRIO_PROCESS, 0);
  if (nice_before > kPauseNice && raise_priority(0)) raised_ = {gettid(), nice_before};
  std::promise<void> stopped;
  std::future<void> is_stopped = stopped.get_future();
  tracer_ = std::thread([this, options, promise = std::move(stopped), thaw = thaw_.get_future()]() mutable {
    trace(options, std::move(promise), std::move(thaw));
  });
  try {
    is_stopped.get();
  } catch (...) {
    tracer_.join();
    restore_priority();
    throw;
  }
}

StoppedProcess::~StoppedProcess() {
  thaw();
}

void StoppedProcess::trace(StopOptions options, std::promise<void> stopped, std::future<void> thaw) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // the other threads take care of signals
  raise_priority(0);
  std::optional<Tracer> tracer;
  try {
    tracer.emplace(memory_.pid());
    begin_ = Clock::now();
    tracer->stop(options.limit);
    stop_ms_ = milliseconds(Clock::now() - begin_);
    threads_ = tracer->read_threads();
  } catch (...) {
    tracer.reset();
    stopped.set_exception(std::current_exception());
    return;
  }
  stopped.set_value();
  thaw.wait();
  tracer->detach();
  end_ = Clock::now();
}

void StoppedProcess::restore_priority() noexcept {
  if (raised_) setpriority(PRIO_PROCESS, static_cast<id_t>(raised_->tid), raised_->nice);
  raised_.reset();
}

void StoppedProcess::thaw() noexcept {
  if (!tracer_.joinable()) return;
  thaw_.set_value();
  tracer_.join();
  restore_priority();
  delay_.reset();
}

double StoppedProcess::pause_ms() const {
  return milliseconds((tracer_.joinable() ? Clock::now() : end_) - begin_);
}

}  // namespace holdfast::os
