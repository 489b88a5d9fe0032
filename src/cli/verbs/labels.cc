#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/label_table.h"

namespace holdfast::cli {
namespace {

view::TableShape labels_shape(const Options&) {
  return view::label_shape();
}

int run_labels(RunningVerb& run) {
  run.answer_with_table([&] { return view::label_table(run.session().snapshot()); },
                        [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kLabelsVerb = {.name = "labels",
                          .help = "pprof labels of goroutines, and what the goroutines of each value hold",
                          .example = "holdfast labels --filter key=tenant 4711",
                          .flags = {target_flags(), json_flags(), text_flags(), table_flags()},
                          .shape = labels_shape,
                          .run = run_labels};

}  // namespace holdfast::cli
