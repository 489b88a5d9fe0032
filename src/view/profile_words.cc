#include "view/profile_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/units.h"

namespace holdfast::view {
namespace {

using profile::FilteredProfile;
using profile::Profile;
using profile::SampleType;
using profile::Sums;

std::string names_of(std::span<const SampleType> types) {
  std::string out;
  for (const SampleType& type : types) out += fmt::format("{}{}", out.empty() ? "" : ", ", type.type);
  return out;
}

}  // namespace

std::size_t find_sample_type(const Profile& profile, const std::string& name) {
  if (name.empty()) return profile.default_type();
  const std::span<const SampleType> types = profile.sample_types();
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].type == name) return i;
    if (!types[i].type.ends_with("_" + name)) continue;
    if (found)
      fail(ErrorCode::kUsage, "\"{}\" may be {} or {}; the profile has {}", name, types[*found].type, types[i].type,
           names_of(types));
    found = i;
  }
  if (!found) fail(ErrorCode::kUsage, "there is no sample type \"{}\"; the profile has {}", name, names_of(types));
  return *found;
}

Unit unit_of(const SampleType& type) {
  return type.unit == "bytes" ? Unit::kBytes : type.unit == "nanoseconds" ? Unit::kNanoseconds : Unit::kCount;
}

std::string quantity_text(std::uint64_t number, Unit unit) {
  if (unit == Unit::kBytes) return format_bytes(number);
  return unit == Unit::kNanoseconds ? format_seconds(static_cast<double>(number) * 1e-9) : format_count(number);
}

std::string place_words(const profile::Site& site) {
  const std::string_view name = site.file.substr(site.file.find_last_of('/') + 1);
  std::string out = site.function;
  if (site.function.empty()) return std::string(site.file);
  if (!site.file.empty()) out += fmt::format(" {}", name);
  if (site.line > 0) out += fmt::format(":{}", site.line);
  if (site.address > 0) out += fmt::format(" {:#x}", site.address);
  return out;
}

std::optional<HeapTypes> heap_types(const Profile& profile) {
  const auto named = [&](std::string_view name) -> std::optional<std::size_t> {
    const auto found = std::ranges::find(profile.sample_types(), name, &SampleType::type);
    if (found == profile.sample_types().end()) return std::nullopt;
    return static_cast<std::size_t>(found - profile.sample_types().begin());
  };
  const auto allocated = named("alloc_space"), in_use = named("inuse_space"),
             allocated_objects = named("alloc_objects"), in_use_objects = named("inuse_objects");
  if (!allocated || !in_use || !allocated_objects || !in_use_objects) return std::nullopt;
  return HeapTypes{*allocated, *in_use, *allocated_objects, *in_use_objects};
}

std::string remark_on(std::span<const FilteredProfile> profiles, const Sums& sums, std::size_t type) {
  const Profile& first = profiles.front().profile();
  const SampleType& counted = first.sample_types()[type];
  std::uint64_t samples = 0;
  for (const FilteredProfile& one : profiles) samples += one.profile().samples();
  std::string remark = fmt::format("{}: {} in all, of {}.", counted.type,
                                   quantity_text(static_cast<std::uint64_t>(sums.total(type)), unit_of(counted)),
                                   format_count(samples, "stack"));
  if (sums.samples() < samples)
    remark += fmt::format(" Of these {} pass what is asked for; shares are of all.", format_count(sums.samples()));
  if (sums.has_negative()) remark += " It is a difference: what shrank is negative, and shares are of all changes.";
  for (const FilteredProfile& one : profiles)
    for (const std::string& option : one.idle_options())
      remark += fmt::format(" {} matches no call of {}.", option, one.profile().name());
  if (sums.is_sampled() && sums.period() > 1)
    remark += fmt::format(" Of about every {} that are allocated one object is recorded, and stands for the others.",
                          format_bytes(sums.period()));
  for (const FilteredProfile& one : profiles)
    if (!one.profile().remark().empty())
      remark += fmt::format(" Beware: {}: {}.", one.profile().name(), one.profile().remark());
  return remark;
}

void count_in(TableShape& shape, Unit unit) {
  for (Column& column : shape.columns)
    if (column.unit == Unit::kBytes) column.unit = unit;
}

void show_places(TableShape& shape, profile::By by) {
  if (by == profile::By::kFunction) return;
  for (Column& column : shape.columns) {
    if (column.name == "function" && by == profile::By::kFile) column.shown = Shown::kWhenAsked;
    if (column.name == "file") column.shown = Shown::kUsually;
    if (column.name == "line" && by != profile::By::kFile) column.shown = Shown::kUsually;
  }
}

void keep_with(Table& table, std::shared_ptr<const void> what) {
  table.cell = [cell = std::move(table.cell), what = std::move(what)](std::uint32_t row, std::size_t column) {
    return cell(row, column);
  };
}

}  // namespace holdfast::view
