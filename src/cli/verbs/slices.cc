#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/slice_table.h"

namespace holdfast::cli {
namespace {

view::SliceRows rows_of(const Options& options) {
  if (options.places) return view::SliceRows::kPlaces;
  return options.goid || options.all_headers ? view::SliceRows::kHeaders : view::SliceRows::kObjects;
}

view::TableShape slices_shape(const Options& options) {
  return view::slice_shape(rows_of(options));
}

void check_slices(const Options& options) {
  if (options.address && options.goid) fail(ErrorCode::kUsage, "--object and --goroutine are two questions: ask one");
  if (options.all_headers && (options.address || options.goid || options.places))
    fail(ErrorCode::kUsage, "--all lists every header: leave --object, --goroutine and --places away");
}

int run_slices(RunningVerb& run) {
  const Options& options = run.options();
  session::Session& session = run.session();
  run.answer_with_table(
      [&] { return session.slices({.object = options.address, .goid = options.goid}, rows_of(options)); },
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
