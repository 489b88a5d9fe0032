#include <limits>
#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/memory_report.h"

namespace holdfast::cli {
namespace {

int run_account(RunningVerb& run) {
  const std::size_t rows = run.options().top.value_or(report::kAccountRows);
  view::ReportLimits limits;
  limits.goroutines =
      std::numeric_limits<std::size_t>::max();  // they are cut when they are in the order of their stacks
  const view::Report report = run.session().report(limits);
  run.answer([&] { return report::memory_text(report, run.style(), rows); },
             [&] { return report::memory_json(report); });
  return 0;
}

}  // namespace

const Verb kAccountVerb = {.name = "account",
                           .help = "all memory of the process: free, stacks, C heap, mappings, limits",
                           .example = "holdfast account 4711",
                           .flags = {target_flags(), json_flags(), text_flags(), report_flags()},
                           .run = run_account};

}  // namespace holdfast::cli
