#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/goroutine_report.h"
#include "report/share_report.h"
#include "view/goroutine_table.h"

namespace holdfast::cli {
namespace {

view::TableShape goroutines_shape(const Options& options) {
  return view::goroutine_shape(!options.each);
}

void check_goroutines(const Options& options) {
  const char* const form = options.share ? "--share" : options.goid ? "--goroutine" : nullptr;
  if (form == nullptr) return;
  const view::TableQuery& table = options.table;
  const bool is_table = (options.each && !options.share) || options.stacks || !table.sort.empty() ||
                        !table.filters.empty() || !table.columns.empty();
  if (options.share && options.each && options.goid)
    fail(ErrorCode::kUsage, "--share --each tells all goroutines apart, --share --goroutine one: give either");
  if (is_table) fail(ErrorCode::kUsage, "{} prints no table: of the options of tables only --top goes with it", form);
}

int run_one_goroutine(RunningVerb& run) {
  const Options& options = run.options();
  const view::OneGoroutine one = run.session().goroutine(*options.goid, options.table.top);
  run.answer([&] { return report::one_goroutine_text(one, options.target, run.style()); },
             [&] { return report::one_goroutine_json(run.session().snapshot(), one); });
  return 0;
}

int run_share(RunningVerb& run) {
  const Options& options = run.options();
  const view::GoroutineShares shares = run.session().goroutine_shares({options.each, options.goid});
  run.answer([&] { return report::shares_text(shares, options.table.top, options.target, run.style()); },
             [&] { return report::shares_json(run.session().snapshot(), shares); });
  return 0;
}

int run_goroutines(RunningVerb& run) {
  if (run.options().share) return run_share(run);
  if (run.options().goid) return run_one_goroutine(run);
  run.answer_with_table(
      [&] {
        return run.session().goroutines({run.options().stacks, !run.options().each});
      },
      [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kGoroutinesVerb = {
    .name = "goroutines",
    .help = "goroutines, what they wait for and what they hold",
    .example = "holdfast goroutines --stacks 4711",
    .flags = {goroutine_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = goroutines_shape,
    .check = check_goroutines,
    .run = run_goroutines};

}  // namespace holdfast::cli
