// What detectors say of themselves: for the terminal, as JSON, and as the page docs/detectors.md.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "report/text_style.h"
#include "view/detector_facts.h"

namespace holdfast::report {

// A line for each, by family; of a single one all that it says.
std::string detectors_text(std::span<const view::DetectorFacts> detectors, const TextStyle& style);
nlohmann::ordered_json detectors_json(std::span<const view::DetectorFacts> detectors);
std::string detectors_page(std::span<const view::DetectorFacts> detectors);

}  // namespace holdfast::report
