#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "cli/verb.h"

namespace holdfast::cli {
namespace {

// Asks holdfast itself for the pids of the processes that have Go code.
constexpr std::string_view kPids = "holdfast ps --columns pid --top 0 2>/dev/null | tail -n +2";

std::string names_of(const Verb& verb) {
  std::string out = "--help";
  for (const std::span<const Flag> group : verb.flags)
    for (const Flag& flag : group) out += fmt::format(" {}", long_name(flag));
  return out;
}

std::string column_names(const Verb& verb) {
  std::string out;
  if (verb.shape == nullptr) return out;
  for (const view::Column& column : verb.shape({}).columns)
    out += fmt::format("{}{}", out.empty() ? "" : " ", column.name);
  return out;
}

std::string verb_names() {
  std::string out;
  for (const Verb* verb : verbs()) out += fmt::format("{}{}", out.empty() ? "" : " ", verb->name);
  return out;
}

// Makes a branch for each option whose values are known, or are files.
std::string bash_values() {
  std::string out;
  for (const Verb* verb : verbs())
    for (const std::span<const Flag> group : verb->flags)
      for (const Flag& flag : group) {
        if (flag.choices == nullptr && !flag.is_file) continue;
        std::string names = flag.name;
        std::replace(names.begin(), names.end(), ',', '|');
        const std::string values = flag.is_file ? "-f" : fmt::format("-W \"{}\"", flag.choices);
        const std::string line =
            fmt::format("    {}) COMPREPLY=($(compgen {} -- \"$word\")); return ;;\n", names, values);
        if (out.find(line) == std::string::npos) out += line;
      }
  return out;
}

std::string bash() {
  std::string out = fmt::format(
      "# holdfast completion for bash: source <(holdfast completion bash)\n_holdfast() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} verb=${{COMP_WORDS[1]}}\n"
      "  local verbs=\"{}\" options columns=\n  case $verb in\n",
      verb_names());
  for (const Verb* verb : verbs())
    out += fmt::format("    {}) options=\"{}\" columns=\"{}\" ;;\n", verb->name, names_of(*verb), column_names(*verb));
  out +=
      fmt::format("    *) options=\"{}\" ;;\n  esac\n  case $before in\n{}", names_of(*verbs().front()), bash_values());
  return out + fmt::format(
                   "    --sort|--columns|--filter) COMPREPLY=($(compgen -W \"$columns\" -- \"$word\")); return ;;\n"
                   "    help) COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\")); return ;;\n"
                   "    completion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$word\")); return ;;\n"
                   "  esac\n"
                   "  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
                   "  else\n"
                   "    [[ $COMP_CWORD -eq 1 ]] || verbs=\n"
                   "    COMPREPLY=($(compgen -f -W \"$verbs $({})\" -- \"$word\"))\n"
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
  std::string line = fmt::format("complete -c holdfast -n '__fish_seen_subcommand_from {}' -l {} -d {}", verb.name,
                                 long_name(flag).substr(2), fish_quoted(flag.help));
  if (std::string_view(flag.name).front() != '-' || std::string_view(flag.name)[1] != '-')
    line += fmt::format(" -s {}", flag.name[1]);
  if (flag.value == nullptr) return line + "\n";
  line += " -r";
  if (flag.choices != nullptr) line += fmt::format(" -f -a {}", fish_quoted(flag.choices));
  const std::string_view value = flag.value;
  if (value.starts_with("COLUMN")) line += fmt::format(" -f -a {}", fish_quoted(column_names(verb)));
  return line + "\n";
}

std::string fish() {
  std::string out = "# holdfast completion for fish: holdfast completion fish | source\n";
  for (const Verb* verb : verbs())
    out +=
        fmt::format("complete -c holdfast -n __fish_use_subcommand -a {} -d {}\n", verb->name, fish_quoted(verb->help));
  out += fmt::format("complete -c holdfast -a '({})' -d 'Go process'\n", kPids);
  out += fmt::format("complete -c holdfast -n '__fish_seen_subcommand_from help' -f -a '{}'\n", verb_names());
  out += "complete -c holdfast -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n";
  for (const Verb* verb : verbs())
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
