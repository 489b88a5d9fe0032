#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/cycle_table.h"

namespace holdfast::cli {
namespace {

view::TableShape cycles_shape(const Options&) {
  return view::cycle_shape();
}

int run_cycles(RunningVerb& run) {
  run.answer_with_table(
      [&] {
        const graph::Dominators& dominators = run.session().dominators();
        return view::cycle_table(run.session().snapshot(), dominators, run.session().reached());
      },
      [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kCyclesVerb = {.name = "cycles",
                          .help = "objects that lead to each other, and rings that finalizers keep for ever",
                          .example = "holdfast cycles --filter 'finalizers>0' 4711",
                          .flags = {target_flags(), json_flags(), text_flags(), table_flags()},
                          .shape = cycles_shape,
                          .run = run_cycles};

}  // namespace holdfast::cli
