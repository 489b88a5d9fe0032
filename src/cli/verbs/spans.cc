#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/span_report.h"
#include "view/span_table.h"

namespace holdfast::cli {
namespace {

view::TableShape spans_shape(const Options& options) {
  return options.classes ? view::span_class_shape() : view::span_shape();
}

void check_spans(const Options& options) {
  const view::TableQuery& table = options.table;
  const bool is_table = options.classes || !table.sort.empty() || !table.filters.empty() || !table.columns.empty();
  if (options.address && is_table)
    fail(ErrorCode::kUsage,
         "--span shows one span, which is no table: of the options of tables only --top goes with it");
}

int run_one_span(RunningVerb& run) {
  const Options& options = run.options();
  const view::OneSpan one = run.session().span(*options.address, options.table.top);
  run.answer([&] { return report::one_span_text(one, options.target, run.style()); },
             [&] { return report::one_span_json(run.session().snapshot(), one); });
  return 0;
}

int run_spans(RunningVerb& run) {
  if (run.options().address) return run_one_span(run);
  run.answer_with_table(
      [&] {
        const graph::Reachability& reached = run.session().reached();
        const heap::Snapshot& snapshot = run.session().snapshot();
        return run.options().classes ? view::span_class_table(snapshot, reached) : view::span_table(snapshot, reached);
      },
      [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kSpansVerb = {
    .name = "spans",
    .help = "the heap's spans: each, by size class, or one with the reason why it stays",
    .example = "holdfast spans --filter 'slots<9' --sort size 4711",
    .flags = {spans_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = spans_shape,
    .check = check_spans,
    .run = run_spans};

}  // namespace holdfast::cli
