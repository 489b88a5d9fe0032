// The options of the command line as a table: parsing, help, completion, the man page and the page of commands all read
// it. To add an option, add a row to its group in flags.cc and a member to Options.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cli/options.h"

namespace holdfast::cli {

// The forms of target that an option has a meaning for; with another one it is refused, never ignored (cli/run.cc).
enum class GoesWith : std::uint8_t { kEverything, kProcess, kCore, kProcessAndCore };

struct Flag {
  const char* name;             // "--top", or with a short form "-o,--output"
  const char* value = nullptr;  // what follows it, as the help calls it: "N"; null for a flag that stands alone
  const char* help;
  // Takes the value, empty for a flag that stands alone. Fails with kUsage, saying what is wrong with the value;
  // whoever calls adds the option's name.
  void (*set)(Options& options, const std::string& value);
  const char* choices = nullptr;  // the only values that it takes, with spaces between
  bool repeats = false;           // may be given more than once
  bool is_file = false;           // the value is a path
  GoesWith goes_with = GoesWith::kEverything;
};

// Groups, each of options that some verbs share.
std::span<const Flag> target_flags();  // how a target is opened
std::span<const Flag> rules_flags();   // of verbs that say what holds what
std::span<const Flag> json_flags();
std::span<const Flag> table_flags();
std::span<const Flag> text_flags();  // how text looks
std::span<const Flag> page_flags();  // the report as a page
std::span<const Flag> report_flags();
std::span<const Flag> findings_flags();  // what else detectors may look at
std::span<const Flag> why_flags();
std::span<const Flag> types_flags();
std::span<const Flag> owners_flags();
std::span<const Flag> cut_flags();
std::span<const Flag> audit_flags();
std::span<const Flag> output_flags();
std::span<const Flag> goroutine_flags();
std::span<const Flag> spans_flags();
std::span<const Flag> dangling_flags();
std::span<const Flag> slices_flags();
std::span<const Flag> export_flags();
std::span<const Flag> query_flags();
std::span<const Flag> profile_flags();
std::span<const Flag> source_flags();  // what is no target, where it is a URL
std::span<const Flag> dump_flags();
std::span<const Flag> escape_flags();
std::span<const Flag> stats_flags();
std::span<const Flag> gc_flags();
std::span<const Flag> show_flags();
std::span<const Flag> verdict_flags();
std::span<const Flag> web_flags();
std::span<const Flag> diff_flags();
std::span<const Flag> format_flags();

// "--top" of "-t,--top".
std::string_view long_name(const Flag& flag);

// "0xc000012340", as all addresses are printed. Fails with kUsage.
Address address_of(const std::string& text);
// Does the same for what debuggers print: "(*main.T)(0xc000012340)", "*main.T @ 0xc000012340", "824633729856". Fails
// with kUsage unless there is one address in it.
Address pasted_address(const std::string& text);

}  // namespace holdfast::cli
