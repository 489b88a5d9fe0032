// Does the work of requests one after the other, on a thread of its own, since a session is used by one thread at a
// time. What a browser has given up is left out, or ended while it runs.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "web/exchange.h"

namespace holdfast::web {

class Worker {
 public:
  // `cancel` ends what `work` computes, from any thread, with Cancelled; `go_on` takes that back before the next one.
  Worker(std::function<void()> cancel, std::function<void()> go_on);
  // Ends what runs, and waits for it.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Answers the exchange by `work` when it is its turn. What it throws becomes the answer: an Error its text as
  // {"error", "code"} with a fitting status.
  void add(SharedExchange exchange, std::function<Response()> work);
  // Runs before all that waits, and is not ended by anybody but the destructor.
  void add_first(std::function<void()> work);
  // Runs when nobody waits for anything, as what will probably be asked next. It is ended as soon as somebody asks, and
  // begun anew afterwards. What was added before and has not run is dropped.
  void set_idle_work(std::vector<std::function<void()>> work);

 private:
  struct Job {
    SharedExchange exchange;  // null: nobody waits for it
    std::function<Response()> work;
  };
  void run();
  bool take_job(Job& job);
  void give_up(std::uint64_t number);

  std::function<void()> cancel_, go_on_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::deque<std::function<void()>> idle_work_;
  bool is_idle_ = false;       // what runs is of idle_work_
  std::uint64_t running_ = 0;  // the number of the job that was begun last
  bool ends_ = false;
  std::thread thread_;
};

// The answer to what fails: status, and {"error": text, "code": "not-found"}.
Response error_response(unsigned status, std::string_view code, std::string_view text);

}  // namespace holdfast::web
