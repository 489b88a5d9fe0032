#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/slice_table.h"

namespace holdfast::cli {
namespace {

view::TableShape slices_shape(const Options& options) {
  return options.places ? view::slice_place_shape() : view::slice_shape();
}

void check_slices(const Options& options) {
  if (options.address && options.goid) fail(ErrorCode::kUsage, "--object and --goroutine are two questions: ask one");
}

int run_slices(RunningVerb& run) {
  const Options& options = run.options();
  session::Session& session = run.session();
  run.answer_with_table(
      [&] { return session.slices({.object = options.address, .goid = options.goid}, options.places); },
      [&] { return &session.snapshot(); });
  return 0;
}

}  // namespace

const Verb kSlicesVerb = {
    .name = "slices",
    .help = "what slices and strings refer to, and how much of it they cover",
    .example = "holdfast slices --filter 'share<10' 4711",
    .flags = {slices_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = slices_shape,
    .check = check_slices,
    .reads_headers = true,
    .run = run_slices};

}  // namespace holdfast::cli
