// Wall time of the named passes of one run, for took_ms of --json and for the line of progress. Passes may run side by
// side; then their times overlap. Several threads may run passes.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

class PassTimes {
 public:
  // `on_change` is called whenever a pass begins or ends, with the names of those that run, in the order in which they
  // began: "types, dominators". It is called by the thread of the pass, one call at a time; it may be empty.
  explicit PassTimes(std::function<void(const std::string& running)> on_change = {})
      : on_change_(std::move(on_change)) {}

  // Runs `work` as the pass `name`; a second run of the same name adds to the first.
  template <typename Work>
  decltype(auto) run(const std::string& name, Work&& work) {
    const Scope scope(*this, name);
    return std::forward<Work>(work)();
  }
  // In the order in which passes ended for the first time, in milliseconds. Not to be asked while a pass runs.
  const std::vector<std::pair<std::string, double>>& milliseconds() const { return times_; }

 private:
  using Clock = std::chrono::steady_clock;
  class Scope {
   public:
    Scope(PassTimes& times, std::string name) : times_(times), name_(std::move(name)), begin_(Clock::now()) {
      times_.begin(name_);
    }
    ~Scope() { times_.end(name_, std::chrono::duration<double, std::milli>(Clock::now() - begin_).count()); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PassTimes& times_;
    std::string name_;
    Clock::time_point begin_;
  };
  void begin(const std::string& name);
  void end(const std::string& name, double milliseconds);
  void tell() const;

  std::mutex mutex_;  // guards the members below
  std::vector<std::pair<std::string, double>> times_;
  std::vector<std::string> running_;
  std::function<void(const std::string& running)> on_change_;
};

}  // namespace holdfast
