#include "cli/manual.h"

#include <fmt/format.h>

#include "base/terminal_text.h"
#include "base/version.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view kTargets = "TARGET is a pid, a process name, a core file or a .hold file.";
constexpr std::string_view kExitCodes = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a gate found something.";
constexpr std::string_view kUnits = "Numbers can carry units: 16KiB, 1.5GiB, 90s, 5m.";

// "holdfast types TARGET [OPTIONS]"
std::string usage(const Verb& verb) {
  std::string text = fmt::format("holdfast {}", verb.name);
  if (verb.answers != Answers::kNobody) text += verb.target_optional ? " [TARGET]" : " TARGET";
  for (const Argument& argument : verb.arguments) {
    const std::string name = fmt::format("{}{}", argument.name, argument.repeats ? "..." : "");
    text += argument.optional ? fmt::format(" [{}]", name) : " " + name;
  }
  return text + (verb.flags.empty() ? "" : " [OPTIONS]");
}

// "-o,--output FILE"
std::string left_side(const Flag& flag) {
  return flag.value == nullptr ? std::string(flag.name) : fmt::format("{} {}", flag.name, flag.value);
}

template <typename Use>
void for_each_flag(const Verb& verb, const Use& use) {
  for (const std::span<const Flag> group : verb.flags)
    for (const Flag& flag : group) use(flag);
}

// ": data, bss"; nothing if they are too many to read.
std::string words_text(std::vector<std::string_view> words) {
  constexpr std::size_t kMostListed = 24;
  std::erase(words, std::string_view());
  return words.size() > kMostListed ? "" : fmt::format(": {}", fmt::join(words, ", "));
}

std::string column_meaning(const view::Column& column) {
  std::string text(column.meaning);
  if (column.words != nullptr) text += words_text(column.words());
  if (!words_of(column.unit).empty()) text += fmt::format(" [{}]", words_of(column.unit));
  if (column.shown == view::Shown::kIfAny) return text + " (if there are any)";
  return text + (column.shown == view::Shown::kWhenAsked ? " (when asked for)" : "");
}

// A leading dot, a backslash and a hyphen mean something to roff.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '-') out += '\\';
    if (c == '.' && out.empty()) out += "\\&";
    out += c;
  }
  return out;
}

std::string roff_entry(std::string_view term, std::string_view meaning) {
  return fmt::format(".TP\n.B {}\n{}\n", roff(term), roff(meaning));
}

void add_markdown(const Verb& verb, std::string& out) {
  out += fmt::format("\n## {}\n\n{}.\n\n    {}\n\nExample: `{}`\n", verb.name, verb.help, usage(verb), verb.example);
  if (verb.answers == Answers::kProcessAndCore) out += "\nA `.hold` file cannot answer it.\n";
  if (!verb.arguments.empty() || !verb.flags.empty()) out += "\n| option | meaning |\n|---|---|\n";
  for (const Argument& argument : verb.arguments) out += fmt::format("| `{}` | {} |\n", argument.name, argument.help);
  for_each_flag(verb, [&](const Flag& flag) { out += fmt::format("| `{}` | {} |\n", left_side(flag), flag.help); });
  if (verb.shape == nullptr) return;
  const view::TableShape shape = verb.shape({});
  out += fmt::format("\nSorted by `{}`.\n\n| column | meaning |\n|---|---|\n", shape.default_sort);
  for (const view::Column& column : shape.columns)
    out += fmt::format("| `{}` | {} |\n", column.name, column_meaning(column));
}

}  // namespace

std::string general_help(std::size_t width) {
  std::string text = "Says what holds the memory of a Go process.\nUsage: holdfast [VERB] TARGET [OPTIONS]\n\n";
  text += wrapped("", kTargets, width) + "\nVerbs:\n";
  for (const Verb* verb : verbs()) text += wrapped(fmt::format("  {:<16} ", verb->name), verb->help, width);
  return text + "\n`holdfast VERB --help` lists the options of a verb.\n" + wrapped("", kExitCodes, width) +
         "\nExample: holdfast 4711\n";
}

std::string verb_help(const Verb& verb, std::size_t width) {
  std::string text = wrapped("", verb.help, width) + fmt::format("Usage: {}\n\n", usage(verb));
  if (verb.answers != Answers::kNobody) text += wrapped("", kTargets, width) + "\n";
  const auto add = [&](std::string_view left, std::string_view meaning) {
    text += wrapped(fmt::format("  {:<22}  ", left), meaning, width);
  };
  for (const Argument& argument : verb.arguments) add(argument.name, argument.help);
  add("-h,--help", "print this");
  for_each_flag(verb, [&](const Flag& flag) { add(left_side(flag), flag.help); });
  if (verb.shape != nullptr) {
    const view::TableShape shape = verb.shape({});
    text += "\nColumns, which can be named by their beginning:\n";
    for (const view::Column& column : shape.columns)
      text += wrapped(fmt::format("  {:<12} ", column.name), column_meaning(column), width);
    text += wrapped("", fmt::format("Sorted by {} unless --sort is given. {}", shape.default_sort, kUnits), width);
  }
  return text + fmt::format("\nExample: {}\n", verb.example);
}

std::string man_page() {
  std::string out = fmt::format(
      ".TH HOLDFAST 1 \"\" \"holdfast {}\"\n.SH NAME\nholdfast \\- says what holds the memory of a Go process\n"
      ".SH SYNOPSIS\n.B holdfast\n[\\fIVERB\\fR] \\fITARGET\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n{}\n{}\n",
      holdfast_version(), roff(kTargets),
      roff("No verb means report. Results go to standard output, progress and warnings "
           "to standard error."));
  for (const Verb* verb : verbs()) {
    out += fmt::format(".SH {}\n{}.\n.PP\n.B {}\n", verb->name, roff(verb->help), roff(usage(*verb)));
    for (const Argument& argument : verb->arguments) out += roff_entry(argument.name, argument.help);
    for_each_flag(*verb, [&](const Flag& flag) { out += roff_entry(left_side(flag), flag.help); });
    out += fmt::format(".PP\nExample: {}\n", roff(verb->example));
  }
  return out + fmt::format(".SH EXIT STATUS\n{}\n", roff(kExitCodes));
}

std::string markdown_page() {
  std::string out = fmt::format(
      "# Commands\n\nMade by `holdfast help --format markdown`; a test compares.\n\n{}\nNo verb means `report`. "
      "Results go to stdout, progress and warnings to stderr. {}\n\n| verb | answers |\n|---|---|\n",
      kTargets, kExitCodes);
  for (const Verb* verb : verbs()) out += fmt::format("| [{0}](#{0}) | {1} |\n", verb->name, verb->help);
  for (const Verb* verb : verbs()) add_markdown(*verb, out);
  return out;
}

}  // namespace holdfast::cli
