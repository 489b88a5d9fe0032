// The command line as data: holdfast [VERB] TARGET [options].
#pragma once

#include <string>
#include <vector>

namespace holdfast::cli {

enum class Verb { kReport, kAudit, kCapture, kTypes, kRoots, kSpans, kGoroutines, kPs };

enum class Color { kAuto, kAlways, kNever };

struct Options {
  Verb verb = Verb::kReport;
  std::string target;  // pid, name, core or .hold; empty for ps
  std::string exe;     // program of a core
  std::string output;  // capture: the file to write
  bool json = false;
  bool dry_run = false;
  bool strict = false;  // audit
  bool with_content = false;
  bool use_dwarf = true;
  bool use_symbols = true;
  unsigned threads = 0;
  Color color = Color::kAuto;
  // Tables.
  std::size_t top = 30;
  std::string sort;
  std::string filter;
  bool stacks = false;  // goroutines
  bool group = false;
};

struct Parsed {
  Options options;
  bool done = false;  // help or version was asked for and is in `text`
  std::string text;
};

// `arguments` without the program's name. Fails with kUsage; a mistyped verb is told the nearest one.
Parsed parse(const std::vector<std::string>& arguments);

}  // namespace holdfast::cli
