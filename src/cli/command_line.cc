#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/version.h"
#include "cli/manual.h"
#include "cli/terminal.h"
#include "view/table_query.h"

namespace holdfast::cli {
namespace {

bool is_word(const std::string& argument) {
  return !argument.starts_with("-") || argument == "-";
}

// A failure of `set` is about the option that it sets.
void set_named(const std::string& name, void (*set)(Options&, const std::string&), Options& options,
               const std::string& value) {
  in_context([&] { set(options, value); }, "{}", name);
}

void check_choice(const Flag& flag, const std::string& value) {
  if (flag.choices == nullptr) return;
  const std::string padded = fmt::format(" {} ", flag.choices);
  const bool is_one_word = !value.empty() && value.find(' ') == std::string::npos;
  if (is_one_word && padded.find(fmt::format(" {} ", value)) != std::string::npos) return;
  fail(ErrorCode::kUsage, "{}: \"{}\" is none of: {}", long_name(flag), value, flag.choices);
}

void add_flag(CLI::App& app, const Flag& flag, Options& options) {
  const auto take = [&flag, &options](const std::vector<std::string>& values) {
    if (values.size() > 1 && !flag.repeats)
      fail(ErrorCode::kUsage, "{} is given {} times: once is enough", long_name(flag), values.size());
    options.given.push_back(&flag);
    for (const std::string& value : values) {
      check_choice(flag, value);
      set_named(std::string(long_name(flag)), flag.set, options, value);
    }
    return true;
  };
  if (flag.value == nullptr)
    app.add_flag_callback(
        flag.name,
        [&flag, &options] {
          options.given.push_back(&flag);
          flag.set(options, "");
        },
        flag.help);
  else
    app.add_option(flag.name, take, flag.help)->type_name(flag.value)->expected(1)->take_all();
}

// The words that are no options: TARGET, then the verb's own.
void take_words(const Verb& verb, bool verb_given, std::vector<std::string> words, Options& options) {
  const std::size_t wanted = (verb.answers != Answers::kNobody ? 1 : 0) + verb.arguments.size();
  if (verb.answers != Answers::kNobody && words.empty() && !verb.target_optional)
    fail(ErrorCode::kUsage,
         "which TARGET? `holdfast {}` needs a pid, a process name, a core file or a .hold file; `holdfast ps` lists "
         "the Go "
         "processes here",
         verb.name);
  if (!verb_given && words.size() > 1) {
    if (verb_named(words[0]) != nullptr)
      fail(ErrorCode::kUsage, "the verb comes first: `holdfast {0} TARGET ...`; `holdfast {0} --help`", words[0]);
    if (verb_named(words[1]) != nullptr)
      fail(ErrorCode::kUsage, "the verb comes first: `holdfast {} {}`", words[1], words[0]);
    refuse_verb(words[0]);
  }
  if (words.size() > wanted && wanted == 0 && verb.answers == Answers::kNobody)
    fail(ErrorCode::kUsage, "{} takes no TARGET: what is \"{}\"?", verb.name, words[0]);
  const bool takes_all = !verb.arguments.empty() && verb.arguments.back().repeats;
  if (words.size() > wanted && !takes_all)
    fail(ErrorCode::kUsage, "{}: what is \"{}\"?",
         verb.arguments.empty() ? "one TARGET is enough" : fmt::format("{} takes no more", verb.name), words[wanted]);
  std::size_t next = 0;
  if (verb.answers != Answers::kNobody && next < words.size()) options.target = words[next++];
  for (const Argument& argument : verb.arguments) {
    if (next == words.size() && argument.optional) break;
    if (next == words.size()) fail(ErrorCode::kUsage, "which {}? For example: `{}`", argument.name, verb.example);
    do set_named(argument.name, argument.set, options, words[next++]);
    while (argument.repeats && next < words.size());
  }
}

// A value that begins with '-' would look like an option: `--sort -bytes` becomes `--sort=-bytes`. To CLI11 the value
// of
// `--sort=` is the next word.
std::vector<std::string> join_values(const Verb& verb, std::span<const std::string> arguments) {
  const auto takes_value = [&](std::string_view word) {
    for (const std::span<const Flag> group : verb.flags)
      for (const Flag& flag : group)
        if (flag.value != nullptr && word == long_name(flag)) return true;
    return false;
  };
  std::vector<std::string> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    out.push_back(arguments[i]);
    if (takes_value(arguments[i]) && i + 1 < arguments.size()) out.back() += "=" + arguments[++i];
    const std::string_view name = std::string_view(out.back()).substr(0, out.back().size() - 1);
    if (out.back().ends_with('=') && takes_value(name))
      fail(ErrorCode::kUsage, "{} needs a value that is not empty", name);
  }
  return out;
}

Parsed parse_verb(const Verb& verb, bool verb_given, std::span<const std::string> arguments) {
  Parsed parsed;
  parsed.verb = &verb;
  CLI::App app(verb.help, std::string("holdfast ") + verb.name);
  app.set_help_flag("-h,--help", "print this");
  app.allow_extras();
  for (const std::span<const Flag> group : verb.flags)
    for (const Flag& flag : group) add_flag(app, flag, parsed.options);
  // Behind "--" stands what is no option of ours, however it looks.
  const auto dashes = std::ranges::find(arguments, "--");
  const std::vector<std::string> passed_on(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());
  std::vector<std::string> rest = join_values(verb, {arguments.begin(), dashes});
  std::reverse(rest.begin(), rest.end());  // CLI11 takes them from the back
  try {
    app.parse(rest);
  } catch (const CLI::CallForHelp&) {
    return {&verb, {}, true, verb_help(verb, help_width())};
  } catch (const CLI::ParseError& error) {
    fail(ErrorCode::kUsage, "{}; `holdfast {} --help` lists the options", error.what(), verb.name);
  }
  std::vector<std::string> words;
  std::optional<std::string> unknown;
  for (const std::string& extra : app.remaining()) {
    if (is_word(extra))
      words.push_back(extra);
    else if (!unknown)
      unknown = extra;
  }
  words.insert(words.end(), passed_on.begin(), passed_on.end());
  const bool names_verb = !verb_given && words.size() > 1;
  if (unknown && !names_verb)
    fail(ErrorCode::kUsage, "{} takes no option {}; `holdfast {} --help` lists them", verb.name, *unknown, verb.name);
  take_words(verb, verb_given, std::move(words), parsed.options);
  if (verb.check != nullptr) verb.check(parsed.options);
  if (verb.shape != nullptr) view::plan_table(verb.shape(parsed.options), parsed.options.table);
  return parsed;
}

}  // namespace

Parsed parse(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h")
    return {verb_named("help"), {}, true, general_help(help_width())};
  if (arguments.front() == "--version") return {nullptr, {}, true, fmt::format("holdfast {}\n", holdfast_version())};
  const Verb* const named = verb_named(arguments.front());
  return parse_verb(named != nullptr ? *named : *verbs().front(), named != nullptr,
                    std::span(arguments).subspan(named != nullptr ? 1 : 0));
}

}  // namespace holdfast::cli
