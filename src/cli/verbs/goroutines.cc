#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/goroutine_table.h"

namespace holdfast::cli {
namespace {

view::TableShape goroutines_shape(const Options& options) {
  return view::goroutine_shape(!options.each);
}

int run_goroutines(RunningVerb& run) {
  run.answer_with_table(
      [&] {
        const graph::Dominators& dominators = run.session().dominators();
        const Options& options = run.options();
        return view::goroutine_table(run.session().snapshot(), dominators, {options.stacks, !options.each},
                                     run.session().rules());
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
    .run = run_goroutines};

}  // namespace holdfast::cli
