#include "cli/taken.h"

#include <algorithm>

#include "capture/target.h"
#include "cli/source.h"
#include "net/url.h"
#include "profile/profile.h"

namespace holdfast::cli {
namespace {

using collector::Taken;

Taken taken_of_target(RunningVerb& run, const std::string& word) {
  const heap::Snapshot& snapshot = run.session_on(word).snapshot();
  Taken out{word, snapshot.audit.gc_cycles, std::nullopt, std::nullopt};
  // A core was read later than it was written.
  const heap::TargetInfo& target = snapshot.target;
  const std::int64_t at = target.core_written_ns != 0 ? target.core_written_ns : target.captured_at_ns;
  if (at > 0) out.at = static_cast<std::uint64_t>(at);
  const auto last = std::ranges::find(snapshot.mem_stats, "LastGC", &std::pair<std::string, std::uint64_t>::first);
  if (last != snapshot.mem_stats.end() && last->second > 0) out.last_ended = last->second;
  return out;
}

// The text form has no time, but MemStats behind it.
Taken taken_of_text(const Source& source) {
  const collector::Series series = collector::read_series(source.bytes, source.name);
  Taken out{source.name, series.moments.back().cycles, std::nullopt, std::nullopt};
  if (!series.cycles.empty() && series.cycles.back().number == *out.cycles) out.last_ended = series.cycles.back().ended;
  return out;
}

}  // namespace

Taken read_taken(RunningVerb& run, const std::string& word) {
  if (word != "-" && !net::is_url(word) && capture::names_target(word)) return taken_of_target(run, word);
  const Source source = read_source(word, run.options().http);
  if (source.text().find("# runtime.MemStats") != std::string_view::npos) return taken_of_text(source);
  const profile::Profile profile = profile::Profile::parse(source.bytes, source.name);
  Taken out{source.name, std::nullopt, std::nullopt, std::nullopt};
  if (profile.time_ns() > 0) out.at = static_cast<std::uint64_t>(profile.time_ns());
  return out;
}

}  // namespace holdfast::cli
