#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "heap/object_index.h"
#include "report/type_chain_report.h"

namespace holdfast::cli {
namespace {

// A .hold file has types without the reasons for them. What it has is printed, but the answer is a failure.
int run_type_reasons(RunningVerb& run) {
  const view::ExplainedType explained = run.session().explain_type(*run.options().address);
  const heap::Snapshot& snapshot = run.session().snapshot();
  const heap::ObjectIndex index(snapshot);
  run.answer([&] { return report::explained_text(snapshot, index, explained, run.style()); },
             [&] { return report::explained_json(snapshot, index, explained); });
  if (run.session().target().form() != capture::TargetForm::kHold) return 0;
  run.remark(fmt::format("holdfast: {} keeps types without the reasons for them: ask the process, or a core",
                         run.options().target));
  return 1;
}

}  // namespace

const Verb kTypeReasonsVerb = {
    .name = "type-reasons",
    .help = "why the object at an address has its type: who said so, step by step",
    .example = "holdfast type-reasons 4711 0xc000123400",
    .flags = {target_flags(), json_flags(), text_flags()},
    .arguments = {{"ADDRESS", "of the object, or of a place in it",
                   [](Options& options, const std::string& text) { options.address = address_of(text); }}},
    .run = run_type_reasons};

}  // namespace holdfast::cli
