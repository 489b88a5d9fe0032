#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/comparison_report.h"

namespace holdfast::cli {
namespace {

void check_type_comparison(const Options& options) {
  if (!options.use_dwarf)
    fail(ErrorCode::kUsage, "type-comparison needs debug information to compare with: leave --no-dwarf away");
}

int run_type_comparison(RunningVerb& run) {
  const view::TypeComparison comparison = run.session().compare_types();
  run.answer([&] { return report::comparison_text(comparison, run.style()); },
             [&] { return report::comparison_json(comparison); });
  return 0;
}

}  // namespace

const Verb kTypeComparisonVerb = {
    .name = "type-comparison",
    .help = "how the types found without debug information agree with those found with it",
    .example = "holdfast type-comparison 4711",
    .answers = Answers::kProcessAndCore,
    .flags = {target_flags(), json_flags(), text_flags()},
    .check = check_type_comparison,
    .run = run_type_comparison};

}  // namespace holdfast::cli
