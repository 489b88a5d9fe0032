#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/dangling_table.h"

namespace holdfast::cli {
namespace {

view::TableShape shape_of_dangling(const Options&) {
  return view::dangling_shape();
}

int run_dangling(RunningVerb& run) {
  session::Session& session = run.session();
  run.answer_with_table([&] { return session.dangling(run.options().address); }, [&] { return &session.snapshot(); });
  return 0;
}

}  // namespace

const Verb kDanglingVerb = {
    .name = "dangling",
    .help = "words that name freed memory, or what names one address that a crash told",
    .example = "holdfast dangling 4711 --object 0xc000123400",
    .flags = {dangling_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = shape_of_dangling,
    .reads_headers = true,
    .run = run_dangling};

}  // namespace holdfast::cli
