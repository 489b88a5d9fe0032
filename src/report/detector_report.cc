#include "report/detector_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::DetectorFacts;

// "proven or possible"
std::string levels(const view::Needs& needs) {
  std::string text;
  for (const auto& [word, need] :
       {std::pair("proven", needs.proven), std::pair("strong", needs.strong), std::pair("possible", needs.possible)})
    if (!need.empty()) text += fmt::format("{}{}", text.empty() ? "" : ", ", word);
  return text;
}

std::string one_detector(const DetectorFacts& facts, const TextStyle& style) {
  std::string out = fmt::format("{}  {}\n\n", style.bold(facts.id), facts.family);
  out += wrapped("", fmt::format("Looks for {}.", facts.looks_for), style.width);
  out += "\n";
  const auto add = [&](std::string_view word, std::string_view text) {
    if (!text.empty()) out += wrapped(fmt::format("  {:<10}", word), text, style.width);
  };
  add("proven", facts.needs.proven);
  add("strong", facts.needs.strong);
  add("possible", facts.needs.possible);
  for (const view::Threshold& threshold : facts.thresholds)
    add("threshold", fmt::format("{}; {}", threshold.value, threshold.why));
  add("change", facts.change);
  return out;
}

}  // namespace

std::string detectors_text(std::span<const DetectorFacts> detectors, const TextStyle& style) {
  if (detectors.size() == 1) return one_detector(detectors.front(), style);
  std::string out;
  std::string_view family;
  for (const DetectorFacts& facts : detectors) {
    if (facts.family != family) out += fmt::format("{}{}\n", family.empty() ? "" : "\n", style.bold(facts.family));
    family = facts.family;
    out += wrapped(fmt::format("  {:<22}", facts.id), fmt::format("{} ({})", facts.looks_for, levels(facts.needs)),
                   style.width);
  }
  out += "\n";
  out += wrapped("", "`holdfast detectors ID` says what each needs to be how sure, and what to change", style.width);
  return out;
}

ordered_json detectors_json(std::span<const DetectorFacts> detectors) {
  ordered_json rows = ordered_json::array();
  for (const DetectorFacts& facts : detectors) {
    ordered_json thresholds = ordered_json::array();
    for (const view::Threshold& threshold : facts.thresholds)
      thresholds.push_back({{"value", threshold.value}, {"why", threshold.why}});
    rows.push_back({{"id", facts.id},
                    {"family", facts.family},
                    {"looks_for", facts.looks_for},
                    {"proven", facts.needs.proven},
                    {"strong", facts.needs.strong},
                    {"possible", facts.needs.possible},
                    {"thresholds", thresholds},
                    {"change", facts.change}});
  }
  return {{"schema", "holdfast.detectors/1"}, {"detectors", rows}};
}

std::string detectors_page(std::span<const DetectorFacts> detectors) {
  std::string out =
      "# Detectors\n\n"
      "What `holdfast` looks for on its own, as findings of the report. This page is what `holdfast detectors` says.\n"
      "A finding is *proven*, *strong* or *possible* (docs/glossary.md); findings are ranked by what mending each "
      "would\n"
      "free, and those about bytes that a better one explains are folded into it. A program with nothing wrong gets\n"
      "none, or only possible ones.\n";
  std::string_view family;
  for (const DetectorFacts& facts : detectors) {
    if (facts.family != family) out += fmt::format("\n## {}\n", facts.family);
    family = facts.family;
    out += fmt::format("\n### {}\n\nLooks for {}.\n\n| | |\n|---|---|\n", facts.id, facts.looks_for);
    const auto add = [&](std::string_view word, std::string_view text) {
      if (!text.empty()) out += fmt::format("| {} | {} |\n", word, text);
    };
    add("proven", facts.needs.proven);
    add("strong", facts.needs.strong);
    add("possible", facts.needs.possible);
    for (const view::Threshold& threshold : facts.thresholds)
      add("threshold", fmt::format("{}; {}", threshold.value, threshold.why));
    add("change", facts.change);
  }
  return out;
}

}  // namespace holdfast::report
