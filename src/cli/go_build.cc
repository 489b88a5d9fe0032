#include "cli/go_build.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <span>

#include "base/error.h"
#include "base/text.h"
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

// The words of $GOFLAGS, as the go command takes them apart: between spaces, and whole within quotes that a word begins
// with.
std::vector<std::string> split_words(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  std::vector<std::string> out;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
    if (text.empty()) return out;
    const bool is_quoted = text.front() == '\'' || text.front() == '"';
    const std::size_t end = is_quoted ? text.find(text.front(), 1) : text.find_first_of(kSpaces);
    out.emplace_back(text.substr(is_quoted ? 1 : 0, end == text.npos ? end : end - (is_quoted ? 1 : 0)));
    text.remove_prefix(end == text.npos ? text.size() : end + (is_quoted ? 1 : 0));
  }
}

// The user's words, apart.
struct Words {
  std::string folder;                 // of -C, which the go command wants first
  std::vector<std::string> compiler;  // -gcflags with ours
  std::vector<std::string> flags;     // the others, but for -o
  std::vector<std::string> packages;

  std::vector<std::string> command(std::string_view verb, std::span<const std::string> with,
                                   std::span<const std::string> of_packages) const {
    std::vector<std::string> out = {"go", std::string(verb)};
    if (!folder.empty()) out.insert(out.end(), {"-C", folder});
    for (const std::span<const std::string> some : {with, std::span(flags), of_packages})
      out.insert(out.end(), some.begin(), some.end());
    return out;
  }
  std::vector<std::string> list() const {
    const std::string format = "{{if eq .Name \"main\"}}{{.ImportPath}} {{.Target}}{{end}}";
    return command("list", std::vector<std::string>{"-f", format}, packages);
  }
  std::vector<std::string> build(const std::string& to, std::span<const std::string> of_packages) const {
    std::vector<std::string> with = {"-o", to};
    with.insert(with.end(), compiler.begin(), compiler.end());
    return command("build", with, of_packages);
  }
};

// Whether the next word is the flag's value: so it is with all but these.
bool takes_next_word(std::string_view flag) {
  constexpr std::string_view kAlone[] = {"a",        "n",    "v",          "x",          "i",
                                         "race",     "msan", "asan",       "cover",      "work",
                                         "trimpath", "json", "modcacherw", "linkshared", "buildvcs"};
  flag.remove_prefix(std::min(flag.find_first_not_of('-'), flag.size()));
  return flag.find('=') == flag.npos && std::ranges::find(kAlone, flag) == std::end(kAlone);
}

// Of several -gcflags that fit a package the go command takes the last alone, so ours have to be in each of the user's,
// in their order. Packages that only "all" names are compiled as the user wants and say nothing.
void add_flags(const std::string& value, const std::string& ours, std::vector<std::string>& to) {
  const CompilerFlags flags = split_flags(value);
  if (flags.pattern == "all") to.push_back("-gcflags=" + value);
  const bool is_of_named = flags.pattern.empty() || flags.pattern == "all";
  to.push_back(
      fmt::format("-gcflags={}{}{} {}", is_of_named ? "" : flags.pattern, is_of_named ? "" : "=", flags.flags, ours));
}

Words take_apart(const std::vector<std::string>& arguments, const std::vector<std::string>& of_environment,
                 const std::string& ours) {
  Words out;
  out.compiler.push_back("-gcflags=" + ours);
  for (std::size_t at = 0; at < of_environment.size(); ++at)
    if (const auto value = flag_value("gcflags", of_environment, at)) add_flags(*value, ours, out.compiler);
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (!word.starts_with('-')) {
      out.packages.push_back(word);
    } else if (flag_value("o", arguments, at)) {
      continue;
    } else if (const auto folder = flag_value("C", arguments, at)) {
      out.folder = *folder;
    } else if (const auto value = flag_value("gcflags", arguments, at)) {
      add_flags(*value, ours, out.compiler);
    } else {
      out.flags.push_back(word);
      if (takes_next_word(word) && at + 1 < arguments.size()) out.flags.push_back(arguments[++at]);
    }
  }
  return out;
}

// Import paths of commands whose files have different names.
using Commands = std::map<std::string, std::string>;  // by name of the file

// `listed` has a line "IMPORT/PATH /where/it/is/installed" for each command. Those of one name go apart: the go command
// would write them over each other.
std::vector<Commands> by_name(std::string_view listed) {
  std::vector<Commands> out;
  while (!listed.empty()) {
    const std::string_view line = listed.substr(0, listed.find('\n'));
    listed.remove_prefix(std::min(line.size() + 1, listed.size()));
    if (line.empty()) continue;
    const std::string_view path = line.substr(0, line.find(' '));
    const std::string name(base_name(line.ends_with(' ') ? path : line));
    auto at = std::ranges::find_if(out, [&](const Commands& commands) { return !commands.contains(name); });
    if (at == out.end()) at = out.insert(out.end(), Commands());
    at->emplace(name, path);
  }
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

GoBuild run_go_build(const std::vector<std::string>& arguments) {
  GoBuild build{std::make_unique<ScratchFolder>(), {}, {}, {}, {}};
  const std::string& folder = build.folder->path();
  build.json = folder + "/json";
  const Words words = take_apart(arguments, split_words(run_go({"go", "env", "GOFLAGS"}).output),
                                 fmt::format("-m=2 -json=0,{}", build.json));
  build.run_in = words.folder;
  const std::vector<Commands> commands = by_name(run_go(words.list()).output);
  const std::string programs = folder + "/programs";
  const auto folder_of = [&](std::size_t i) {
    const std::string out = fmt::format("{}/{}/", programs, i);
    std::filesystem::create_directories(out);
    return out;
  };
  const bool is_one = commands.size() == 1;
  build.text = run_go(words.build(is_one ? folder_of(0) : "/dev/null", words.packages)).errors;
  for (std::size_t i = 0; i < commands.size() && !is_one; ++i) {
    std::vector<std::string> packages;
    for (const auto& [name, path] : commands[i]) packages.push_back(path);
    run_go(words.build(folder_of(i), packages));  // out of the cache: only the linker has work
  }
  if (!commands.empty())
    for (const auto& entry : std::filesystem::recursive_directory_iterator(programs))
      if (entry.is_regular_file()) build.programs.push_back(entry.path().string());
  std::ranges::sort(build.programs);
  return build;
}

}  // namespace holdfast::cli
