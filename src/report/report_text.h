// The report as the first screen: sentences where a person reads, columns where a person compares.
#pragma once

#include <string>

#include "view/report.h"

namespace holdfast::report {

struct TextOptions {
  bool color = false;
  std::size_t width = 100;  // terminal columns, at least 60, or kEndless (base/terminal_text.h)
  std::size_t types = 10;
  std::size_t goroutines = 5;
  std::string target;  // as the user named it, for the commands at the end
};

// What can be said before the graph is known: the head and the account, live objects and garbage as one.
std::string first_screen(const heap::Snapshot& snapshot, std::size_t width);

std::string report_text(const view::Report& report, const TextOptions& options);

}  // namespace holdfast::report
