// Makes help from the table of verbs: for the terminal, as a man page (roff), and as the page docs/commands.md. Nothing
// fails: the table is a part of the program.
#pragma once

#include <cstddef>
#include <string>

#include "cli/verb.h"

namespace holdfast::cli {

constexpr std::size_t kHelpWidth = 120;

// Lines have at most `width` terminal columns, but for examples and usages, which stay whole.
std::string general_help(std::size_t width = kHelpWidth);
std::string verb_help(const Verb& verb, std::size_t width = kHelpWidth);

// This is holdfast(1).
std::string man_page();
std::string markdown_page();

}  // namespace holdfast::cli
