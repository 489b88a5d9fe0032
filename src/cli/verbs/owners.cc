#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/owners_watch.h"
#include "cli/verbs/verbs.h"
#include "report/under_report.h"
#include "view/owner_table.h"
#include "view/owner_watch.h"

namespace holdfast::cli {
namespace {

view::TableShape owners_shape(const Options& options) {
  return options.every_ns > 0 ? view::owner_watch_shape() : view::owner_shape();
}

void check_owners(const Options& options) {
  if (options.every_ns > 0 && options.subject)
    fail(ErrorCode::kUsage, "--every is for the table of owners: leave --under away, or look once");
  if (options.looks > 0 && options.every_ns == 0)
    fail(ErrorCode::kUsage, "--looks says how often --every looks: give that, too");
}

int run_owners(RunningVerb& run) {
  const Options& options = run.options();
  if (options.every_ns > 0) return watch_owners(run);
  session::Session& session = run.session();
  if (options.subject) {
    const std::vector<view::UnderRow> rows = session.under(*options.subject, options.under);
    run.answer([&] { return report::under_text(rows, run.style()); },
               [&] { return report::under_json(session.snapshot(), rows); });
    return 0;
  }
  run.answer_with_table([&] { return view::owner_table(session.groundwork()); }, [&] { return &session.snapshot(); });
  return 0;
}

}  // namespace

const Verb kOwnersVerb = {
    .name = "owners",
    .help = "whose each live byte of the heap is; or what only one thing keeps alive, as a tree",
    .example = "holdfast owners --under global:main.registry 4711",
    .flags = {owners_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = owners_shape,
    .check = check_owners,
    .run = run_owners};

}  // namespace holdfast::cli
