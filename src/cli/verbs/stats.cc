#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/output_file.h"
#include "base/units.h"
#include "capture/counter_watch.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/counter_report.h"
#include "view/counter_fields.h"
#include "view/counter_trend.h"

namespace holdfast::cli {
namespace {

using Clock = std::chrono::steady_clock;
using heap::CounterId;
using view::CounterField;

constexpr std::uint64_t kLeastEvery = 100'000'000;  // ns: faster looks would show holdfast's own work

// What a look that goes on shows unless --counters says something else.
constexpr CounterId kMain[] = {CounterId::kRss,          CounterId::kSys,       CounterId::kHeapReleased,
                               CounterId::kHeapIdle,     CounterId::kHeapInuse, CounterId::kHeapAlloc,
                               CounterId::kLive,         CounterId::kNextGC,    CounterId::kStackInuse,
                               CounterId::kGoroutines,   CounterId::kNumGC,     CounterId::kLongestPause,
                               CounterId::kProcessorTime};

std::vector<const CounterField*> main_fields() {
  std::vector<const CounterField*> fields;
  for (const CounterId id : kMain) fields.push_back(&view::counter_field(id));
  return fields;
}

std::vector<const CounterField*> all_fields() {
  std::vector<const CounterField*> fields;
  for (const CounterField& field : view::counter_fields()) fields.push_back(&field);
  return fields;
}

std::string names_of(const std::vector<const CounterField*>& fields) {
  std::string names;
  for (const CounterField* const field : fields) names += fmt::format("{}{}", names.empty() ? "" : ", ", field->name);
  return names;
}

// "rss,live". Fails with kUsage.
std::vector<const CounterField*> fields_named(std::string_view names) {
  std::vector<const CounterField*> fields;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const CounterField* const field = view::counter_named(names.substr(0, comma));
    if (field == nullptr)
      fail(ErrorCode::kUsage, "--counters: there is no counter \"{}\"; there are {}", names.substr(0, comma),
           names_of(all_fields()));
    fields.push_back(field);
    names.remove_prefix(std::min(names.size(), comma + 1));
  }
  return fields;
}

// Where the looks come from: a process gives one after the other, a file has one.
class Looks {
 public:
  explicit Looks(RunningVerb& run) : run_(run) {
    session::Session& session = run.session();
    if (session.target().process() == nullptr) {
      const heap::Snapshot& snapshot = session.snapshot();
      source_ = {snapshot.target.pid, snapshot.target.name, snapshot.target.go_version};
      return;
    }
    watch_ = session.target().watch_counters();
    source_ = {watch_->process().pid, watch_->process().name, watch_->go_version()};
  }

  bool is_process() const { return watch_ != nullptr; }
  const report::CounterSource& source() const { return source_; }
  heap::CounterLook next() { return watch_ ? watch_->look() : heap::counter_look(run_.session().snapshot()); }

 private:
  RunningVerb& run_;
  std::unique_ptr<capture::CounterWatch> watch_;
  report::CounterSource source_;
};

class Stats {
 public:
  explicit Stats(RunningVerb& run) : run_(run), options_(run.options()), looks_(run) {
    const bool goes_on = options_.every_ns > 0;
    format_ = options_.json ? "json" : options_.format.empty() ? "text" : options_.format;
    const bool for_people = format_ == "text" && goes_on;
    fields_ = !options_.columns.empty() ? fields_named(options_.columns) : for_people ? main_fields() : all_fields();
    redraws_ = for_people && options_.output.empty() && isatty(STDOUT_FILENO) != 0;
  }

  int run() {
    Clock::time_point next = Clock::now();
    for (;;) {
      trend_.add(looks_.next());
      run_.finish_progress();
      put(text());
      if (options_.every_ns == 0 || trend_.count() == options_.looks) break;
      run_.end_well_when_stopped();  // it is how a person ends it
      next = std::max(next + std::chrono::nanoseconds(options_.every_ns), Clock::now());
      wait_until(next);
    }
    if (format_ == "text" && options_.every_ns > 0 && !redraws_) put(report::trend_text(trend_, run_.style()));
    return 0;
  }

 private:
  std::string text() {
    const heap::CounterLook& look = trend_.looks().back();
    const bool first = trend_.count() == 1;
    if (format_ == "json") return json();
    if (format_ == "csv") return (first ? report::csv_heading(fields_) : "") + report::csv_line(look, fields_);
    if (format_ == "prometheus") return report::exposition(looks_.source(), look, fields_);
    const report::TextStyle style = run_.style();
    if (options_.every_ns == 0) return report::counters_text(look, fields_, style);
    constexpr std::string_view kClear = "\033[H\033[2J";  // cursor home, everything empty
    if (redraws_) return std::string(kClear) + report::counters_watch_text(looks_.source(), trend_, fields_, style);
    return (first ? report::counters_heading(fields_) : "") + report::counters_line(look, fields_);
  }

  // One look is a document; of several each is a line, so that a reader knows where it ends.
  std::string json() const {
    const int indent = options_.every_ns == 0 ? 2 : -1;
    return report::counters_json(looks_.source(), trend_)
               .dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
           "\n";
  }

  // A file has the last look only, and always a whole one: it is meant to be read by others while this goes on.
  void put(const std::string& text) {
    if (options_.output.empty()) return print(text);
    OutputFile file(options_.output, OutputFile::Access::kUsual);
    file.write_at(0, std::as_bytes(std::span(text)));
    file.publish();
  }

  static void wait_until(Clock::time_point until) {
    while (Clock::now() < until) {
      throw_if_cancelled();
      std::this_thread::sleep_for(std::min<Clock::duration>(std::chrono::milliseconds(20), until - Clock::now()));
    }
    throw_if_cancelled();
  }

  RunningVerb& run_;
  const Options& options_;
  Looks looks_;
  std::string format_;
  std::vector<const CounterField*> fields_;
  bool redraws_ = false;
  view::CounterTrend trend_;
};

void check_stats(const Options& options) {
  fields_named(options.columns);
  if (options.dry_run) fail(ErrorCode::kUsage, "--dry-run says what a stop would cost, and stats stops nothing");
  if (options.looks > 0 && options.every_ns == 0)
    fail(ErrorCode::kUsage, "--looks says how often --every looks: give that, too");
  if (options.every_ns > 0 && options.every_ns < kLeastEvery)
    fail(ErrorCode::kUsage, "--every: at least {}", format_seconds(static_cast<double>(kLeastEvery) / 1e9));
  if (!options.output.empty() && options.format != "prometheus")
    fail(ErrorCode::kUsage, "-o takes the last look for Prometheus: give --format prometheus, too");
}

int run_stats(RunningVerb& run) {
  if (!run.options().explain) return Stats(run).run();
  const auto fields = run.options().columns.empty() ? all_fields() : fields_named(run.options().columns);
  run.answer([&] { return report::explained_text(fields, run.style()); }, [] { return report::explained_json(); });
  return 0;
}

}  // namespace

const Verb kStatsVerb = {
    .name = "stats",
    .help =
        "the counters of a process without stopping it: MemStats, the collector, the system; once or again and again",
    .example = "holdfast stats 4711 --every 2s",
    .flags = {stats_flags(), target_flags(), json_flags(), text_flags()},
    .check = check_stats,
    .run = run_stats};

}  // namespace holdfast::cli
