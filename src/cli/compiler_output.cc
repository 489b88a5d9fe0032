#include "cli/compiler_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "cli/source.h"
#include "compiler/json_reader.h"
#include "compiler/merge.h"
#include "compiler/text_reader.h"

namespace holdfast::cli {
namespace {

using compiler::Decisions;

// All files of the compiler's JSON below a folder.
void add_folder(const std::string& folder, std::vector<compiler::JsonFile>& files) {
  std::vector<std::string> paths;
  try {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".json" && entry.is_regular_file()) paths.push_back(entry.path().string());
  } catch (const std::filesystem::filesystem_error& error) {  // a folder in it that is not for the user, say
    const std::string where = error.path1().empty() ? folder : error.path1().string();
    fail_with_errno(error.code().value(), fmt::format("looking for the compiler's -json in {}", where));
  }
  std::ranges::sort(paths);
  for (const std::string& path : paths) {
    const Source source = read_source(path);
    files.push_back({path, source.text(), source.keep});
  }
}

Decisions joined(std::optional<Decisions> text, const std::vector<compiler::JsonFile>& files) {
  if (!text) return compiler::read_json(files);
  if (!files.empty()) compiler::merge(*text, compiler::read_json(files));
  return std::move(*text);
}

}  // namespace

Decisions with_json(Decisions text, const std::string& folder) {
  std::vector<compiler::JsonFile> files;
  if (std::filesystem::is_directory(folder)) add_folder(folder, files);
  return joined(std::move(text), files);
}

Decisions read_compiler_output(const std::vector<std::string>& paths) {
  if (paths.empty())
    fail(ErrorCode::kUsage, "which files? For example: `holdfast escape read build.txt` with what -gcflags=-m=2 wrote");
  std::optional<Decisions> text;
  std::vector<compiler::JsonFile> files;
  for (const std::string& path : paths) {
    if (path != "-" && std::filesystem::is_directory(path)) {
      const std::size_t had = files.size();
      add_folder(path, files);
      if (files.size() == had)
        fail(ErrorCode::kNotFound,
             "{} has no file of the compiler's -json: a build that comes out of the cache writes none, so each needs a "
             "folder of its own",
             path);
      continue;
    }
    const Source source = read_source(path);
    if (compiler::is_json_log(source.text())) {
      files.push_back({source.name, source.text(), source.keep});
      continue;
    }
    if (text) fail(ErrorCode::kUsage, "{} is a second text of the compiler: one is enough", path);
    text = compiler::read_text({source.text(), source.keep, ""});
    if (text->all().empty())
      fail(
          ErrorCode::kUnsupported, "{} has nothing that the compiler says with -gcflags=-m or -m=2{}", source.name,
          text->not_understood().lines == 0 ? "" : ": it begins with \"" + text->not_understood().first.front() + "\"");
  }
  return joined(std::move(text), files);
}

}  // namespace holdfast::cli
