// Renders looks at the counters of a process: as text, JSON, CSV, and as the exposition that Prometheus reads. Any
// thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "heap/counter_look.h"
#include "report/text_style.h"
#include "view/counter_fields.h"
#include "view/counter_trend.h"

namespace holdfast::report {

// Which process the counters are of.
struct CounterSource {
  std::int32_t pid = 0;
  std::string name;        // of the program
  std::string go_version;  // "go1.26.8"
};

using CounterFields = std::span<const view::CounterField* const>;

// A line for each counter, with what Go calls it, and the warnings.
std::string counters_text(const heap::CounterLook& look, CounterFields fields, const TextStyle& style);
// The same of a trend, to be looked at while it goes on: the last value, its change, and its way as small bars.
std::string counters_watch_text(const CounterSource& source, const view::CounterTrend& trend, CounterFields fields,
                                const TextStyle& style);
// What the trend says, a sentence for each symptom.
std::string trend_text(const view::CounterTrend& trend, const TextStyle& style);
// What each counter means.
std::string explained_text(CounterFields fields, const TextStyle& style);

// A line for each look, for pipes: a heading, and then the values in the order of the fields.
std::string counters_heading(CounterFields fields);
std::string counters_line(const heap::CounterLook& look, CounterFields fields);

// CSV by RFC 4180: exact numbers, nothing for what is not known.
std::string csv_heading(CounterFields fields);
std::string csv_line(const heap::CounterLook& look, CounterFields fields);

// Schema holdfast.stats/1. `trend` has this look as its last; with fewer than three looks nothing is said of one.
nlohmann::ordered_json counters_json(const CounterSource& source, const view::CounterTrend& trend);
nlohmann::ordered_json explained_json();
// The page docs/counters.md.
std::string explained_page();

// The text format 0.0.4 of Prometheus: bytes, seconds, ratios. Each sample has the labels `program` and `pid`.
std::string exposition(const CounterSource& source, const heap::CounterLook& look, CounterFields fields);

}  // namespace holdfast::report
