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

// A variable without a symbol is called after the functions that use it.
bool is_of_runtime(const view::MappingPointer& pointer) {
  return pointer.type.starts_with("runtime.") || pointer.place.starts_with("runtime.") ||
         pointer.place.find(" of runtime.") != std::string::npos;
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

const view::MappingPointer* owner_of(const view::MappingGroup& group) {
  const view::MappingPointer* owner = nullptr;
  for (const view::MappingPointer& each : group.pointing) {
    if (each.place.empty() || is_of_runtime(each)) continue;
    const bool has_name = !each.place.starts_with("data+") && !each.place.starts_with("bss+");
    if (has_name && each.type.find("[*uint8][]uint8") == std::string::npos) return &each;
    if (owner == nullptr) owner = &each;
  }
  return owner;
}

bool is_share_of_process(const view::Report& report, std::uint64_t bytes, std::uint64_t divisor) {
  return report.account.known && bytes >= report.account.rss / divisor;
}

}  // namespace holdfast::detect
