// Wall time of the named passes of one run, for --json took_ms and the progress line. Passes may run side by side: then
// their times overlap.
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
  // Called with the name of a pass when it begins; may be empty.
  explicit PassTimes(std::function<void(const std::string&)> on_begin = {}) : on_begin_(std::move(on_begin)) {}

  // Runs `work` as the pass `name`; a second run of the same name adds to the first.
  template <typename Work>
  decltype(auto) run(const std::string& name, Work&& work) {
    if (on_begin_) on_begin_(name);
    const Scope scope(*this, name);
    return std::forward<Work>(work)();
  }
  // In the order in which they ended first, in milliseconds. Not while a pass runs.
  const std::vector<std::pair<std::string, double>>& milliseconds() const { return times_; }
  double total_ms() const;

 private:
  using Clock = std::chrono::steady_clock;
  class Scope {
   public:
    Scope(PassTimes& times, std::string name) : times_(times), name_(std::move(name)), begin_(Clock::now()) {}
    ~Scope() { times_.add(name_, std::chrono::duration<double, std::milli>(Clock::now() - begin_).count()); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PassTimes& times_;
    std::string name_;
    Clock::time_point begin_;
  };
  void add(const std::string& name, double milliseconds);

  std::mutex mutex_;  // of times_
  std::vector<std::pair<std::string, double>> times_;
  std::function<void(const std::string&)> on_begin_;
};

}  // namespace holdfast
