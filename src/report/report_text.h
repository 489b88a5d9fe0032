// Renders the report as the first screen: sentences where a person reads, columns where a person compares. Names of
// the target are made harmless for a terminal. Any thread may call these; nothing throws.
#pragma once

#include <string>

#include "report/text_style.h"
#include "view/report.h"

namespace holdfast::report {

struct TextOptions {
  static constexpr std::size_t kAll = static_cast<std::size_t>(-1);

  TextStyle style;
  std::size_t holders = 10;
  std::size_t types = 10;
  std::size_t goroutines = 5;
  std::string target;  // as the user named it, for the commands at the end
};

// Says what is known before the graph is: the head and the account, in which live objects and garbage are one.
std::string first_screen(const heap::Snapshot& snapshot, std::size_t width);

std::string report_text(const view::Report& report, const TextOptions& options);

}  // namespace holdfast::report
