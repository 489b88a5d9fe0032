#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/root_table.h"

namespace holdfast::cli {
namespace {

view::TableShape roots_shape(const Options&) {
  return view::root_shape();
}

int run_roots(RunningVerb& run) {
  run.answer_with_table(
      [&] {
        const graph::Dominators& dominators = run.session().dominators();
        return view::root_table(run.session().snapshot(), dominators);
      },
      [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kRootsVerb = {.name = "roots",
                         .help = "what holds memory from outside the heap, with what each retains",
                         .example = "holdfast roots --filter kind=global 4711",
                         .flags = {target_flags(), json_flags(), text_flags(), table_flags()},
                         .shape = roots_shape,
                         .run = run_roots};

}  // namespace holdfast::cli
