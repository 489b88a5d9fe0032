// Makes help from the table of verbs: for the terminal, as a man page (roff), and as the page docs/commands.md.
#pragma once

#include <string>

#include "cli/verb.h"

namespace holdfast::cli {

// These have lines of at most 120 columns.
std::string general_help();
std::string verb_help(const Verb& verb);

// This is holdfast(1).
std::string man_page();
std::string markdown_page();

}  // namespace holdfast::cli
