// The command line as data: holdfast [VERB] TARGET [options].
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "view/table_query.h"

namespace holdfast::cli {

enum class Verb : std::uint8_t { kReport, kAudit, kCapture, kTypes, kRoots, kSpans, kGoroutines, kPs };

enum class Color : std::uint8_t { kAuto, kAlways, kNever };

struct Options {
  Verb verb = Verb::kReport;
  std::string target;         // pid, name, core or .hold; empty for ps
  std::string exe;            // program of a core
  std::string symbols;        // where symbols and debug information are, if not in the program
  std::string output;         // capture: the file to write
  bool with_content = false;  // capture: user data too
  bool json = false;
  bool dry_run = false;
  bool strict = false;  // audit
  bool use_dwarf = true;
  bool use_symbols = true;
  bool use_cache = true;
  unsigned threads = 0;  // 0 = all processors
  Color color = Color::kAuto;
  view::TableQuery table;
  bool compare_dwarf = false;  // types
  bool conflicts = false;
  std::optional<Address> of;
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

// The verb that `word` may have been meant to be; empty if none is near.
std::string_view verb_like(std::string_view word);

// Of a verb whose answer is a table.
bool is_table(Verb verb);
view::TableShape shape_of(const Options& options);

}  // namespace holdfast::cli
