// How wide the lines are to be that the program prints.
#pragma once

#include <cstddef>

namespace holdfast::cli {

// Of a terminal of `columns`, where `variable` is what COLUMNS says, null if it says nothing: COLUMNS goes first, as
// with other programs. At least 60, since narrower text cannot be read, and at most 250, since nobody reads across
// more.
std::size_t terminal_width(std::size_t columns, const char* variable);

// Of standard output: kEndless (base/terminal_text.h) with `wide` and for pipes and files, whose readers are programs.
std::size_t output_width(bool wide);

}  // namespace holdfast::cli
