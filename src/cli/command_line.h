// The command line: holdfast [VERB] TARGET [options].
#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "cli/verb.h"

namespace holdfast::cli {

struct Parsed {
  const Verb* verb = nullptr;
  Options options;
  bool done = false;  // help or the version was asked for; `text` has it
  std::string text;
};

// `arguments` are without the program's name. Fails with kUsage; for a mistyped verb the error names the nearest one.
Parsed parse(const std::vector<std::string>& arguments);

}  // namespace holdfast::cli
