// The cycles of a collector (collector/series.h) as a table, of one source or several. The table keeps the series,
// which must keep what it was read from. Any thread may make one; nothing fails.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "collector/marks.h"
#include "collector/series.h"
#include "view/table.h"

namespace holdfast::view {

struct NamedSeries {
  std::string name;  // of the source
  collector::Series series;
  collector::Marks marks;  // what else was taken of the process, and when; empty if nothing was named
};

TableShape collector_shape();
Table collector_table(std::shared_ptr<const std::vector<NamedSeries>> sources);

// What the cycles of one come to, in sentences: how what lives goes, garbage, pauses, processors, and what other lines
// say.
std::vector<std::string> collector_summary(const collector::Series& series);

// When each of the marks was taken, by the numbers that charts have, and what the collector did between them, in
// sentences.
std::vector<std::string> marks_summary(const NamedSeries& source);

}  // namespace holdfast::view
