#include "view/type_conflicts.h"

#include "cli/run.h"
#include "cli/verbs/verbs.h"

namespace holdfast::cli {
namespace {

view::TableShape type_conflicts_shape(const Options&) {
  return view::conflict_shape();
}

int run_type_conflicts(RunningVerb& run) {
  run.answer_with_table(
      [&] {
        std::vector<heap::TypeConflict> conflicts = run.session().type_conflicts();
        return view::conflict_table(run.session().snapshot(), std::move(conflicts));
      },
      [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kTypeConflictsVerb = {.name = "type-conflicts",
                                 .help = "types that were claimed for the same objects and do not fit each other",
                                 .example = "holdfast type-conflicts --sort claims 4711",
                                 .answers = Answers::kProcessAndCore,
                                 .flags = {target_flags(), json_flags(), text_flags(), table_flags()},
                                 .shape = type_conflicts_shape,
                                 .run = run_type_conflicts};

}  // namespace holdfast::cli
