#include "os/recent_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>

#include "base/error.h"
#include "base/output_file.h"

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostRecent = 20;

std::string usual_path() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/holdfast/recent";
  const char* const home = std::getenv("HOME");
  return home != nullptr && *home == '/' ? std::string(home) + "/.local/state/holdfast/recent" : "";
}

}  // namespace

RecentFiles::RecentFiles() : path_(usual_path()) {}

std::vector<std::string> RecentFiles::all() const {
  std::vector<std::string> out;
  std::ifstream in(path_);
  std::error_code ignored;
  for (std::string line; out.size() < kMostRecent && std::getline(in, line);)
    if (fs::is_regular_file(line, ignored)) out.push_back(line);
  return out;
}

void RecentFiles::add(const std::string& file) const {
  std::error_code error;
  const std::string path = fs::canonical(file, error).string();
  if (path_.empty() || error || path.find('\n') != std::string::npos) return;
  std::vector<std::string> all = this->all();
  std::erase(all, path);
  all.insert(all.begin(), path);
  if (all.size() > kMostRecent) all.resize(kMostRecent);
  std::string text;
  for (const std::string& one : all) text += one + "\n";
  fs::create_directories(fs::path(path_).parent_path(), error);
  try {
    OutputFile out(path_, OutputFile::Access::kPrivate);
    out.write_at(0, std::as_bytes(std::span(text)));
    out.publish();
  } catch (const Error&) {  // without a list it goes as well
  }
}

}  // namespace holdfast::os
