#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "view/object_list.h"
#include "view/type_table.h"

namespace holdfast::cli {
namespace {

view::TableShape types_shape(const Options& options) {
  return options.subject ? view::object_list_shape() : view::type_shape();
}

view::Table table_of(RunningVerb& run) {
  session::Session& session = run.session();
  const Options& options = run.options();
  if (options.subject) return view::object_list(session.groundwork(), session.reached(), *options.subject);
  const graph::Dominators& dominators = session.dominators();
  return view::type_table(session.snapshot(), dominators, session.rules());
}

int run_types(RunningVerb& run) {
  run.answer_with_table([&] { return table_of(run); }, [&] { return &run.session().snapshot(); });
  return 0;
}

}  // namespace

const Verb kTypesVerb = {
    .name = "types",
    .help = "objects by type; or each object of one type",
    .example = "holdfast types --sort count 4711",
    .flags = {types_flags(), target_flags(), rules_flags(), json_flags(), text_flags(), table_flags()},
    .shape = types_shape,
    .run = run_types};

}  // namespace holdfast::cli
