// What the user asked for, as values. The table that they come from is cli/flags.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "net/http.h"
#include "profile/filtered_profile.h"
#include "view/cut.h"
#include "view/owner_table.h"
#include "view/subject.h"
#include "view/table_query.h"
#include "view/value.h"

namespace holdfast::cli {

struct Flag;

enum class Color : std::uint8_t { kAuto, kAlways, kNever };

struct Options {
  std::string target;              // pid, name, core or .hold; empty for verbs without one
  std::vector<std::string> later;  // diff: the targets that TARGET is compared with, in the order of time;
                                   // report: the earlier one of --since
  std::uint64_t operations = 0;    // diff: how many there were between the first and the last look; 0 = not said
  std::string exe;                 // program of a core
  std::string image;               // which Go runtime of several
  std::string go_release;          // of a program that does not say its own
  std::string symbols;             // where symbols and debug information are, if not in the program
  std::vector<std::string> rules;  // files of owner rules, in this order
  std::string output;              // capture, export, query: the file to write
  bool with_content = false;       // capture: user data too
  bool values = false;             // read them however long that holds a process still
  bool json = false;
  bool dry_run = false;
  bool force = false;   // go on without enough memory
  bool strict = false;  // audit
  bool prove = false;   // audit: look again after the next collection
  bool use_dwarf = true;
  bool use_symbols = true;
  bool use_cache = true;
  unsigned threads = 0;  // 0 = all processors
  Color color = Color::kAuto;
  bool wide = false;               // never fold lines of text
  std::optional<std::size_t> top;  // report: how many rows of each list, 0 for all
  view::TableQuery table;
  std::optional<Address> address;        // show, type-reasons
  std::string crash;                     // dangling: the file with the messages of a crash
  std::optional<view::Subject> subject;  // why, cut, owners
  view::UnderLimits under;               // owners
  std::uint64_t every_ns = 0;            // owners: look again after so long; 0 = look once
  std::uint64_t looks = 0;               // with every_ns: how often, 0 = until somebody asks to end
  std::vector<view::Drop> drops;         // cut
  view::ShowQuery show;
  std::string debugger;  // show: dlv or gdb; empty for the object itself
  bool stacks = false;   // goroutines
  bool each = false;
  bool share = false;
  bool all_headers = false;               // slices: a line for each header
  bool places = false;                    // slices: by field or variable
  bool classes = false;                   // spans: by size class
  std::optional<std::uint64_t> goid;      // goroutines, slices: only this one
  std::string topic;                      // help: a verb; completion: a shell
  std::string format;                     // help, query
  std::string as, of;                     // export: the format of the file, and what it is about; empty if not said
  std::optional<std::uint64_t> nodes;     // export: objects with nodes of their own
  std::vector<std::string> profiles;      // verdict: profiles of the program, from elsewhere; gc: what was taken
  std::optional<std::uint64_t> started;   // gc: when the process began, in ns since 1970 UTC
  std::string escape;                     // verdict: what the compiler wrote of its decisions
  std::string collector;                  // verdict: what the collector said of itself
  std::string dump;                       // verdict: its goroutines, or its end
  std::uint64_t watch_ns = 0;             // verdict: look at counters for so long first
  std::string columns;                    // stats: which counters, with commas between; empty for the usual
  bool explain = false;                   // stats: what each means
  std::string by, sample_type;            // profile: what is a place, what counts; empty for the usual
  std::vector<std::string> source_roots;  // profile: where to look for sources
  profile::StackQuery stacks_query;       // profile: which stacks, and what of them
  net::HttpOptions http;                  // of sources that are URLs
  bool labels = false;                    // dump: values of labels, too
  bool clean = false;                     // dump: write it for other parsers
  std::string sql;                        // query
  std::vector<std::string> words;         // escape: what goes to `go build`, or the files to read; profile: after VIEW
  std::string binary;                     // escape: the program to judge by
  bool is_weighed = false;                // escape: by `target`, a profile or what other verbs take
  bool all = false, flow = false;         // escape: all decisions; the flow of each
  std::string of_source;                  // escape: a file or function
  std::string html;                       // report: the file to write as a page
  std::string listen = "127.0.0.1";       // web: the address to listen at
  std::uint16_t port = 0;                 // web: 0 = any
  std::vector<std::string> host_names;    // web: what browsers may call this machine besides
  std::vector<const Flag*> given;         // the rows of cli/flags.h that were on the command line
};

}  // namespace holdfast::cli
