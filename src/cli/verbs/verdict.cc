#include "session/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "capture/counter_watch.h"
#include "capture/program_calls.h"
#include "cli/compiler_output.h"
#include "cli/run.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "collector/trend.h"
#include "dumps/unwrapped.h"
#include "evidence/elsewhere.h"
#include "evidence/headline.h"
#include "evidence/line_decisions.h"
#include "evidence/line_table.h"
#include "evidence/line_verdicts.h"
#include "evidence/look.h"
#include "evidence/pointer_cycles.h"
#include "evidence/symptoms.h"
#include "net/url.h"
#include "profile/profile.h"
#include "report/verdict_report.h"
#include "view/escape_table.h"

namespace holdfast::cli {
namespace {

using evidence::LineVerdicts;
using evidence::Look;

// The program itself judges what the compiler said, if its file is there.
void add_compiler(session::Session& session, const std::string& escape, LineVerdicts& verdicts) {
  const auto decisions = std::make_shared<const compiler::Decisions>(read_compiler_output({escape}));
  std::shared_ptr<const compiler::AllocationCalls> code;
  const std::string& program = session.snapshot().target.exe;
  if (!program.empty() && std::filesystem::is_regular_file(program))
    code = std::make_shared<const compiler::AllocationCalls>(capture::read_program_calls(program));
  session.run("decisions", [&] {
    evidence::add_decisions(view::escape_rows({.decisions = decisions, .code = code, .measured = nullptr}, {}),
                            verdicts);
  });
}

struct OtherProfile {
  std::string name;
  profile::Profile profile;
};

// In the order of time.
std::vector<OtherProfile> read_profiles(const std::vector<std::string>& words, const net::HttpOptions& http) {
  std::vector<OtherProfile> out;
  for (const std::string& word : words) {
    // Of a service that is named alone its heap is meant.
    const Source source = read_source(net::is_url(word) ? net::complete_url(word, "/debug/pprof/heap") : word, http);
    out.push_back({source.name, profile::Profile::parse(source.bytes, source.name)});
  }
  std::ranges::stable_sort(out, {}, [](const OtherProfile& one) { return one.profile.time_ns(); });
  return out;
}

session::LineEvidence lines_of(RunningVerb& run, const std::vector<OtherProfile>& others) {
  session::Session& session = run.session();
  session::LineEvidence out = session::line_evidence(session, run.options().exe);
  if (!out.verdicts) return out;
  for (const OtherProfile& other : others)
    evidence::put_beside(other.profile, other.name, session.groundwork(), *out.verdicts);
  if (!run.options().escape.empty()) add_compiler(session, run.options().escape, *out.verdicts);
  return out;
}

std::optional<evidence::CollectorEvidence> read_collector(const Options& options) {
  if (options.collector.empty()) return std::nullopt;
  const Source source = read_source(options.collector, options.http);
  const collector::Series series = collector::read_series(source.bytes, source.name);
  return evidence::CollectorEvidence{source.name, collector::trend_of(series)};
}

// Its texts are not kept, so the bytes need not be.
std::optional<evidence::DumpEvidence> read_dump(const Options& options, const std::string& word) {
  if (word.empty()) return std::nullopt;
  const Source source = read_source(word, options.http);
  const std::optional<std::string> plain = dumps::unwrapped(source.text());
  return evidence::dump_evidence(dumps::Dump::parse(plain ? *plain : source.text(), source.name), source.name);
}

// Twenty looks at least, and none more often than each half second.
std::optional<view::CounterTrend> watch(RunningVerb& run) {
  const std::uint64_t span = run.options().watch_ns;
  if (span == 0) return std::nullopt;
  const std::unique_ptr<capture::CounterWatch> counters = run.session().target().watch_counters();
  const auto every = std::chrono::nanoseconds(std::clamp<std::uint64_t>(span / 20, 250'000'000, 5'000'000'000));
  const std::chrono::steady_clock::time_point end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(span);
  view::CounterTrend trend;
  for (std::chrono::steady_clock::time_point next = std::chrono::steady_clock::now(); next <= end; next += every) {
    while (std::chrono::steady_clock::now() < next) {
      throw_if_cancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    trend.add(counters->look());
  }
  return trend;
}

int run_verdict(RunningVerb& run) {
  const Options& options = run.options();
  view::TablePlan plan = view::plan_table(evidence::line_table_shape(), options.table);
  // Files first: what is wrong with them is found before a process is stopped.
  const std::optional<evidence::CollectorEvidence> collector = read_collector(options);
  const std::optional<evidence::DumpEvidence> dump = read_dump(options, options.dump);
  const std::vector<OtherProfile> others = read_profiles(options.profiles, options.http);
  std::optional<Look> before;
  if (!options.later.empty()) {
    before = session::look_at(run.session(1), options.later.front());
    run.close_session(1);
  }
  const std::optional<view::CounterTrend> watched = watch(run);
  const Look now = session::look_at(run.session(), options.target);
  session::Verdict found = session::verdict(run.session(), lines_of(run, others),
                                            {.now = &now,
                                             .before = before ? &*before : nullptr,
                                             .collector = collector ? &*collector : nullptr,
                                             .dump = dump ? &*dump : nullptr,
                                             .watched = watched ? &*watched : nullptr});
  report::Verdict verdict{.symptoms = std::move(found.symptoms),
                          .sentence = std::move(found.sentence),
                          .cycles = std::move(found.cycles),
                          .lines_heading = std::move(found.lines_heading)};
  view::Selection selection;
  if (found.lines) {
    if (!found.has_profile) plan = view::plan_table(evidence::line_table_shape(false), options.table);
    selection = view::select(*found.lines, plan);
    verdict.lines = &*found.lines;
    verdict.plan = &plan;
    verdict.selection = &selection;
  }
  run.answer([&] { return report::verdict_text(verdict, options.target, run.style()); },
             [&] { return report::verdict_json(verdict, options.target, run.session().snapshot()); });
  return 0;
}

view::TableShape shape_of_lines(const Options&) {
  return evidence::line_table_shape();
}

}  // namespace

const Verb kVerdictVerb = {
    .name = "verdict",
    .help = "counters, profile, graph and collector of one program in one verdict: symptoms, and every line of code",
    .example = "holdfast verdict 4711 --since yesterday.hold",
    .flags = {target_flags(), rules_flags(), json_flags(), text_flags(), table_flags(), verdict_flags(),
              source_flags()},
    .shape = shape_of_lines,
    .run = run_verdict};

}  // namespace holdfast::cli
