#include "view/find_type.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "view/labels.h"
#include "view/names.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kMostNear = 8;

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool lie_alike(const heap::Snapshot& snapshot, TypeId a, TypeId b) {
  const heap::Type &one = snapshot.types[a.row], &other = snapshot.types[b.row];
  if (one.kind != other.kind || one.size != other.size || one.field_count != other.field_count) return false;
  for (std::uint32_t f = 0; f < one.field_count; ++f) {
    const heap::Field &mine = snapshot.fields[one.first_field + f], &its = snapshot.fields[other.first_field + f];
    if (mine.name != its.name || mine.offset != its.offset) return false;
  }
  return true;
}

// Names that have the text in them, those whose last part it is first.
std::string near_names(const heap::Snapshot& snapshot, const std::string& name) {
  const std::string wanted = in_lower_case(name);
  const std::string last = in_lower_case(name.substr(std::min(name.find_last_of("./*") + 1, name.size())));
  std::set<std::string> best, good;
  for (std::uint32_t t = 0; t < snapshot.types.size(); ++t) {
    const heap::Type& row = snapshot.types[t];
    if (!row.is_named && (row.kind != heap::TypeKind::kStruct || row.role != heap::TypeRole::kNone)) continue;
    const std::string full = type_name(snapshot, TypeId(t));
    const std::string lower = in_lower_case(full);
    if (!last.empty() && lower.ends_with("." + last))
      best.insert(full);
    else if (lower.find(wanted) != std::string::npos || (last.size() > 2 && lower.find(last) != std::string::npos))
      good.insert(full);
  }
  std::vector<std::string> all(best.begin(), best.end());
  all.insert(all.end(), good.begin(), good.end());
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), kMostNear); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ", all[i]);
  if (all.size() > kMostNear) out += fmt::format(" and {} more", all.size() - kMostNear);
  return out;
}

}  // namespace

TypeId type_of_name(const heap::Snapshot& snapshot, const std::string& name) {
  TypeId found;
  for (std::uint32_t t = 0; t < snapshot.types.size(); ++t) {
    const heap::Type& row = snapshot.types[t];
    if (row.role != heap::TypeRole::kNone && row.role != heap::TypeRole::kMapGroup &&
        row.role != heap::TypeRole::kMapBucket)
      continue;
    if (row.size == 0 || type_name(snapshot, TypeId(t)) != name) continue;
    if (!found) found = TypeId(t);
    if (!lie_alike(snapshot, found, TypeId(t)))
      fail(ErrorCode::kUsage,
           "the program has several types {}, which lie in memory differently (one of {}, one of {})", name,
           format_bytes(snapshot.types[found.row].size), format_bytes(row.size));
  }
  if (found) return found;
  const std::string near = near_names(snapshot, name);
  fail(ErrorCode::kUsage, "no type that objects here can have is called {}{}", name,
       near.empty() ? ": names are full, as example.com/app/cart.Item" : fmt::format("; near ones: {}", near));
}

}  // namespace holdfast::view
