#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/type_table.h"

namespace holdfast::cli {
namespace {

view::TableShape types_shape(const Options&) {
  return view::type_shape();
}

int run_types(RunningVerb& run) {
  run.answer_with_table(
      [&] {
        const graph::Dominators& dominators = run.session().dominators();
        return view::type_table(run.session().snapshot(), dominators, run.session().rules());
      },
      [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kTypesVerb = {.name = "types",
                         .help = "objects by type",
                         .example = "holdfast types --sort count 4711",
                         .flags = {target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
                         .shape = types_shape,
                         .run = run_types};

}  // namespace holdfast::cli
