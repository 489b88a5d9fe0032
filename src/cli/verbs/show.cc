#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/object_report.h"

namespace holdfast::cli {
namespace {

int run_show(RunningVerb& run) {
  const Options& options = run.options();
  view::ShowQuery query = options.show;
  query.address = *options.address;
  const view::ShownObject shown = run.session().show(query);
  const heap::TargetInfo& target = run.session().snapshot().target;
  if (options.debugger.empty()) {
    run.answer([&] { return report::object_text(shown, options.target, run.style()); },
               [&] { return report::object_json(target, shown); });
    return 0;
  }
  const bool is_core = run.session().target().form() == capture::TargetForm::kCore;
  const view::DebuggerCommands commands =
      view::debugger_commands(target, is_core ? options.target : "", shown,
                              options.debugger == "dlv" ? view::Debugger::kDlv : view::Debugger::kGdb);
  run.answer([&] { return report::debugger_text(commands); }, [&] { return report::debugger_json(target, commands); });
  return 0;
}

}  // namespace

const Verb kShowVerb = {
    .name = "show",
    .help = "one object: its value, what the collector says of it, what holds it, what it refers to",
    .example = "holdfast show 4711 0xc000123400",
    .flags = {target_flags(), rules_flags(), json_flags(), text_flags(), show_flags()},
    .arguments = {{"ADDRESS",
                   "of the object or a place in it, also as a debugger prints it: \"(*main.T)(0xc000123400)\"",
                   [](Options& options, const std::string& text) { options.address = pasted_address(text); }}},
    .reads_content = true,
    .run = run_show};

}  // namespace holdfast::cli
