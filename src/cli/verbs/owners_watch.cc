#include "cli/verbs/owners_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/cancel.h"
#include "base/terminal_text.h"
#include "base/units.h"
#include "cli/output.h"
#include "cli/run.h"
#include "report/table_json.h"
#include "report/table_text.h"
#include "view/owner_watch.h"

namespace holdfast::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// "+1.2 MiB", "-3.4 KiB", "unchanged"
std::string change_text(std::uint64_t before, std::uint64_t now) {
  if (before == now) return "unchanged";
  return now > before ? "+" + format_bytes(now - before) : "-" + format_bytes(before - now);
}

class OwnersWatch {
 public:
  explicit OwnersWatch(RunningVerb& run) : run_(run), options_(run.options()) {}

  int run() {
    plan_ = view::plan_table(view::owner_watch_shape(), options_.table);
    foretell();
    while (true) {
      look();
      if (watch_.looks() == options_.looks) return 0;
      run_.end_well_when_stopped();  // it is how a person ends it
      wait();
      run_.look_again();
    }
  }

 private:
  // Says what the looks will cost the process before the first one.
  void foretell() {
    session::Session& session = run_.session();
    const os::ProcessStatus& status = *session.target().process();
    const capture::Prediction prediction = session.predict();
    run_.remark(fmt::format("{}, pid {}: {}, at most every {}: about {:.2g} % of the time", status.name, status.pid,
                            prediction_text(prediction), format_seconds(every_seconds()),
                            100 * prediction.pause.alone_ms / 1e3 / every_seconds()));
  }

  double every_seconds() const { return static_cast<double>(options_.every_ns) / 1e9; }

  void look() {
    session::Session& session = run_.session();
    const Clock::time_point begin = Clock::now();
    session.snapshot();
    // From when it is let go on, so that it always has as much time for itself as was asked.
    held_until_ = Clock::now();
    if (watch_.looks() == 0) first_ = begin;
    const double since_last = watch_.looks() == 0 ? 0 : seconds_between(last_, begin);
    last_ = begin;
    pause_ = session.snapshot().pause;
    held_ms_ += pause_.measured_ms;
    watch_.add(session.groundwork(), session.reached());
    run_.finish_progress();
    show(session.snapshot(), since_last);
  }

  // Of the time that has passed since the first look began.
  double held_share() const {
    const double all = seconds_between(first_, Clock::now());
    return all > 0 ? std::min(1.0, held_ms_ / 1e3 / all) : 0;
  }

  void show(const heap::Snapshot& snapshot, double since_last) {
    const view::Table table = watch_.table();
    const view::Selection selection = view::select(table, plan_);
    if (options_.json) {
      nlohmann::ordered_json json = report::table_json(table, selection, &snapshot);
      json["look"] = watch_.looks();
      json["seconds_since_last"] = since_last;
      json["live_bytes"] = watch_.all().now;
      json["live_bytes_before"] = watch_.all().before;
      json["live_bytes_first"] = watch_.all().first;
      json["pause_ms"] = pause_.measured_ms;
      json["held_share"] = held_share();
      // A document a line, so that a reader knows where each ends.
      print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
      return;
    }
    const report::TextStyle style = run_.style();
    constexpr std::string_view kClear = "\033[H\033[2J";  // cursor home, everything empty
    const bool redraws = isatty(STDOUT_FILENO) != 0;
    std::string text = redraws ? std::string(kClear) : watch_.looks() == 1 ? "" : "\n";
    text += style.bold(fmt::format("{}, pid {}: look {}", cleaned(snapshot.target.name), snapshot.target.pid,
                                   watch_.looks())) +
            "\n" + wrapped("", head_text(since_last), style.width) + "\n";
    print(text + report::table_text(table, plan_, selection, style));
  }

  std::string head_text(double since_last) const {
    const view::OwnerWatch::Sums& all = watch_.all();
    std::string text = fmt::format("live heap {}", format_bytes(all.now));
    if (watch_.looks() > 1)
      text += fmt::format(", {} in {}, {} in {}", change_text(all.before, all.now), format_seconds(since_last),
                          change_text(all.first, all.now), format_seconds(seconds_between(first_, last_)));
    return text + fmt::format("; held still for {:.1f} ms (foretold {:.1f} to {:.1f}), {:.2g} % of the time so far",
                              pause_.measured_ms, pause_.predicted_least_ms, pause_.predicted_most_ms,
                              100 * held_share());
  }

  void wait() const {
    const auto until = held_until_ + std::chrono::nanoseconds(options_.every_ns);
    while (Clock::now() < until) {
      throw_if_cancelled();
      std::this_thread::sleep_for(std::min<Clock::duration>(std::chrono::milliseconds(20), until - Clock::now()));
    }
    throw_if_cancelled();
  }

  RunningVerb& run_;
  const Options& options_;
  view::TablePlan plan_;
  view::OwnerWatch watch_;
  Clock::time_point first_, last_, held_until_;
  heap::Pause pause_;
  double held_ms_ = 0;
};

}  // namespace

int watch_owners(RunningVerb& run) {
  return OwnersWatch(run).run();
}

}  // namespace holdfast::cli
