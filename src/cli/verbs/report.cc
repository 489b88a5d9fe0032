#include <nlohmann/json.hpp>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/report_json.h"
#include "report/report_text.h"

namespace holdfast::cli {
namespace {

int run(Run& run) {
  const view::Report report = run.session().report();
  run.answer([&] { return report::report_text(report, {.color = run.use_color(), .target = run.options().target}); },
             [&] { return report::report_json(report); });
  return 0;
}

}  // namespace

const Verb kReportVerb = {.name = "report",
                          .help = "where every byte is and what holds it (the default)",
                          .example = "holdfast 4711",
                          .flags = {target_flags(), json_flags(), color_flags()},
                          .shows_first = true,
                          .run = run};

}  // namespace holdfast::cli
