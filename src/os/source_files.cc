#include "os/source_files.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_file(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::vector<std::string> module_caches() {
  std::vector<std::string> out;
  if (const std::string cache = variable("GOMODCACHE"); !cache.empty()) out.push_back(cache);
  const std::string paths = variable("GOPATH");
  for (std::size_t at = 0; at < paths.size();) {
    const std::size_t colon = std::min(paths.find(':', at), paths.size());
    if (colon > at) out.push_back(paths.substr(at, colon - at) + "/pkg/mod");
    at = colon + 1;
  }
  if (const std::string home = variable("HOME"); !home.empty()) out.push_back(home + "/go/pkg/mod");
  return out;
}

// Releases that the Go command has fetched are modules; the wanted one first, then the newest.
std::vector<std::string> go_sources(const std::vector<std::string>& caches, const std::string& release) {
  std::vector<std::string> out;
  if (const std::string root = variable("GOROOT"); !root.empty()) out.push_back(root + "/src");
  std::vector<std::string> fetched;
  for (const std::string& cache : caches) {
    std::error_code error;
    for (fs::directory_iterator at(cache + "/golang.org", error), end; !error && at != end; at.increment(error))
      if (at->path().filename().string().starts_with("toolchain@")) fetched.push_back(at->path().string() + "/src");
  }
  std::ranges::sort(fetched, std::greater());
  std::ranges::stable_partition(fetched, [&](const std::string& one) {
    return !release.empty() && one.find("-go" + release + ".") != std::string::npos;
  });
  out.insert(out.end(), fetched.begin(), fetched.end());
  out.emplace_back("/usr/local/go/src");
  out.emplace_back("/usr/lib/go/src");
  return out;
}

// "github.com/Azure" lies at "github.com/!azure".
std::string as_in_cache(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (std::isupper(static_cast<unsigned char>(c)) == 0) {
      out += c;
      continue;
    }
    out += '!';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// "module example.com/shop" in a folder's go.mod; empty if it has none.
std::string module_of(const std::string& folder) {
  constexpr std::string_view kModule = "module ";
  std::ifstream file(folder + "/go.mod");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(kModule))
      return line.substr(kModule.size(), line.find_last_not_of(" \r") + 1 - kModule.size());
  return {};
}

std::string below_module(const std::string& folder, std::string_view path) {
  const std::string module = module_of(folder);
  if (module.empty() || !path.starts_with(module + "/")) return {};
  std::string there = folder + std::string(path.substr(module.size()));
  return is_file(there) ? there : "";
}

// Leading folders are left out one after the other. A bare name fits anywhere, so the folder's own has to fit, too.
std::string by_end(const std::string& folder, std::string_view path) {
  std::error_code error;
  const std::string own = fs::canonical(folder, error).filename().string();
  std::string_view last;  // folder that was left out
  for (;;) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    const std::size_t slash = path.find('/');
    if (slash == std::string_view::npos && !last.empty() && last != own) return {};
    if (std::string there = folder + "/" + std::string(path); is_file(there)) return there;
    if (slash == std::string_view::npos) return {};
    last = path.substr(0, slash);
    path.remove_prefix(slash + 1);
  }
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

SourceFiles::SourceFiles(std::vector<std::string> folders, std::string release)
    : folders_(std::move(folders)), modules_(module_caches()), go_sources_(go_sources(modules_, release)) {
  folders_.emplace_back(".");
}

std::string SourceFiles::locate(const std::string& compiled_path) const {
  if (compiled_path.starts_with('/') && is_file(compiled_path)) return compiled_path;
  // A file of another program would be worse than none: Go's own and other modules' are looked for by their whole path.
  constexpr std::string_view kGoRoot = "$GOROOT/src/";
  std::string_view inside = compiled_path;
  if (inside.starts_with(kGoRoot)) inside.remove_prefix(kGoRoot.size());
  const std::string_view first = inside.substr(0, inside.find('/'));
  const bool has_version = inside.find('@') != std::string_view::npos;
  const bool is_of_go = !compiled_path.starts_with('/') && first.find('.') == std::string_view::npos && first != inside;
  if (const std::size_t modules = inside.find("/pkg/mod/"); modules != std::string_view::npos)
    inside.remove_prefix(modules + 9);
  if (has_version)
    for (const std::string& cache : modules_) {
      const std::size_t version = inside.find('@');
      const std::string there =
          cache + "/" + as_in_cache(inside.substr(0, version)) + std::string(inside.substr(version));
      if (is_file(there)) return there;
      if (const std::string plain = cache + "/" + std::string(inside); is_file(plain)) return plain;
    }
  if (is_of_go)
    for (const std::string& sources : go_sources_)
      if (const std::string there = sources + "/" + std::string(inside); is_file(there)) return there;
  for (const std::string& folder : folders_)
    if (std::string there = below_module(folder, inside); !there.empty()) return there;
  for (const std::string& folder : folders_)
    if (std::string there = by_end(folder, inside); !there.empty()) return there;
  return {};
}

const SourceFile* SourceFiles::find(std::string_view compiled_path) {
  constexpr std::uintmax_t kLargest = 16 << 20;
  const auto [at, is_new] = found_.try_emplace(std::string(compiled_path));
  if (!is_new) return at->second.get();
  const std::string path = locate(at->first);
  std::error_code error;
  if (path.empty() || fs::file_size(path, error) > kLargest || error) return nullptr;
  at->second = std::make_unique<const SourceFile>(SourceFile{path, lines_of(path)});
  return at->second.get();
}

}  // namespace holdfast::os
