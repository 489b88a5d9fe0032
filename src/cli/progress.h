// One line on a terminal that says which pass runs and for how long, and above it what is known early. It never
// mixes with results: it is on stderr, and it is wiped out before they come. A thread of its own draws it. Any
// thread may tell it of passes and make remarks; the one that made it finishes it. What cannot be drawn is lost
// (cli/output.h).
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace holdfast::cli {

class Progress {
 public:
  // Shows nothing unless stderr is a terminal, and nothing in the first moment, so that short runs stay quiet.
  Progress();
  // Wipes the line out.
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Takes the names of the passes that run, as PassTimes tells them. If none runs, the last ones stay on the line.
  void tell(const std::string& running);
  // `make` returns what to show above the line if the work takes more than a moment longer. It is asked once, with the
  // width of the terminal. That is wiped out, too: the results say it again, and more.
  void show_first(const std::function<std::string(std::size_t width)>& make);
  // Wipes the line out and makes a remark (cli/output.h) in its place; the line is drawn again below it.
  void remark(std::string_view sentence);
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void show();
  void draw_first();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string passes_;
  std::string first_;           // not drawn yet
  std::size_t first_rows_ = 0;  // the rows that it takes
  bool first_drawn_ = false;
  Clock::time_point start_ = Clock::now();
  bool drawn_ = false;
  bool done_ = false;
  std::thread painter_;
};

}  // namespace holdfast::cli
