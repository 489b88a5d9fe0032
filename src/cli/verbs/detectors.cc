#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/output.h"
#include "cli/run.h"
#include "cli/verbs/verbs.h"
#include "detect/findings.h"
#include "report/detector_report.h"

namespace holdfast::cli {
namespace {

std::string detector_ids() {
  std::string out;
  for (const view::DetectorFacts& facts : detect::detector_facts()) {
    if (!out.empty()) out += ' ';
    out += facts.id;
  }
  return out;
}

int list_detectors(RunningVerb& run) {
  std::vector<view::DetectorFacts> detectors = detect::detector_facts();
  if (const std::string& id = run.options().topic; !id.empty())
    std::erase_if(detectors, [&](const view::DetectorFacts& facts) { return facts.id != id; });
  run.answer([&] { return report::detectors_text(detectors, run.style()); },
             [&] { return report::detectors_json(detectors); });
  return 0;
}

void set_detector(Options& options, const std::string& id) {
  const std::vector<view::DetectorFacts> all = detect::detector_facts();
  if (std::ranges::find(all, id, &view::DetectorFacts::id) == all.end())
    fail(ErrorCode::kUsage, "\"{}\" is no detector; these are: {}", id, detector_ids());
  options.topic = id;
}

}  // namespace

const Verb kDetectorsVerb = {.name = "detectors",
                             .help = "what findings there can be: rules, thresholds, and how sure they are",
                             .example = "holdfast detectors goroutine-leak",
                             .answers = Answers::kNobody,
                             .flags = {json_flags(), text_flags()},
                             .arguments = {{"ID", "all about this one", set_detector, true, detector_ids}},
                             .run = list_detectors};

}  // namespace holdfast::cli
