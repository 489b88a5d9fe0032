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
  bool done = false;  // help or the version was asked for and is in `text`
  std::string text;
};

// `arguments` without the program's name. Fails with kUsage; a mistyped verb is told the nearest one.
Parsed parse(const std::vector<std::string>& arguments);

}  // namespace holdfast::cli
