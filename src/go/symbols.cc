#include "go/symbols.h"

#include <algorithm>

namespace holdfast::go {

Symbols::Symbols(const std::vector<LoadedImage>& images) {
  for (const LoadedImage& image : images) {
    for (const auto& symbol : image.elf->symbols()) {
      if (symbol.type != binary::kSymbolObject || symbol.size == 0 || !symbol.value) continue;
      const Address begin = image.at(symbol.value);
      variables_.push_back({{begin, begin + symbol.size}, symbol.name});
    }
  }
  sort();
}

void Symbols::add(const binary::DwarfInfo& debug_information, const LoadedImage& image) {
  std::vector<Variable> more;
  for (const binary::DwarfGlobal& global : debug_information.globals()) {
    const std::uint64_t size = global.type ? debug_information.type(global.type).size : 0;
    const Address begin = image.at(global.address);
    if (size > 0 && global.address && find(begin) == nullptr)
      more.push_back({{begin, begin + size}, global.name, true});
  }
  variables_.insert(variables_.end(), more.begin(), more.end());
  sort();
}

void Symbols::sort() {
  // If several names share a place, the longest range comes first and wins; ties are decided by name.
  std::sort(variables_.begin(), variables_.end(), [](const Variable& a, const Variable& b) {
    if (a.range.begin != b.range.begin) return a.range.begin < b.range.begin;
    if (a.range.end != b.range.end) return a.range.end > b.range.end;
    return a.name < b.name;
  });
  std::vector<Variable> kept;
  for (const Variable& variable : variables_)
    if (kept.empty() || variable.range.begin >= kept.back().range.end) kept.push_back(variable);
  variables_ = std::move(kept);
}

const Variable* Symbols::find(Address at) const {
  const auto it = std::upper_bound(variables_.begin(), variables_.end(), at,
                                   [](Address a, const Variable& v) { return a < v.range.begin; });
  if (it == variables_.begin()) return nullptr;
  const Variable& variable = *std::prev(it);
  return variable.range.contains(at) ? &variable : nullptr;
}

std::vector<AddressRange> Symbols::parts_of(const AddressRange& range) const {
  std::vector<AddressRange> parts;
  Address at = range.begin;
  auto it = std::partition_point(variables_.begin(), variables_.end(),
                                 [&](const Variable& v) { return v.range.end <= range.begin; });
  for (; it != variables_.end() && it->range.begin < range.end; ++it) {
    const AddressRange part{std::max(at, it->range.begin), std::min(it->range.end, range.end)};
    if (at < part.begin) parts.push_back({at, part.begin});
    parts.push_back(part);
    at = part.end;
  }
  if (at < range.end) parts.push_back({at, range.end});
  return parts;
}

}  // namespace holdfast::go
