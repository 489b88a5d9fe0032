#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "report/cut_report.h"

namespace holdfast::cli {
namespace {

constexpr std::size_t kRows = 10;
constexpr std::uint32_t kMostPointers = 64;  // of a smallest cut: nobody would set more to nil by hand

void check_cut(const Options& options) {
  if (options.drops.empty() == !options.subject)
    fail(ErrorCode::kUsage, "give --drop REFERENCE, as often as there are references, or --free WHAT");
}

int run_cut(RunningVerb& run) {
  const Options& options = run.options();
  session::Session& session = run.session();
  if (options.subject) {
    const view::FewestPointers fewest = session.fewest_pointers(*options.subject, kMostPointers);
    run.answer([&] { return report::fewest_pointers_text(fewest, options.target, run.style()); },
               [&] { return report::fewest_pointers_json(session.snapshot(), fewest); });
    return 0;
  }
  const std::size_t rows = options.top.value_or(kRows);
  const view::CutEffect effect = session.cut(options.drops);
  run.answer(
      [&] {
        return report::cut_text(effect, rows == 0 ? effect.freed.size() + effect.kept.size() : rows, run.style());
      },
      [&] { return report::cut_json(session.snapshot(), effect); });
  return 0;
}

}  // namespace

const Verb kCutVerb = {.name = "cut",
                       .help = "what would be free if references went, and who keeps the rest",
                       .example = "holdfast cut 4711 --drop global:main.cache",
                       .flags = {cut_flags(), target_flags(), rules_flags(), json_flags(), text_flags()},
                       .check = check_cut,
                       .run = run_cut};

}  // namespace holdfast::cli
