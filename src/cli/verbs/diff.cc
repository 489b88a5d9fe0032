#include <limits>
#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/growth_report.h"

namespace holdfast::cli {
namespace {

constexpr std::size_t kRowsOfDiff = 10;

// One look after the other, so that no two are in memory at once but for their slots.
int run_diff(RunningVerb& run) {
  const Options& options = run.options();
  view::GrowthBuilder builder;
  for (std::size_t look = 0; look <= options.later.size(); ++look) {
    run.session(look).add_to(builder);
    run.close_session(look);
  }
  const view::Growth growth = builder.growth(options.operations);
  std::size_t rows = options.top.value_or(kRowsOfDiff);
  if (rows == 0) rows = std::numeric_limits<std::size_t>::max();
  run.answer([&] { return report::growth_text(growth, run.style(), rows); },
             [&] { return report::growth_json(growth, rows); });
  return 0;
}

}  // namespace

const Verb kDiffVerb = {
    .name = "diff",
    .help = "what grew between looks at one program: by type, owner, path, allocation and goroutines",
    .example = "holdfast diff before.hold after.hold 4711",
    .flags = {diff_flags(), target_flags(), rules_flags(), json_flags(), text_flags()},
    .arguments = {{.name = "LATER",
                   .help = "later looks at the same program, in the order of time: each is a target like TARGET",
                   .set = [](Options& options, const std::string& target) { options.later.push_back(target); },
                   .repeats = true}},
    .run = run_diff};

}  // namespace holdfast::cli
