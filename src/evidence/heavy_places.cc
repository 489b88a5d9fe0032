#include "evidence/heavy_places.h"

#include <algorithm>
#include <functional>
#include <map>

namespace holdfast::evidence {
namespace {

// Who makes the objects of each type, by the row under which the type counts.
class PlacesByType {
 public:
  explicit PlacesByType(const heap::Snapshot& snapshot) : row_of_type_(view::rows_of_types(snapshot)) {}

  void add_profile(const LineVerdicts& lines) {
    for (const LineVerdict& line : lines.lines)
      if (line.type.id && line.type.is_of_this_line_alone() && !line.place.empty())
        profiled_.emplace(row_of_type_[line.type.id.row], &line);
  }
  void add_code(const LineVerdicts& lines) {
    for (const LineVerdict& line : lines.lines)
      if (line.by_code)
        for (const MadeObjects& made : line.by_code->types)
          if (made.id) coded_.emplace(row_of_type_[made.id.row], std::pair(&*line.by_code, &made));
  }

  // A line that makes a type by its code is named before one that merely has all samples of it.
  void name(TypeId type, HeavyPlace& out) const {
    if (!type) return;
    if (const auto found = coded_.find(type.row); found != coded_.end()) {
      out.places = found->second.first->places;
      out.doubt = found->second.second->doubt;
    } else if (const auto line = profiled_.find(type.row); line != profiled_.end()) {
      out.places = {line->second->place};
      out.by_profile = true;
    }
  }

 private:
  std::vector<std::uint32_t> row_of_type_;
  std::map<std::uint32_t, const LineVerdict*> profiled_;
  std::map<std::uint32_t, std::pair<const MadeByCode*, const MadeObjects*>> coded_;
};

}  // namespace

std::vector<HeavyPlace> heavy_places(const heap::Snapshot& snapshot, const std::vector<view::TypeTotals>& types,
                                     const LineVerdicts* by_profile, const LineVerdicts* by_code) {
  PlacesByType makers(snapshot);
  if (by_profile != nullptr) makers.add_profile(*by_profile);
  if (by_code != nullptr) makers.add_code(*by_code);
  std::uint64_t live = 0;
  for (const view::TypeTotals& type : types) live += type.bytes;
  std::vector<HeavyPlace> out;
  for (const view::TypeTotals& type : types) {
    if (static_cast<double>(type.retained_bytes) < HeavyPlace::kLeastShare * static_cast<double>(live) ||
        type.retained_bytes / HeavyPlace::kLeastTimes < type.bytes)
      continue;
    HeavyPlace& place = out.emplace_back();
    place.type = type.type;
    place.objects = type.count;
    place.bytes = type.bytes;
    place.kept_alive = type.retained_bytes;
    if (!type.in_part) makers.name(type.id, place);
  }
  std::ranges::stable_sort(out, std::greater{}, &HeavyPlace::kept_alive);
  return out;
}

}  // namespace holdfast::evidence
