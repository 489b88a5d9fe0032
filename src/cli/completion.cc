#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "cli/verb.h"

namespace holdfast::cli {
namespace {

// Asks holdfast itself for the pids of the processes that have Go code, and leaves out the heading and the sum.
constexpr std::string_view kPids = "holdfast ps --columns pid --top 0 2>/dev/null | grep -oxE \" *[0-9]+\"";

std::string option_names(const Verb& verb) {
  std::string out = "--help";
  for (const std::span<const Flag> group : verb.flags)
    for (const Flag& flag : group) out += fmt::format(" {}", long_name(flag));
  return out;
}

// Those of all forms of the verb's table, each once.
std::string column_names(const Verb& verb) {
  std::string out;
  std::set<std::string_view> names;
  if (verb.shape == nullptr) return out;
  for (const bool each : {false, true}) {
    Options options;
    options.each = each;
    for (const view::Column& column : verb.shape(options).columns)
      if (names.insert(column.name).second) out += fmt::format("{}{}", out.empty() ? "" : " ", column.name);
  }
  return out;
}

// Returns the words that the option's value can be or begin with; empty if nobody knows them.
std::string values_of(const Verb& verb, const Flag& flag) {
  if (flag.choices != nullptr) return flag.choices;
  const bool names_a_column =
      flag.value != nullptr && (std::string_view(flag.value).starts_with("COLUMN") || long_name(flag) == "--filter");
  return names_a_column ? column_names(verb) : "";
}

// Returns what may stand where the verb takes no option.
std::string argument_words(const Verb& verb) {
  std::string out;
  for (const Argument& argument : verb.arguments)
    if (argument.choices != nullptr) out += argument.choices();
  return out;
}

// Makes a branch for each option of the verb that takes a value.
std::string bash_values(const Verb& verb) {
  std::string out;
  for (const std::span<const Flag> group : verb.flags)
    for (const Flag& flag : group) {
      if (flag.value == nullptr) continue;
      std::string names = flag.name;
      std::replace(names.begin(), names.end(), ',', '|');
      const std::string values = flag.is_file ? "-f" : fmt::format("-W \"{}\"", values_of(verb, flag));
      out += fmt::format("        {}) COMPREPLY=($(compgen {} -- \"$word\")); return ;;\n", names, values);
    }
  return out;
}

std::string bash_branch(const Verb& verb, std::string_view pattern) {
  std::string out = fmt::format("    {})\n      options=\"{}\" words=\"{}\"{}\n", pattern, option_names(verb),
                                argument_words(verb), verb.answers == Answers::kNobody ? " has_target=" : "");
  if (const std::string values = bash_values(verb); !values.empty())
    out += fmt::format("      case $before in\n{}      esac\n", values);
  return out + "      ;;\n";
}

std::string bash() {
  std::string out = fmt::format(
      "# holdfast completion for bash: source <(holdfast completion bash)\n_holdfast() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  local verb= verbs= options= words= has_target=yes\n"
      "  if [[ $COMP_CWORD -gt 1 ]]; then verb=${{COMP_WORDS[1]}}; else verbs=\"{}\"; fi\n"
      "  # --option=value is three words.\n"
      "  [[ $word != = ]] || word=\n"
      "  [[ $before != = ]] || before=${{COMP_WORDS[COMP_CWORD-2]}}\n"
      "  case $verb in\n",
      verb_names());
  for (const Verb* const verb : verbs()) out += bash_branch(*verb, verb->name);
  out += bash_branch(*verbs().front(), "*");
  return out + fmt::format(
                   "  esac\n"
                   "  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                   "  elif [[ $has_target ]]; then\n"
                   "    COMPREPLY=($(compgen -f -W \"$verbs $({})\" -- \"$word\"))\n"
                   "  else\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                   "  fi\n}}\ncomplete -o filenames -F _holdfast holdfast\n",
                   kPids);
}

// zsh runs the script of bash.
std::string zsh() {
  return "#compdef holdfast\n# holdfast completion for zsh: source <(holdfast completion zsh)\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash();
}

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_flag(const Verb& verb, const Flag& flag) {
  std::string line = fmt::format("complete -c holdfast -n '__holdfast_verb_is {}' -l {} -d {}", verb.name,
                                 long_name(flag).substr(2), fish_quoted(flag.help));
  if (!std::string_view(flag.name).starts_with("--")) line += fmt::format(" -s {}", flag.name[1]);
  if (flag.value == nullptr) return line + "\n";
  line += flag.is_file ? " -r -F" : " -x";
  if (const std::string values = values_of(verb, flag); !values.empty())
    line += fmt::format(" -a {}", fish_quoted(values));
  return line + "\n";
}

// The verb is the first word, or else what is meant if none is named.
std::string fish_functions() {
  return fmt::format(
      "function __holdfast_verb_is\n"
      "  set -l words (commandline -opc)\n"
      "  set -l verb {0}\n"
      "  if set -q words[2]; and contains -- $words[2] {1}\n"
      "    set verb $words[2]\n"
      "  end\n"
      "  contains -- $verb $argv\n"
      "end\n",
      verbs().front()->name, verb_names());
}

std::string fish() {
  std::string out = "# holdfast completion for fish: holdfast completion fish | source\n" + fish_functions();
  std::string without_target;
  for (const Verb* const verb : verbs()) {
    out +=
        fmt::format("complete -c holdfast -n __fish_use_subcommand -a {} -d {}\n", verb->name, fish_quoted(verb->help));
    if (verb->answers == Answers::kNobody) without_target += fmt::format(" {}", verb->name);
    if (const std::string words = argument_words(*verb); !words.empty())
      out += fmt::format("complete -c holdfast -n '__holdfast_verb_is {}' -a {}\n", verb->name, fish_quoted(words));
  }
  out += fmt::format("complete -c holdfast -n '__holdfast_verb_is{}' -f\n", without_target);
  out += fmt::format("complete -c holdfast -n 'not __holdfast_verb_is{}' -a '({})' -d 'Go process'\n", without_target,
                     kPids);
  for (const Verb* const verb : verbs())
    for (const std::span<const Flag> group : verb->flags)
      for (const Flag& flag : group) out += fish_flag(*verb, flag);
  return out;
}

}  // namespace

std::string completion(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  if (shell == "fish") return fish();
  fail(ErrorCode::kUsage, "there is completion for bash, zsh and fish, not for \"{}\"", shell);
}

}  // namespace holdfast::cli
