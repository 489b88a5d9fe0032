#!/bin/sh
# Finding: gcc 12 destroys a braced aggregate twice that is an argument of a coroutine which is awaited in place.
#
# `co_await send({400, "text"})`: the aggregate is made once, its members are moved into the coroutine's frame, and both
# the caller's temporary and a copy of its bytes are destroyed. With a std::string inside, memory is freed twice, which
# shows only where the text is too long to stand in the string itself. Given by std::move of a variable it is destroyed
# as often as it was made. The program below counts instead of owning anything.
#
# Seen on 2026-12-01, Debian 12, g++ 12.2.0:
#   braced: made 2, destroyed 3   named: made 3, destroyed 3
#
# Needs g++ 12; builds in a temporary folder; fails if this changes.
set -eu
command -v g++-12 >/dev/null || { echo "needs g++-12 (Debian 12: g++-12)" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/main.cc" <<'CC'
#include <coroutine>
#include <cstdio>
#include <utility>

int made = 0, destroyed = 0;

struct Counted {
  Counted(const char*) { ++made; }
  Counted(const Counted&) { ++made; }
  Counted(Counted&&) { ++made; }
  ~Counted() { ++destroyed; }
};

struct Answer {
  int status = 200;
  Counted text;
};

struct Task {
  struct promise_type {
    std::coroutine_handle<> waiting = std::noop_coroutine();
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() { return {}; }
    auto final_suspend() noexcept {
      struct Back {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
          return done.promise().waiting;
        }
        void await_resume() noexcept {}
      };
      return Back{};
    }
    void return_void() {}
    void unhandled_exception() {}
  };
  explicit Task(std::coroutine_handle<promise_type> of) : handle(of) {}
  Task(Task&& other) : handle(std::exchange(other.handle, nullptr)) {}
  ~Task() {
    if (handle) handle.destroy();
  }
  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> from) {
    handle.promise().waiting = from;
    return handle;
  }
  void await_resume() {}
  std::coroutine_handle<promise_type> handle;
};

Task send(Answer) { co_return; }
Task braced() { co_await send({400, "no"}); }
Task named() {
  Answer answer{400, "no"};
  co_await send(std::move(answer));
}

void count(const char* name, Task task) {
  made = destroyed = 0;
  task.handle.resume();
  { const Task end = std::move(task); }
  std::printf("%s: made %d, destroyed %d\n", name, made, destroyed);
}

int main() {
  count("braced", braced());
  count("named", named());
}
CC
g++-12 -std=c++20 -O1 "$folder/main.cc" -o "$folder/program"
g++-12 --version | head -n 1
seen=$("$folder/program")
echo "$seen"
echo "$seen" | awk '{ gsub(/[,:]/, ""); made[$1] = $3; gone[$1] = $5 }
  END { exit !(gone["braced"] > made["braced"] && gone["named"] == made["named"]) }' ||
  { echo "changed: expected more destroyed than made of the braced one only" >&2; exit 1; }
