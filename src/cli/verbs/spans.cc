#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/span_table.h"

namespace holdfast::cli {
namespace {

view::TableShape spans_shape(const Options&) {
  return view::span_shape();
}

int run_spans(RunningVerb& run) {
  run.answer_with_table(
      [&] {
        const graph::Reachability& reached = run.session().reached();
        return view::span_table(run.session().snapshot(), reached);
      },
      [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kSpansVerb = {.name = "spans",
                         .help = "the heap's spans",
                         .example = "holdfast spans --filter 'slots<9' --sort size 4711",
                         .flags = {target_flags(), json_flags(), text_flags(), table_flags()},
                         .shape = spans_shape,
                         .run = run_spans};

}  // namespace holdfast::cli
