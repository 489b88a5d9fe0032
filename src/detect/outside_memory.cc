#include "detect/outside_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"

namespace holdfast::detect {
namespace {

constexpr std::size_t kMostLibraries = 4;

// Which every program with C code has.
constexpr auto kOfTheCLibrary =
    std::to_array<std::string_view>({"ld-linux", "libc.so", "libc-", "libpthread", "libm.so", "libm-", "libdl", "librt",
                                     "libgcc_s", "libresolv", "libnss", "libstdc++", "ld-musl", "libc++"});

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_library_of_c(std::string_view path) {
  const std::string_view name = file_name(path);
  return name.find(".so") != std::string_view::npos &&
         std::ranges::none_of(kOfTheCLibrary, [&](std::string_view known) { return name.starts_with(known); });
}

}  // namespace

view::Sentence calls_into_c(const view::Report& report) {
  const view::GoroutineRow* most = nullptr;
  std::uint64_t all = 0;
  for (const view::GoroutineRow& row : report.goroutines) {
    if (row.top.function.find("._Cfunc_") == std::string::npos) continue;
    all += row.count;
    if (most == nullptr || row.count > most->count) most = &row;
  }
  if (most == nullptr) return {};
  return view::sentence("; in C now: {}, {} of them in {}", format_count(all, "goroutine"), format_count(most->count),
                        view::named(most->top));
}

std::string libraries_of_c(const view::Report& report) {
  std::vector<std::string_view> names;
  for (const view::MappingGroup& group : report.memory.mappings) {
    if (group.use != heap::MappingUse::kFile || !is_library_of_c(group.name)) continue;
    names.push_back(file_name(group.name));
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostLibraries); ++i)
    text += (i == 0 ? "; loaded: " : ", ") + std::string(names[i]);
  if (names.size() > kMostLibraries) text += fmt::format(" and {} more", names.size() - kMostLibraries);
  return text;
}

bool is_share_of_process(const view::Report& report, std::uint64_t bytes, std::uint64_t divisor) {
  return report.account.known && bytes >= report.account.rss / divisor;
}

}  // namespace holdfast::detect
