#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/output_file.h"
#include "base/units.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "web/offline.h"

namespace holdfast::cli {
namespace {

// The lists of the page are longer than those on a terminal.
int write_page(RunningVerb& run, view::EarlierLook* earlier) {
  constexpr std::size_t kRows = 50;
  const std::size_t rows = run.options().top.value_or(kRows);
  OutputFile file(run.options().html, OutputFile::Access::kUsual);
  const view::Report report = run.session().report({rows, rows, rows, rows}, earlier);
  const std::string page = web::offline_page(run.session(), report, run.options().target);
  file.write_at(0, std::as_bytes(std::span(page)));
  run.finish_progress();
  file.publish();
  if (!file.is_standard_output())
    run.remark(fmt::format("holdfast: {} has the report of {} as a page, {}", file.name(), run.options().target,
                           format_bytes(page.size())));
  return 0;
}

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
  if (!run.options().html.empty()) return write_page(run, earlier ? &*earlier : nullptr);
  const view::Report report = run.session().report(limits, earlier ? &*earlier : nullptr);
  run.answer([&] { return report::report_text(report, text); },
             [&] { return report::report_json(report, run.options().target); });
  return 0;
}

void check_report(const Options& options) {
  if (options.json && !options.html.empty()) fail(ErrorCode::kUsage, "--json and --html are two forms: give either");
}

}  // namespace

const Verb kReportVerb = {.name = "report",
                          .help = "where every byte is and what holds it (the default)",
                          .example = "holdfast 4711",
                          .flags = {target_flags(), rules_flags(), json_flags(), text_flags(), findings_flags(),
                                    report_flags(), page_flags()},
                          .check = check_report,
                          .shows_first = true,
                          .run = run_report};

}  // namespace holdfast::cli
