#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/why_report.h"
#include "view/subject.h"

namespace holdfast::cli {
namespace {

constexpr std::size_t kAll = 1'000'000;

int run_why(RunningVerb& run) {
  const Options& options = run.options();
  view::WhyLimits limits;
  if (options.top) limits.holders = limits.branches = *options.top == 0 ? kAll : *options.top;
  if (options.top == 0) limits.lines = kAll;
  const view::Why why = run.session().why(*options.subject, limits);
  run.answer([&] { return report::why_text(why, options.target, run.style()); },
             [&] { return report::why_json(run.session().snapshot(), why); });
  return 0;
}

}  // namespace

const Verb kWhyVerb = {
    .name = "why",
    .help = "why something is alive: ways from the roots, what all of them go through, who holds it independently",
    .example = "holdfast why 4711 0xc000123400",
    .flags = {target_flags(), rules_flags(), json_flags(), text_flags(), why_flags()},
    .arguments = {{"WHAT",
                   "0xADDRESS, type:T, global:NAME, goroutine:ID, func:NAME, alloc:FILE:LINE or label:KEY=VALUE",
                   [](Options& options, const std::string& text) { options.subject = view::parse_subject(text); }}},
    .run = run_why};

}  // namespace holdfast::cli
