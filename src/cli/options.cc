#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/version.h"
#include "cli/process_table.h"
#include "view/goroutine_table.h"
#include "view/root_table.h"
#include "view/span_table.h"
#include "view/type_conflicts.h"
#include "view/type_table.h"

namespace holdfast::cli {
namespace {

struct VerbText {
  Verb verb;
  const char* name;
  const char* help;
  const char* example;
};

// The order of the help. The first is meant when none is named.
constexpr std::array kVerbs = {
    VerbText{Verb::kReport, "report", "where every byte is and what holds it (the default)", "holdfast 4711"},
    VerbText{Verb::kTypes, "types", "objects by type", "holdfast types --sort count 4711"},
    VerbText{Verb::kRoots, "roots", "what holds memory from outside the heap, with what each retains",
             "holdfast roots --filter kind=global 4711"},
    VerbText{Verb::kGoroutines, "goroutines", "goroutines, what they wait for and what they hold",
             "holdfast goroutines --group --stacks 4711"},
    VerbText{Verb::kSpans, "spans", "the heap's spans", "holdfast spans --filter 'objects<10' --sort bytes 4711"},
    VerbText{Verb::kAudit, "audit", "the graph against the runtime's own marks and counters",
             "holdfast audit --strict 4711"},
    VerbText{Verb::kCapture, "capture", "write a .hold file to look at later or elsewhere",
             "holdfast capture 4711 -o incident.hold"},
    VerbText{Verb::kPs, "ps", "the Go processes here; none of them is stopped", "holdfast ps --sort heap_bytes"},
};

constexpr std::size_t kNear = 2;  // edits between a word and what it was meant to be

const VerbText* verb_named(std::string_view name) {
  const auto it = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const VerbText& verb) { return verb.name == name; });
  return it == kVerbs.end() ? nullptr : it;
}

// CLI11 itself reads -5 as a very large number.
const CLI::Validator kNumber(  // NOLINT(cert-err58-cpp): its text is short and cannot fail
    [](const std::string& text) -> std::string {
      const bool is_number =
          !text.empty() && text.size() < 10 && text.find_first_not_of("0123456789") == std::string::npos;
      return is_number ? "" : fmt::format("\"{}\" is not a number from 0 up", text);
    },
    "");

// "0xc000012340", as all addresses are printed.
std::optional<Address> parse_address(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  if (!text.starts_with("0x")) return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return Address(value);
}

const CLI::Validator kAddress(  // NOLINT(cert-err58-cpp): its text is short and cannot fail
    [](const std::string& text) -> std::string {
      return parse_address(text) ? "" : fmt::format("\"{}\" is not an address like 0xc000012340", text);
    },
    "");

void add_type_options(CLI::App& app, Options& o) {
  app.add_flag("--compare-dwarf", o.compare_dwarf,
               "instead, how the types found without debug information agree with those found with it");
  app.add_option_function<std::string>(
         "--of", [&o](const std::string& text) { o.of = parse_address(text); },
         "instead, why the object at this address has its type: who said so, step by step")
      ->type_name("ADDRESS")
      ->check(kAddress);
  app.add_flag("--conflicts", o.conflicts,
               "instead, types that were claimed for the same objects and do not fit each other");
}

void add_table_options(CLI::App& app, Options& o) {
  app.add_option("--top", o.table.top, "how many rows, 0 for all [30]")->type_name("N")->check(kNumber);
  app.add_option("--sort", o.table.sort, "column to sort by; -COLUMN turns the order round")->type_name("COLUMN");
  app.add_option("--filter", o.table.filters,
                 "TEXT, COLUMN=TEXT, COLUMN>NUMBER or COLUMN<NUMBER; more than one: all must hold")
      ->type_name("TEST")
      ->expected(1)
      ->take_all();
  app.add_option("--columns", o.table.columns, "what to show, with commas between")->type_name("COLUMN,...");
}

void add_target_options(CLI::App& app, Options& o) {
  app.add_option("TARGET", o.target, "a pid, a process name, a core file or a .hold file")->type_name(" ")->required();
  app.add_option("--exe", o.exe, "the program of a core file [where the core says]")->type_name("FILE");
  app.add_option("--symbols", o.symbols, "an unstripped twin, a file of debug information, or a folder of such")
      ->type_name("PATH");
  app.add_option("--threads", o.threads, "how many threads to work with [all processors]")
      ->type_name("N")
      ->check(kNumber);
  app.add_flag_callback(
      "--no-dwarf", [&o] { o.use_dwarf = false; }, "leave debug information alone");
  app.add_flag_callback(
      "--no-symbols", [&o] { o.use_symbols = false; }, "leave the symbol table alone");
  app.add_flag_callback(
      "--no-cache", [&o] { o.use_cache = false; }, "read the machine code anew, and keep nothing of it");
  app.add_flag("--dry-run", o.dry_run, "only say how long a live target would be held still");
}

void add_options(CLI::App& app, Options& o) {
  if (o.verb != Verb::kPs) add_target_options(app, o);
  app.add_flag("--json", o.json, "exact numbers as JSON instead of text");
  if (o.verb == Verb::kReport) {
    static const std::map<std::string, Color> colors = {
        {"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}};
    app.add_option("--color", o.color, "auto, always or never [auto: on a terminal]")
        ->type_name("WHEN")
        ->transform(CLI::Transformer(colors).description(""));
  }
  if (o.verb == Verb::kAudit) app.add_flag("--strict", o.strict, "exit with 3 unless the audit is clean");
  if (o.verb == Verb::kCapture) {
    app.add_option("-o,--output", o.output, "the file to write")->type_name("FILE");
    app.add_flag("--with-content", o.with_content,
                 "keep what objects and variables contain, too: user data; without it the file has none");
  }
  if (is_table(o.verb)) add_table_options(app, o);
  if (o.verb == Verb::kTypes) add_type_options(app, o);
  if (o.verb == Verb::kGoroutines) {
    app.add_flag("--stacks", o.stacks, "print the stack under each line");
    app.add_flag("--group", o.group, "one line for goroutines with equal stacks");
  }
}

// Edit distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

bool is_word(const std::string& argument) {
  return !argument.starts_with("-");
}

std::string general_help() {
  std::string text =
      "Says what holds the memory of a Go process.\nUsage: holdfast [VERB] TARGET [OPTIONS]\n\n"
      "TARGET is a pid, a process name, a core file or a .hold file.\n\nVerbs:\n";
  for (const VerbText& verb : kVerbs) text += fmt::format("  {:<12} {}\n", verb.name, verb.help);
  return text +
         "\nholdfast VERB --help lists the options of a verb. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a gate "
         "found\nsomething.\n\nExample: holdfast 4711\n";
}

std::string column_help(const Options& options) {
  const auto list = [](const view::TableShape& shape) {
    std::string text;
    for (const view::Column& column : shape.columns)
      text += fmt::format("  {:<16} {}{}\n", column.name, column.meaning, column.in_text ? "" : " (when asked for)");
    return text;
  };
  Options other = options;
  other.group = true;
  other.conflicts = true;
  std::string text = "Columns, which can be named by their beginning:\n" + list(shape_of(options));
  if (options.verb == Verb::kGoroutines) text += "With --group:\n" + list(shape_of(other));
  if (options.verb == Verb::kTypes) text += "With --conflicts:\n" + list(shape_of(other));
  return text + fmt::format("Sorted by {} unless --sort is given. Numbers can carry units: 16KiB, 1.5GiB, 90s, 5m.\n\n",
                            shape_of(options).default_sort);
}

// A value that begins with '-' would look like an option: `--sort -bytes` becomes `--sort=-bytes`.
std::vector<std::string> join_values(const std::vector<std::string>& arguments) {
  static constexpr std::array<std::string_view, 4> kJoined = {"--top", "--sort", "--filter", "--columns"};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const bool joins = std::find(kJoined.begin(), kJoined.end(), arguments[i]) != kJoined.end();
    out.push_back(arguments[i]);
    if (joins && i + 1 < arguments.size()) out.back() += "=" + arguments[++i];
  }
  return out;
}

[[noreturn]] void refuse_verb(const std::string& word) {
  const std::string_view near = verb_like(word);
  fail(ErrorCode::kUsage, "there is no verb \"{}\"{} holdfast --help lists them", word,
       near.empty() ? ":" : fmt::format("; did you mean \"{}\"?", near));
}

[[noreturn]] void refuse_extras(const Options& options, const std::vector<std::string>& extras, bool verb_given,
                                const char* verb) {
  const auto option = std::find_if_not(extras.begin(), extras.end(), is_word);
  const auto word = std::find_if(extras.begin(), extras.end(), is_word);
  if (!verb_given && word != extras.end()) {
    if (verb_named(options.target) != nullptr)
      fail(ErrorCode::kUsage, "the verb comes first: holdfast {0} TARGET ...; holdfast {0} --help", options.target);
    if (verb_named(*word) != nullptr)
      fail(ErrorCode::kUsage, "the verb comes first: holdfast {} {}", *word, options.target);
    refuse_verb(options.target);
  }
  if (option != extras.end())
    fail(ErrorCode::kUsage, "{} takes no option {}; holdfast {} --help lists them", verb, *option, verb);
  fail(ErrorCode::kUsage, "{}: what is \"{}\"?",
       options.verb == Verb::kPs ? "ps takes no TARGET" : "one TARGET is enough", *word);
}

std::string help_of(const CLI::App& app, const Options& options, const VerbText& verb) {
  std::string text = app.help();
  text.erase(0, text.find_first_not_of('\n'));
  text.erase(text.find_last_not_of(" \n") + 1);
  text += "\n\n";
  if (is_table(options.verb)) text += column_help(options);
  return text + "Example: " + verb.example + "\n";
}

}  // namespace

Parsed parse(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h")
    return {{}, true, general_help()};
  if (arguments.front() == "help") {
    if (arguments.size() == 1) return {{}, true, general_help()};
    if (verb_named(arguments[1]) == nullptr) refuse_verb(arguments[1]);
    return parse({arguments[1], "--help"});
  }
  if (arguments.front() == "--version") return {{}, true, fmt::format("holdfast {}\n", holdfast_version())};
  const VerbText* named = verb_named(arguments.front());
  const VerbText& verb = named != nullptr ? *named : kVerbs.front();
  Parsed parsed;
  parsed.options.verb = verb.verb;
  CLI::App app(verb.help, std::string("holdfast ") + verb.name);
  app.get_formatter()->column_width(26);
  app.get_formatter()->label("REQUIRED", "");
  app.set_help_flag("-h,--help", "print this");
  app.allow_extras();
  add_options(app, parsed.options);
  std::vector<std::string> rest = join_values({arguments.begin() + (named != nullptr ? 1 : 0), arguments.end()});
  std::reverse(rest.begin(), rest.end());  // CLI11 takes them from the back
  try {
    app.parse(rest);
  } catch (const CLI::CallForHelp&) {
    return {{}, true, help_of(app, parsed.options, verb)};
  } catch (const CLI::RequiredError&) {
    fail(ErrorCode::kUsage,
         "which TARGET? holdfast {} needs a pid, a process name, a core file or a .hold file; holdfast ps lists the Go "
         "processes here",
         verb.name);
  } catch (const CLI::ParseError& error) {
    fail(ErrorCode::kUsage, "{}; holdfast {} --help lists the options", error.what(), verb.name);
  }
  const std::vector<std::string> extras = app.remaining();
  if (!extras.empty()) refuse_extras(parsed.options, extras, named != nullptr, verb.name);
  const Options& o = parsed.options;
  if (o.verb == Verb::kCapture && o.output.empty() && !o.dry_run)
    fail(ErrorCode::kUsage, "which file is to be written? holdfast capture {} -o FILE.hold", o.target);
  if (int{o.compare_dwarf} + int{o.conflicts} + int{o.of.has_value()} > 1)
    fail(ErrorCode::kUsage, "one of --compare-dwarf, --of and --conflicts at a time");
  return parsed;
}

std::string_view verb_like(std::string_view word) {
  const auto nearest = std::min_element(kVerbs.begin(), kVerbs.end(), [&](const VerbText& a, const VerbText& b) {
    return distance(word, a.name) < distance(word, b.name);
  });
  return distance(word, nearest->name) <= kNear ? nearest->name : "";
}

bool is_table(Verb verb) {
  return verb == Verb::kTypes || verb == Verb::kRoots || verb == Verb::kSpans || verb == Verb::kGoroutines ||
         verb == Verb::kPs;
}

view::TableShape shape_of(const Options& options) {
  switch (options.verb) {
    case Verb::kTypes:
      return options.conflicts ? view::conflict_shape() : view::type_shape();
    case Verb::kRoots:
      return view::root_shape();
    case Verb::kSpans:
      return view::span_shape();
    case Verb::kGoroutines:
      return view::goroutine_shape(options.group);
    case Verb::kPs:
      return process_shape();
    case Verb::kReport:
    case Verb::kAudit:
    case Verb::kCapture:
      break;
  }
  HOLDFAST_CHECK(false && "a verb without a table");
  return {};
}

}  // namespace holdfast::cli
