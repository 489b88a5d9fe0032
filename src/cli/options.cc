#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>

#include "base/error.h"

namespace holdfast::cli {
namespace {

struct VerbText {
  Verb verb;
  const char* name;
  const char* help;
  const char* example;
};

constexpr std::array kVerbs = {
    VerbText{Verb::kReport, "report", "where every byte is, what holds it (the default)", "holdfast 4711"},
    VerbText{Verb::kAudit, "audit", "our graph against the runtime's own marks and counters",
             "holdfast audit --strict 4711"},
    VerbText{Verb::kCapture, "capture", "write a .hold file to look at later or elsewhere",
             "holdfast capture 4711 -o incident.hold"},
    VerbText{Verb::kTypes, "types", "objects by type", "holdfast types --sort count 4711"},
    VerbText{Verb::kRoots, "roots", "what holds memory from outside the heap, with what each retains",
             "holdfast roots --filter kind=global 4711"},
    VerbText{Verb::kSpans, "spans", "the heap's spans", "holdfast spans --sort objects 4711"},
    VerbText{Verb::kGoroutines, "goroutines", "goroutines, what they wait for and what they hold",
             "holdfast goroutines --group 4711"},
    VerbText{Verb::kPs, "ps", "the Go processes here; none of them is stopped", "holdfast ps"},
};

bool is_table(Verb verb) {
  return verb == Verb::kTypes || verb == Verb::kRoots || verb == Verb::kSpans || verb == Verb::kGoroutines;
}

void add_options(CLI::App& app, Options& o, Verb verb) {
  app.add_flag("--json", o.json, "exact numbers as JSON instead of text");
  if (verb == Verb::kPs) return;
  app.add_option("TARGET", o.target, "a pid, a process name, a core file or a .hold file")->required();
  app.add_option("--exe", o.exe, "the program of a core file [found through the core's notes]");
  app.add_option("--threads", o.threads, "how many threads to work with [all processors]");
  app.add_flag("!--no-dwarf", o.use_dwarf, "leave debug information alone");
  app.add_flag("!--no-symbols", o.use_symbols, "leave the symbol table alone");
  app.add_flag("--dry-run", o.dry_run, "only say how long a live target would be held still");
  const std::map<std::string, Color> colors = {
      {"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}};
  app.add_option("--color", o.color, "auto, always or never [auto: on a terminal]")
      ->transform(CLI::CheckedTransformer(colors).description(""));
  if (verb == Verb::kAudit) app.add_flag("--strict", o.strict, "exit with 3 unless the audit is clean");
  if (verb == Verb::kCapture) {
    app.add_option("-o,--output", o.output, "the file to write")->required();
    app.add_flag("--with-content", o.with_content, "include the contents of objects, which can be user data");
  }
  if (is_table(verb)) {
    app.add_option("--top", o.top, "how many rows, 0 for all [30]");
    app.add_option("--sort", o.sort, "column to sort by; -COLUMN turns the order round");
    app.add_option("--filter", o.filter, "TEXT, COLUMN=TEXT, COLUMN>NUMBER or COLUMN<NUMBER");
  }
  if (verb == Verb::kGoroutines) {
    app.add_flag("--stacks", o.stacks, "print the stack under each line");
    app.add_flag("--group", o.group, "one line for goroutines with equal stacks");
  }
}

// Edit distance, for "did you mean".
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

const VerbText* verb_named(std::string_view name) {
  for (const VerbText& verb : kVerbs)
    if (verb.name == name) return &verb;
  return nullptr;
}

// With two words the first has to be a verb.
void check_verb(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  for (const std::string& argument : arguments)
    if (!argument.starts_with("-")) words.push_back(argument);
  if (words.size() < 2 || verb_named(words.front()) != nullptr || arguments.front().starts_with("-")) return;
  const auto nearest = std::min_element(kVerbs.begin(), kVerbs.end(), [&](const VerbText& a, const VerbText& b) {
    return distance(words.front(), a.name) < distance(words.front(), b.name);
  });
  fail(ErrorCode::kUsage, "there is no verb \"{}\"; did you mean \"{}\"? holdfast --help lists them", words.front(),
       nearest->name);
}

std::string general_help() {
  std::string text =
      "holdfast [VERB] TARGET [options]\n\nSays what holds the memory of a Go process. TARGET is a pid, a process "
      "name, a core "
      "file or a .hold file.\n\n";
  for (const VerbText& verb : kVerbs) text += fmt::format("  {:<12} {}\n", verb.name, verb.help);
  return text + "\nholdfast VERB --help lists the options of a verb.\n";
}

}  // namespace

Parsed parse(const std::vector<std::string>& arguments) {
  Parsed parsed;
  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h" || arguments.front() == "help")
    return {{}, true, general_help()};
  if (arguments.front() == "--version") return {{}, true, "holdfast " HOLDFAST_VERSION "\n"};
  check_verb(arguments);
  const VerbText* verb = verb_named(arguments.front());
  std::vector<std::string> rest(arguments.begin() + (verb != nullptr ? 1 : 0), arguments.end());
  if (verb == nullptr) verb = kVerbs.data();
  parsed.options.verb = verb->verb;
  CLI::App app(verb->help, std::string("holdfast ") + verb->name);
  app.footer(std::string("Example: ") + verb->example);
  add_options(app, parsed.options, verb->verb);
  std::reverse(rest.begin(), rest.end());  // CLI11 takes them from the back
  try {
    app.parse(rest);
  } catch (const CLI::CallForHelp&) {
    return {{}, true, app.help()};
  } catch (const CLI::ParseError& error) {
    fail(ErrorCode::kUsage, "{}; holdfast {} --help lists the options", error.what(), verb->name);
  }
  return parsed;
}

}  // namespace holdfast::cli
