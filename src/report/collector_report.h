// Renders what a collector did beside its table (view/collector_table.h): sentences, a chart for a terminal, a picture
// for a page, and the fields of JSON. Any thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "report/text_style.h"
#include "view/collector_table.h"

namespace holdfast::report {

std::string collector_text(const std::vector<view::NamedSeries>& sources, const TextStyle& style);
nlohmann::ordered_json collector_json(const std::vector<view::NamedSeries>& sources);

// The heap over the cycles, live below what was there when each began: in block characters, or plain ones where lines
// are endless, which is where nobody's terminal is. Empty unless two cycles have sizes.
// Below it stand the numbers of the marks.
std::string heap_chart(const view::NamedSeries& source, std::size_t width);

// The same, with the goal, over time where there are times, as a picture of its own (SVG 1.1).
std::string heap_picture(const view::NamedSeries& source);

}  // namespace holdfast::report
