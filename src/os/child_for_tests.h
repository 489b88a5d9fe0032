// For tests: a process of our own to look at, and memory that both of us see.
#pragma once

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <new>
#include <thread>
#include <utility>

namespace holdfast::os {

// A value in memory that is shared with processes forked later. The size of T decides about the mapping.
template <typename T>
class Shared {
 public:
  Shared() : value_(new(mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T()) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { munmap(value_, sizeof(T)); }
  T* operator->() const { return value_; }
  T& operator*() const { return *value_; }

 private:
  T* value_;
};

// Runs `body` in a forked process, which ends with it and, at the latest, with this object.
class TestChild {
 public:
  explicit TestChild(const std::function<void()>& body) : pid_(fork()) {
    if (pid_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      body();
    } catch (...) {
      _exit(99);  // never back into the parent's tests
    }
    _exit(0);
  }
  TestChild(const TestChild&) = delete;
  TestChild& operator=(const TestChild&) = delete;
  ~TestChild() {
    if (pid_ > 0) end();
  }

  pid_t pid() const { return pid_; }
  // The exit code; -1 if a signal ended it.
  int join() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, __WALL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  void end() {
    kill(pid_, SIGKILL);
    join();
  }

 private:
  pid_t pid_;
};

// Ends the calling thread alone, also the main one; pthread_exit() would unwind into the test.
[[noreturn]] inline void end_this_thread() {
  syscall(SYS_exit, 0);
  __builtin_unreachable();
}

[[noreturn]] inline void wait_forever() {
  for (;;) pause();
}

// For a child: from root to a user without rights, so that the answers are those which most people get; nothing if we
// are one already. The kernel protects a process that changes its user, so that is undone.
inline void become_ordinary_user() {
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) _exit(98);
  prctl(PR_SET_DUMPABLE, 1);
}

// Waits until `condition` holds; false after 5 s.
inline bool eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 25000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return false;
}

}  // namespace holdfast::os
