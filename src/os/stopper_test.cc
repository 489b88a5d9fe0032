#include "os/stopper.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <random>

#include "base/cancel.h"
#include "os/cancel_signals.h"
#include "os/child_for_tests.h"
#include "os/maps.h"
#include "os/proc_text.h"
#include "os/process.h"

namespace holdfast::os {
namespace {

using std::chrono::milliseconds;
using ::testing::Each;
using ::testing::HasSubstr;

// Every worker keeps `a == b` between two steps, as far as it can see for itself.
struct Busy {
  std::atomic<bool> ready = false;
  std::atomic<std::uint64_t> steps = 0;
  std::atomic<std::uint64_t> threads_started = 0;
  std::atomic<std::uint64_t> broken = 0;
  std::atomic<std::uint64_t> signals = 0;
};

Busy* g_busy = nullptr;  // of the child, for its signal handler

void count_signal(int) {
  g_busy->signals.fetch_add(1);
}

// Starts and ends threads, computes, and gets a signal every millisecond.
void be_busy(Busy& busy) {
  g_busy = &busy;
  struct sigaction action {};
  action.sa_handler = count_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval every_ms{{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &every_ms, nullptr);
  const auto work = [&] {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    for (int i = 0; i < 2000; ++i) {
      a += 3;
      b += 3;
      if (a != b) busy.broken.fetch_add(1);
      busy.steps.fetch_add(1);
    }
  };
  const auto churn = [&] {
    for (;;) {
      std::thread one(work);
      std::thread two(work);
      busy.threads_started.fetch_add(2);
      one.join();
      two.join();
    }
  };
  std::thread first(churn);
  std::thread second(churn);
  busy.ready = true;
  wait_forever();
}

bool goes_on(const Busy& busy) {
  const std::uint64_t steps = busy.steps;
  const std::uint64_t threads = busy.threads_started;
  const std::uint64_t signals = busy.signals;
  return eventually(
      [&] { return busy.steps > steps + 1000 && busy.threads_started > threads + 2 && busy.signals > signals; });
}

// Whether we have CAP_SYS_ADMIN, capability(7). With it, we can use what the kernel has.
bool may_administrate() {
  constexpr int kCapSysAdmin = 21;
  const std::string self = try_read_text("/proc/self/status").value_or("");
  return (leading_number<std::uint64_t>(labelled(self, "CapEff").value_or(""), 16).value_or(0) >> kCapSysAdmin & 1) !=
         0;
}

char state(pid_t pid) {
  return static_cast<char>(read_status(pid).state);
}

TEST(StoppedProcess, HoldsEveryThreadWhileThreadsComeAndGo) {
  const Shared<Busy> busy;
  const TestChild child([&] { be_busy(*busy); });
  ASSERT_TRUE(eventually([&] { return busy->ready.load(); }));
  for (int i = 0; i < 100; ++i) {
    StoppedProcess stopped(child.pid());
    const std::uint64_t steps = busy->steps;
    const std::uint64_t threads = busy->threads_started;
    ASSERT_GE(stopped.threads().size(), 3U);
    for (const FrozenThread& thread : stopped.threads()) ASSERT_TRUE(thread.stopped) << thread.tid;
    std::this_thread::sleep_for(milliseconds(1));
    ASSERT_EQ(busy->steps, steps);
    ASSERT_EQ(busy->threads_started, threads);
    stopped.thaw();
    if (i % 10 == 0) {
      ASSERT_TRUE(goes_on(*busy));
    }
  }
  EXPECT_TRUE(goes_on(*busy));
  EXPECT_EQ(busy->broken, 0U);
}

TEST(StoppedProcess, CtrlZWaitsUntilTheTargetGoesOn) {
  for (const int signal : {SIGTSTP, SIGTTIN, SIGTTOU}) {
    const TestChild target([] { wait_forever(); });
    const Shared<std::atomic<int>> stage;
    TestChild stopper([&] {
      setpgid(0, 0);  // a process group without a parent elsewhere cannot be told to stop
      StoppedProcess stopped(target.pid());
      *stage = 1;
      while (*stage != 2) std::this_thread::sleep_for(milliseconds(1));
      std::this_thread::sleep_for(milliseconds(20));
      stopped.thaw();
      *stage = 3;
      wait_forever();
    });
    ASSERT_TRUE(eventually([&] { return *stage == 1; }));
    ASSERT_EQ(kill(stopper.pid(), signal), 0);
    *stage = 2;
    ASSERT_TRUE(eventually([&] { return state(target.pid()) == 'S'; })) << "signal " << signal;
    EXPECT_TRUE(eventually([&] { return state(stopper.pid()) == 'T'; }));
    kill(stopper.pid(), SIGCONT);
    EXPECT_TRUE(eventually([&] { return *stage == 3; }));
  }
}

TEST(StoppedProcess, DeathOfTheStopperAtAnyMomentLeavesTheTargetUnharmed) {
  const Shared<Busy> busy;
  const TestChild child([&] { be_busy(*busy); });
  ASSERT_TRUE(eventually([&] { return busy->ready.load(); }));
  std::mt19937 random(20261121);
  for (int i = 0; i < 50; ++i) {
    const Shared<std::atomic<bool>> began;
    TestChild stopper([&] {
      for (;;) {
        *began = true;
        const StoppedProcess stopped(child.pid());
      }
    });
    ASSERT_TRUE(eventually([&] { return began->load(); }));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    stopper.end();
    ASSERT_TRUE(goes_on(*busy)) << "kill " << i;
    ASSERT_EQ(read_status(child.pid()).tracer, 0);
  }
  EXPECT_EQ(busy->broken, 0U);
}

std::atomic<int>* g_handled = nullptr;

TEST(StoppedProcess, NoQueuedSignalIsLostOrDoubled) {
  constexpr int kSignals = 2000;
  const Shared<std::atomic<int>> handled;
  const Shared<std::atomic<bool>> ready;
  const TestChild child([&] {
    g_handled = &*handled;
    signal(SIGRTMIN, [](int) { g_handled->fetch_add(1); });
    *ready = true;
    wait_forever();
  });
  ASSERT_TRUE(eventually([&] { return ready->load(); }));
  std::thread sender([&] {
    for (int i = 0; i < kSignals; ++i) {
      while (sigqueue(child.pid(), SIGRTMIN, {}) != 0) std::this_thread::yield();  // until the queue is full
      if (i % 16 == 0) std::this_thread::yield();
    }
  });
  for (int i = 0; i < 100; ++i) const StoppedProcess stopped(child.pid());
  sender.join();
  EXPECT_TRUE(eventually([&] { return *handled == kSignals; })) << *handled;
  std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(*handled, kSignals);
}

struct Facts {
  std::atomic<bool> ready = false;
  pid_t tid = 0;
  std::uint64_t fs_base = 0;
  std::uint64_t stack = 0;
};

TEST(StoppedProcess, ShowsTheRegistersOfAThreadInASystemCall) {
  const Shared<Facts> facts;
  const TestChild child([&] {
    std::thread([&] {
      facts->tid = gettid();
      facts->fs_base = pthread_self();  // on amd64 the thread's block, to which FS points
      facts->stack = reinterpret_cast<std::uint64_t>(__builtin_frame_address(0));
      facts->ready = true;
      wait_forever();
    }).join();
  });
  ASSERT_TRUE(eventually([&] { return facts->ready && state(facts->tid) == 'S'; }));
  std::this_thread::sleep_for(milliseconds(5));  // the thread itself may still be on its way into pause()
  StoppedProcess stopped(child.pid());
  ASSERT_EQ(stopped.threads().size(), 2U);
  const FrozenThread& thread = stopped.threads()[1];
  EXPECT_EQ(stopped.threads()[0].tid, child.pid());
  EXPECT_EQ(thread.tid, facts->tid);
  EXPECT_EQ(thread.tid_in_namespace, facts->tid);
  EXPECT_EQ(thread.registers.thread_pointer.value, facts->fs_base);
  EXPECT_LT(thread.registers.sp().value, facts->stack);
  EXPECT_GT(thread.registers.sp().value, facts->stack - 4096);
  bool in_code = false;
  for (const ProcessMapping& mapping : read_maps(child.pid()))
    in_code |= mapping.permissions.execute && mapping.range.contains(thread.registers.pc);
  EXPECT_TRUE(in_code);
  EXPECT_EQ(stopped.memory().integer<std::uint64_t>(thread.registers.thread_pointer + 16),
            facts->fs_base);  // the block begins with its own address
}

TEST(StoppedProcess, LeavesAJobControlStopAsItWas) {
  const Shared<std::atomic<std::uint64_t>> steps;
  const TestChild child([&] {
    std::thread second([&] {
      for (;;) steps->fetch_add(1);
    });
    wait_forever();
  });
  ASSERT_TRUE(eventually([&] { return *steps > 0; }));
  kill(child.pid(), SIGSTOP);
  ASSERT_TRUE(eventually([&] { return state(child.pid()) == 'T'; }));
  for (int i = 0; i < 20; ++i) {
    StoppedProcess stopped(child.pid());
    ASSERT_EQ(stopped.threads().size(), 2U);
    for (const FrozenThread& thread : stopped.threads()) ASSERT_NE(thread.registers.pc.value, 0U);
  }
  ASSERT_TRUE(eventually([&] { return state(child.pid()) == 'T'; }));
  const std::uint64_t before = *steps;
  std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(*steps, before);
  {
    const StoppedProcess stopped(child.pid());
    kill(child.pid(), SIGCONT);  // it is sent while we hold the process and takes effect afterwards
    std::this_thread::sleep_for(milliseconds(5));
    EXPECT_EQ(*steps, before);
  }
  EXPECT_TRUE(eventually([&] { return *steps > before; }));
  {
    const StoppedProcess stopped(child.pid());
    kill(child.pid(), SIGSTOP);
  }
  EXPECT_TRUE(eventually([&] { return state(child.pid()) == 'T'; }));
}

TEST(StoppedProcess, GoesOnWithoutAThreadInAnUninterruptibleWait) {
  const Shared<Facts> facts;
  const Shared<std::atomic<pid_t>> inner;
  const TestChild child([&] {
    std::thread waits([&] {
      facts->tid = gettid();
      facts->ready = true;
      // This is like vfork, but with memory of its own: the parent waits, unable to stop, until the new process ends.
      if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, nullptr) == 0) {
        *inner = getpid();
        wait_forever();
      }
      facts->stack = 1;
      wait_forever();
    });
    wait_forever();
  });
  ASSERT_TRUE(eventually([&] { return facts->ready && *inner != 0 && state(child.pid()) == 'S'; }));
  {
    StoppedProcess stopped(child.pid(), {.limit = milliseconds(30)});
    ASSERT_EQ(stopped.threads().size(), 2U);
    EXPECT_TRUE(stopped.threads()[0].stopped);
    EXPECT_FALSE(stopped.threads()[1].stopped);
    EXPECT_EQ(stopped.threads()[1].tid, facts->tid);
    EXPECT_GE(stopped.stop_ms(), 30);
    EXPECT_LT(stopped.stop_ms(), 1000);
  }
  // We must leave nothing behind that would hold the thread when its wait ends.
  kill(*inner, SIGKILL);
  EXPECT_TRUE(eventually([&] { return facts->stack == 1; }));
}

TEST(StoppedProcess, NamesTheDebuggerThatHoldsTheTarget) {
  const TestChild child([] { wait_forever(); });
  const Shared<std::atomic<bool>> attached;
  TestChild debugger([&] {
    prctl(PR_SET_NAME, "otherdbg");
    if (ptrace(PTRACE_SEIZE, child.pid(), nullptr, nullptr) == 0) *attached = true;
    wait_forever();
  });
  ASSERT_TRUE(eventually([&] { return attached->load(); }));
  try {
    const StoppedProcess stopped(child.pid());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kPermission);
    EXPECT_THAT(error.what(), HasSubstr(fmt::format("thread {} (otherdbg) traces it", debugger.pid())));
  }
  debugger.end();
  EXPECT_TRUE(eventually([&] { return read_status(child.pid()).tracer == 0; }));
  EXPECT_EQ(StoppedProcess(child.pid()).threads().size(), 1U);
}

TEST(StoppedProcess, WorksAfterTheMainThreadHasEnded) {
  const Shared<std::atomic<bool>> ready;
  const TestChild child([&] {
    std::thread([&] {
      *ready = true;
      wait_forever();
    }).detach();
    end_this_thread();
  });
  ASSERT_TRUE(eventually([&] { return *ready && living_thread(child.pid()) != child.pid(); }));
  StoppedProcess stopped(child.pid());
  ASSERT_EQ(stopped.threads().size(), 1U);
  EXPECT_NE(stopped.threads()[0].tid, child.pid());
  EXPECT_LT(stopped.stop_ms(), 150);  // nobody waited for a thread that can no longer stop
  EXPECT_TRUE(stopped.memory().try_integer<std::uint64_t>(stopped.threads()[0].registers.sp()));
}

TEST(StoppedProcess, ATargetKilledWhileHeldEndsAndCanBeCollected) {
  TestChild child([] {
    std::thread second([] { wait_forever(); });
    wait_forever();
  });
  ASSERT_TRUE(eventually([&] { return read_status(child.pid()).threads == 2; }));
  {
    const StoppedProcess stopped(child.pid());
    kill(child.pid(), SIGKILL);
  }
  EXPECT_EQ(child.join(), -1);
}

TEST(StoppedProcess, ShowsThreadIdsOfTheTargetsOwnNamespace) {
  const Shared<Facts> facts;
  const Shared<std::atomic<pid_t>> inner;
  const TestChild child([&] {
    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0) {
      *inner = -errno;
      wait_forever();
    }
    const pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      std::thread second([&] {
        facts->tid = gettid();
        facts->ready = true;
        wait_forever();
      });
      wait_forever();
    }
    *inner = pid;
    wait_forever();
  });
  ASSERT_TRUE(eventually([&] { return *inner != 0; }));
  if (*inner < 0) {
    ASSERT_FALSE(may_administrate()) << "root, and no pid namespace: " << std::strerror(-*inner);
    GTEST_SKIP() << "absent: pid namespaces for us (" << std::strerror(-*inner) << ")";
  }
  ASSERT_TRUE(eventually([&] { return facts->ready.load(); }));
  StoppedProcess stopped(*inner);
  ASSERT_EQ(stopped.threads().size(), 2U);
  EXPECT_EQ(stopped.threads()[0].tid, *inner);
  EXPECT_EQ(stopped.threads()[0].tid_in_namespace, 1);
  EXPECT_EQ(stopped.threads()[1].tid_in_namespace, facts->tid);
  EXPECT_NE(stopped.threads()[1].tid, facts->tid);
}

TEST(StoppedProcess, RefusesAProcessInAFrozenGroup) {
  const TestChild child([] { wait_forever(); });
  const std::string group = fmt::format("/sys/fs/cgroup/freezer/holdfast-test-{}", getpid());
  if (mkdir(group.c_str(), 0755) != 0) {
    const int error = errno;
    const bool mounted = access("/sys/fs/cgroup/freezer/cgroup.procs", F_OK) == 0;
    ASSERT_FALSE(mounted && may_administrate() && error != EROFS) << group << ": " << std::strerror(error);
    GTEST_SKIP() << "absent: a version 1 freezer in which we may make groups (" << std::strerror(error) << ")";
  }
  std::ofstream(group + "/cgroup.procs") << child.pid();
  std::ofstream(group + "/freezer.state") << "FROZEN";
  try {
    const StoppedProcess stopped(child.pid());
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("is frozen by the control group " + group));
  }
  std::ofstream(group + "/freezer.state") << "THAWED";
  EXPECT_EQ(StoppedProcess(child.pid()).threads().size(), 1U);
  kill(child.pid(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return rmdir(group.c_str()) == 0; }));
}

TEST(StoppedProcess, MeasuresThePauseAndRestoresOurPriority) {
  const TestChild child([] { wait_forever(); });
  const int nice_before = getpriority(PRIO_PROCESS, 0);
  StoppedProcess stopped(child.pid());
  std::this_thread::sleep_for(milliseconds(20));
  stopped.thaw();
  const double pause = stopped.pause_ms();
  EXPECT_GE(pause, 20);
  EXPECT_LT(stopped.stop_ms(), pause);
  std::this_thread::sleep_for(milliseconds(2));
  stopped.thaw();
  EXPECT_EQ(stopped.pause_ms(), pause);
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), nice_before);
}

TEST(StoppedProcess, CtrlCUnwindsAndLetsTheTargetGo) {
  const Shared<Busy> busy;
  const TestChild child([&] { be_busy(*busy); });
  ASSERT_TRUE(eventually([&] { return busy->ready.load(); }));
  TestChild tool([&] {
    install_cancel_handlers();
    int code = 1;
    try {
      const StoppedProcess stopped(child.pid());
      raise(SIGINT);
      throw_if_cancelled();
    } catch (const Cancelled&) {
      code = 42;
    }
    try {
      const StoppedProcess stopped(child.pid());
      code = 3;
    } catch (const Cancelled&) {
    }
    if (!goes_on(*busy)) code = 5;
    _exit(code);
  });
  EXPECT_EQ(tool.join(), 42);
}

TEST(StoppedProcess, SaysThatTheProcessIsGone) {
  TestChild child([] {});
  const pid_t pid = child.pid();
  ASSERT_TRUE(eventually([&] { return state(pid) == 'Z'; }));
  try {
    const StoppedProcess stopped(pid);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTargetGone);
  }
  child.join();
  try {
    const StoppedProcess stopped(pid);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace holdfast::os
