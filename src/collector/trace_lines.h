// The lines of GODEBUG in what a program printed (go-formats 3.1), the same in Go 1.19 to 1.27 but for the note of a
// search for leaks, the fields of schedtrace and the form of floats. Logs may put words in front.
#pragma once

#include <string_view>

#include "collector/series.h"

namespace holdfast::collector {

// Returns what a line of gctrace says; nothing if it is none. `line` begins with "gc ".
std::optional<Cycle> read_gc_line(std::string_view line);

// Adds what all lines say.
void read_trace_lines(std::string_view text, Series& series);

}  // namespace holdfast::collector
