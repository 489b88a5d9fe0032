#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/under_report.h"
#include "view/owner_table.h"

namespace holdfast::cli {
namespace {

view::TableShape owners_shape(const Options&) {
  return view::owner_shape();
}

int run_owners(RunningVerb& run) {
  session::Session& session = run.session();
  const Options& options = run.options();
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
    .run = run_owners};

}  // namespace holdfast::cli
