#include "heap/plumbing.h"

#include <algorithm>
#include <array>

namespace holdfast::heap {
namespace {

// The first elements of import paths; all packages below them count.
constexpr std::array<std::string_view, 6> kPackages = {"internal", "reflect", "runtime", "sync", "syscall", "time"};

}  // namespace

bool is_plumbing(std::string_view function) {
  const std::string_view first = function.substr(0, function.find_first_of("./"));
  return function.empty() || std::find(kPackages.begin(), kPackages.end(), first) != kPackages.end();
}

const Frame* first_user_frame(const Snapshot& snapshot, std::uint32_t first, std::uint32_t count) {
  for (std::uint32_t f = first; f < first + count; ++f)
    if (!is_plumbing(snapshot.strings[snapshot.frames[f].function])) return &snapshot.frames[f];
  return count > 0 ? &snapshot.frames[first] : nullptr;
}

}  // namespace holdfast::heap
