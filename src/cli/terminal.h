// Decides how wide the printed lines may be.
#pragma once

#include <cstddef>

namespace holdfast::cli {

// Returns the width for a terminal of `columns`. `variable` is what COLUMNS says, which goes first as in other
// programs, or null. The result is at least 60, since narrower text cannot be read, and at most 250, since nobody reads
// across more.
std::size_t terminal_width(std::size_t columns, const char* variable);

// Returns the width for standard output: kEndless (base/terminal_text.h) with `wide`, and for pipes and files, whose
// readers are programs.
std::size_t output_width(bool wide);

// Returns the width for remarks on standard error, which may be another terminal than that of the results, or none.
std::size_t remark_width();

// Returns the width for help, which is read by people in a pipe, too: at most kHelpWidth (cli/manual.h).
std::size_t help_width();

}  // namespace holdfast::cli
