// One line on a terminal that says which pass runs and for how long. Results never mix with it: it is on stderr and is
// wiped out before they come.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace holdfast::cli {

class Progress {
 public:
  // Shows nothing unless stderr is a terminal, and nothing in the first moment: short runs stay quiet.
  Progress();
  // Wipes the line out.
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // From PassTimes.
  void begin(const std::string& pass);
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void show();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string pass_;
  Clock::time_point start_ = Clock::now();
  bool drawn_ = false;
  bool done_ = false;
  std::thread painter_;
};

}  // namespace holdfast::cli
