#include "capture/build_ids.h"

#include <fmt/format.h>

namespace holdfast::capture {

BuildIds BuildIds::of(const binary::ElfFile& elf) {
  return {elf.go_build_id(), elf.gnu_build_id()};
}

std::string BuildIds::text() const {
  if (!go.empty()) return go;
  return gnu.empty() ? "none" : gnu;
}

std::string BuildIds::all() const {
  return go.empty() || gnu.empty() ? text() : fmt::format("{}, GNU {}", go, gnu);
}

std::optional<bool> same_build(const BuildIds& a, const BuildIds& b) {
  if (!a.go.empty() && !b.go.empty()) return a.go == b.go;
  if (!a.gnu.empty() && !b.gnu.empty()) return a.gnu == b.gnu;
  return std::nullopt;
}

}  // namespace holdfast::capture
