#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/report_json.h"
#include "report/report_text.h"

namespace holdfast::cli {
namespace {

int run_report(RunningVerb& run) {
  view::ReportLimits limits;
  report::TextOptions text = {.style = run.style(), .target = run.options().target};
  if (const auto top = run.options().top) {
    const std::size_t rows = *top == 0 ? std::numeric_limits<std::size_t>::max() : *top;
    limits = {rows, rows, rows, rows};
    text.holders = text.types = text.goroutines = rows;
  }
  std::optional<view::EarlierLook> earlier;
  if (!run.options().later.empty()) {
    earlier = run.session(1).earlier_look();
    run.close_session(1);
  }
  const view::Report report = run.session().report(limits, earlier ? &*earlier : nullptr);
  run.answer([&] { return report::report_text(report, text); },
             [&] { return report::report_json(report, run.options().target); });
  return 0;
}

}  // namespace

const Verb kReportVerb = {
    .name = "report",
    .help = "where every byte is and what holds it (the default)",
    .example = "holdfast 4711",
    .flags = {target_flags(), rules_flags(), json_flags(), text_flags(), findings_flags(), report_flags()},
    .shows_first = true,
    .run = run_report};

}  // namespace holdfast::cli
