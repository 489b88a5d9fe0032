#include "capture/symbol_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "base/architecture.h"
#include "capture/build_ids.h"
#include "os/file_mapping.h"

namespace holdfast::capture {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaders = 4096;  // bytes of a program that hold headers and notes, which may differ
constexpr std::size_t kShortestId = 3;  // characters of a GNU build id

// Splits Go's "a/b/c/d" into its parts; empty if it has another form.
std::vector<std::string_view> parts_of(std::string_view go_id) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= go_id.size();) {
    const std::size_t end = std::min(go_id.find('/', begin), go_id.size());
    parts.push_back(go_id.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts.size() == 4 ? parts : std::vector<std::string_view>();
}

// Whether the ids tell builds apart. A text that somebody chose for all programs does not, nor does the GNU build id
// that Go makes of it.
bool tells_builds_apart(const BuildIds& ids) {
  return ids.go.empty() ? !ids.gnu.empty() : !parts_of(ids.go).empty();
}

// Whether both have the same package main, whatever the linker was told.
bool differ_in_linking(const BuildIds& a, const BuildIds& b) {
  const auto ours = parts_of(a.go), theirs = parts_of(b.go);
  return !ours.empty() && !theirs.empty() && ours[1] == theirs[1] && ours[2] == theirs[2];
}

// Strippers end a segment with its last section, where the linker of Go 1.19 goes on for some bytes.
bool lie_alike(const binary::ElfFile& a, const binary::ElfFile& b) {
  const auto differ = [](std::uint64_t x, std::uint64_t y) { return std::max(x, y) - std::min(x, y); };
  return std::equal(a.loads().begin(), a.loads().end(), b.loads().begin(), b.loads().end(),
                    [&](const binary::ElfSegment& x, const binary::ElfSegment& y) {
                      return x.vaddr == y.vaddr && x.flags == y.flags &&
                             differ(x.memory_size, y.memory_size) < kArchitecture.page_bytes;
                    });
}

// A file of debug information has no bytes of segments, and strippers cut zeros off the end of data.
bool loads_the_same(const binary::ElfFile& a, const binary::ElfFile& b) {
  if (!lie_alike(a, b)) return false;
  for (std::size_t i = 0; i < a.loads().size(); ++i) {
    auto ours = a.segment_bytes(a.loads()[i]);
    auto theirs = b.segment_bytes(b.loads()[i]);
    const std::size_t headers = a.loads()[i].offset == 0 ? kHeaders : 0;
    if (ours.size() < theirs.size()) std::swap(ours, theirs);
    if (theirs.size() < headers) return false;
    const auto a_bytes = ours.first(theirs.size()).subspan(headers), b_bytes = theirs.subspan(headers);
    if (!std::equal(a_bytes.begin(), a_bytes.end(), b_bytes.begin())) return false;
    const auto rest = ours.subspan(theirs.size());
    if (std::any_of(rest.begin(), rest.end(), [](std::byte byte) { return byte != std::byte{0}; })) return false;
  }
  return !a.loads().empty();
}

SymbolFile open(const std::string& path) {
  auto file = os::map_file(path);
  auto elf = std::make_unique<binary::ElfFile>(file->bytes());
  return {{file->bytes(), file}, std::move(elf), path};
}

// Returns where the file may lie, the most likely place first.
std::vector<fs::path> candidates(const fs::path& folder, const std::string& gnu_id) {
  std::vector<fs::path> found;
  if (gnu_id.size() >= kShortestId) {
    found.push_back(folder / ".build-id" / gnu_id.substr(0, 2) / (gnu_id.substr(2) + ".debug"));
    found.push_back(folder / gnu_id / "debuginfo");
  }
  const auto listed = static_cast<std::ptrdiff_t>(found.size());
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    found.push_back(at->path());
  std::sort(found.begin() + listed, found.end());
  std::erase_if(found, [](const fs::path& path) {
    std::error_code ignored;
    return !fs::is_regular_file(path, ignored);
  });
  return found;
}

}  // namespace

std::optional<std::string> why_no_symbols(const binary::ElfFile& program, const binary::ElfFile& file) {
  if (!file.has_symbols() && !file.has_dwarf()) return "has neither symbols nor debug information";
  const BuildIds ours = BuildIds::of(program), theirs = BuildIds::of(file);
  const auto same = same_build(ours, theirs);
  const bool is_sure = same.has_value() && tells_builds_apart(ours);
  if (same && !*same && !(differ_in_linking(ours, theirs) && loads_the_same(program, file)))
    return fmt::format("belongs to another build: its build id is {}, the program's is {}", theirs.text(), ours.text());
  if (is_sure && !lie_alike(program, file))
    return fmt::format("has the program's build id, {}, but its segments lie elsewhere", ours.text());
  if (!is_sure && !loads_the_same(program, file))
    return fmt::format(
        "cannot be told to belong to the program: its build id is {}, the program's is {}, and not all "
        "that they load is the same",
        theirs.text(), ours.text());
  return std::nullopt;
}

std::optional<SymbolFile> find_symbols(const std::string& folder, const binary::ElfFile& program) {
  std::optional<SymbolFile> found;
  for (const fs::path& path : candidates(folder, program.gnu_build_id())) {
    try {
      SymbolFile file = open(path.string());
      if (why_no_symbols(program, *file.elf)) continue;
      const bool has_dwarf = file.elf->has_dwarf();
      if (has_dwarf || !found) found = std::move(file);
      if (has_dwarf) break;
    } catch (const Error&) {  // other things may lie there, too
    }
  }
  return found;
}

void add_symbols(Program& program, const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail(ErrorCode::kNotFound, "--symbols: there is no {}", path);
  const go::LoadedImage& main = program.images().front();
  if (fs::is_directory(status)) {
    bool any = false;
    for (std::size_t i = 0; i < program.images().size(); ++i) {
      auto file = find_symbols(path, *program.images()[i].elf);
      if (!file) continue;
      program.set_symbols(i, std::move(file->bytes), std::move(file->elf));
      any = any || i == 0;
    }
    if (!any)
      fail(ErrorCode::kNotFound, "--symbols for {}: nothing in {} fits it, build id {}", main.path, path,
           BuildIds::of(*main.elf).all());
    return;
  }
  SymbolFile file = open(path);
  const auto why_not = why_no_symbols(*main.elf, *file.elf);
  std::size_t image = 0;
  while (image < program.images().size() && why_no_symbols(*program.images()[image].elf, *file.elf)) ++image;
  if (image == program.images().size())
    fail(ErrorCode::kUnsupported, "--symbols for {}: {} {}", main.path, path, *why_not);
  program.set_symbols(image, std::move(file.bytes), std::move(file.elf));
}

}  // namespace holdfast::capture
