#include "cli/go_build.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "cli/output.h"
#include "os/run_program.h"

namespace holdfast::cli {
namespace {

// The value of "-name=value" or "--name=value"; of "-name value" the next word, which is left out then.
std::optional<std::string> flag_value(std::string_view name, const std::vector<std::string>& words, std::size_t& at) {
  std::string_view word = words[at];
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  if (!words[at].starts_with('-') || !word.starts_with(name)) return std::nullopt;
  word.remove_prefix(name.size());
  if (word.starts_with('=')) return std::string(word.substr(1));
  if (!word.empty() || at + 1 == words.size()) return std::nullopt;
  return words[++at];
}

// "PATTERN=FLAGS": flags begin with a dash, patterns do not.
struct CompilerFlags {
  std::string pattern, flags;
};
CompilerFlags split_flags(const std::string& value) {
  const std::size_t equals = value.find('=');
  if (value.empty() || value.front() == '-' || value.front() == '\'' || value.front() == '"' ||
      equals == std::string::npos)
    return {"", value};
  return {value.substr(0, equals), value.substr(equals + 1)};
}

// The user's words without -o, and the flags for the compiler with ours.
struct Words {
  std::vector<std::string> others, compiler;
};
Words with_flags(const std::vector<std::string>& arguments, const std::string& ours) {
  Words out;
  std::string of_named;  // what goes for packages on the command line
  std::vector<std::string> patterns;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    if (flag_value("o", arguments, at)) continue;
    const auto value = flag_value("gcflags", arguments, at);
    if (!value) {
      out.others.push_back(arguments[at]);
      continue;
    }
    const CompilerFlags flags = split_flags(*value);
    if (flags.pattern.empty() || flags.pattern == "all") of_named = flags.flags + " ";
    if (flags.pattern == "all")
      out.compiler.push_back("-gcflags=" + *value);
    else if (!flags.pattern.empty())
      patterns.push_back(fmt::format("-gcflags={}={} {}", flags.pattern, flags.flags, ours));
  }
  // Of several that fit a package, the go command takes the last.
  out.compiler.push_back("-gcflags=" + of_named + ours);
  out.compiler.insert(out.compiler.end(), patterns.begin(), patterns.end());
  return out;
}

// Passes on what is not the compiler's talk about its decisions: the errors.
void pass_on_errors(std::string_view text) {
  constexpr std::size_t kMostLines = 20;
  static constexpr std::string_view kTalk[] = {
      " escapes to heap", " does not escape", "moved to heap: ", "leaking param", "inlining call to ", "can inline ",
      "cannot inline ",   " capturing by ",   "  flow: ",        "    from ",     " leaks to "};
  for (std::size_t lines = 0; !text.empty() && lines < kMostLines;) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || std::ranges::any_of(kTalk, [&](auto one) { return line.find(one) != line.npos; })) continue;
    remark(line);
    ++lines;
  }
}

os::ProgramResult run_go(const std::vector<std::string>& words) {
  os::ProgramResult result = os::run_program(words, "");
  if (result.status == 0) return result;
  pass_on_errors(result.errors);
  fail(ErrorCode::kSystem, "{} {} failed with exit code {}", words[0], words[1], result.status);
}

}  // namespace

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "holdfast-escape-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail_with_errno(errno, fmt::format("cannot make a folder like {}", pattern));
  path_ = pattern;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

GoBuild run_go_build(std::vector<std::string> arguments) {
  // The go command wants its flags before packages.
  const auto flag = std::ranges::find_if(arguments, [](const std::string& word) { return word.starts_with('-'); });
  std::rotate(arguments.begin(), flag, arguments.end());
  GoBuild build{std::make_unique<ScratchFolder>(), {}, {}, {}};
  const std::string& folder = build.folder->path();
  build.json = folder + "/json";
  const Words words = with_flags(arguments, fmt::format("-m=2 -json=0,{}", build.json));

  std::vector<std::string> list = {"go", "list", "-f", "{{if eq .Name \"main\"}}{{.ImportPath}}{{end}}"};
  list.insert(list.end(), words.others.begin(), words.others.end());
  const bool has_commands = run_go(list).output.find_first_not_of('\n') != std::string::npos;

  const std::string programs = folder + "/programs/";
  std::filesystem::create_directories(programs);
  std::vector<std::string> command = {"go", "build", "-o", has_commands ? programs : "/dev/null"};
  command.insert(command.end(), words.compiler.begin(), words.compiler.end());
  command.insert(command.end(), words.others.begin(), words.others.end());
  build.text = run_go(command).errors;
  for (const auto& entry : std::filesystem::directory_iterator(programs))
    build.programs.push_back(entry.path().string());
  std::ranges::sort(build.programs);
  return build;
}

}  // namespace holdfast::cli
