#include "view/profile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/error.h"
#include "base/units.h"

namespace holdfast::view {
namespace {

using profile::Profile;
using profile::SampleType;
using profile::Site;
using profile::Sums;

constexpr std::uint64_t kFewSamples = 10;

struct ProfileRow {
  std::uint64_t flat = 0, cumulative = 0;
  std::string flat_share, cumulative_share;
  std::optional<profile::Estimate> estimate;
  std::optional<std::uint64_t> allocated, in_use;
  std::string survives;
  const Site* site = nullptr;
};

constexpr ColumnOf<ProfileRow> kColumns[] = {
    {{"flat", Unit::kBytes, "of samples whose innermost call is there"},
     [](const ProfileRow& r) { return Cell(r.flat); }},
    {{"of_all", Unit::kText, "which share of all flat is"},
     [](const ProfileRow& r) { return text_cell(r.flat_share); }},
    {{"cumulative", Unit::kBytes, "of samples that pass through there, each once"},
     [](const ProfileRow& r) { return Cell(r.cumulative); }},
    {{"through", Unit::kText, "which share of all cumulative is", Shown::kIfRoom},
     [](const ProfileRow& r) { return text_cell(r.cumulative_share); }},
    {{"least", Unit::kBytes, "of an estimate: flat is so much at least, with 95 %", Shown::kIfAny},
     [](const ProfileRow& r) { return r.estimate ? Cell(r.estimate->least) : Cell(); }},
    {{"most", Unit::kBytes, "of an estimate: flat is so much at most, with 95 %", Shown::kIfAny},
     [](const ProfileRow& r) { return r.estimate ? Cell(r.estimate->most) : Cell(); }},
    {{"samples", Unit::kCount, "how many samples flat was estimated from", Shown::kIfAny},
     [](const ProfileRow& r) { return r.estimate ? Cell(r.estimate->samples) : Cell(); }},
    {{"allocated", Unit::kBytes, "of a heap profile: what was allocated there since the program began", Shown::kIfAny},
     [](const ProfileRow& r) { return r.allocated ? Cell(*r.allocated) : Cell(); }},
    {{"freed", Unit::kBytes, "of that, what is freed", Shown::kIfAny},
     [](const ProfileRow& r) { return r.allocated ? Cell(*r.allocated - std::min(*r.in_use, *r.allocated)) : Cell(); }},
    {{"in_use", Unit::kBytes, "of that, what was not freed by the end of the last collection", Shown::kIfAny},
     [](const ProfileRow& r) { return r.in_use ? Cell(*r.in_use) : Cell(); }},
    {{"survives", Unit::kText, "which share of allocated in_use is", Shown::kIfAny},
     [](const ProfileRow& r) { return text_cell(r.survives); }},
    {{"function", Unit::kText, "its name, or the address where the profile has none; none by file"},
     [](const ProfileRow& r) { return text_cell(r.site->function); }},
    {{"file", Unit::kText, "where its source was when it was compiled; none by function", Shown::kIfAny},
     [](const ProfileRow& r) { return text_cell(r.site->file); }},
    {{"line", Unit::kId, "none by function or file", Shown::kIfAny},
     [](const ProfileRow& r) { return r.site->line > 0 ? Cell(static_cast<std::uint64_t>(r.site->line)) : Cell(); }},
};

Unit unit_of(const SampleType& type) {
  return type.unit == "bytes" ? Unit::kBytes : type.unit == "nanoseconds" ? Unit::kNanoseconds : Unit::kCount;
}

std::string names_of(std::span<const SampleType> types) {
  std::string out;
  for (const SampleType& type : types) out += fmt::format("{}{}", out.empty() ? "" : ", ", type.type);
  return out;
}

std::size_t find_type(const Profile& profile, const std::string& name) {
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

// Of allocations beside what is in use: the two columns that belong to the same unit.
struct HeapTypes {
  std::size_t allocated, in_use;
};

std::optional<HeapTypes> heap_types(const Profile& profile, std::size_t type) {
  const std::span<const SampleType> types = profile.sample_types();
  const std::string_view kind = types[type].type.ends_with("_objects") ? "_objects" : "_space";
  const auto named = [&](std::string_view stem) {
    return std::ranges::find_if(types, [&](const SampleType& one) {
      return one.type.starts_with(stem) && one.type.substr(stem.size()) == kind;
    });
  };
  const auto allocated = named("alloc"), in_use = named("inuse");
  if (allocated == types.end() || in_use == types.end()) return std::nullopt;
  return HeapTypes{static_cast<std::size_t>(allocated - types.begin()),
                   static_cast<std::size_t>(in_use - types.begin())};
}

// What everybody has to know of all numbers.
std::string remark_on(const Profile& profile, const Sums& sums, std::size_t type, std::uint64_t weak) {
  const SampleType& counted = profile.sample_types()[type];
  const auto total = static_cast<std::uint64_t>(sums.total(type));
  std::string remark =
      fmt::format("{}: {} in all, of {}.", counted.type,
                  unit_of(counted) == Unit::kBytes         ? format_bytes(total)
                  : unit_of(counted) == Unit::kNanoseconds ? format_seconds(static_cast<double>(total) * 1e-9)
                                                           : format_count(total),
                  format_count(profile.samples(), "stack"));
  if (sums.is_sampled() && profile.period() > 1) {
    remark += fmt::format(" Of about every {} that are allocated one object is recorded, and stands for the others.",
                          format_bytes(static_cast<std::uint64_t>(profile.period())));
    if (weak > 0)
      remark +=
          fmt::format(" {} on fewer than {} samples, which say little.",
                      weak == 1 ? "1 place rests" : fmt::format("{} rest", format_count(weak, "place")), kFewSamples);
  }
  if (!profile.remark().empty()) remark += fmt::format(" Beware: {}.", profile.remark());
  return remark;
}

class RowMaker {
 public:
  RowMaker(const Profile& profile, const Sums& sums, std::size_t type)
      : sums_(sums),
        type_(type),
        total_(static_cast<std::uint64_t>(sums.total(type))),
        heap_(heap_types(profile, type)) {}

  // None of a site of which no sample has anything.
  std::optional<ProfileRow> row(std::size_t site) {
    ProfileRow out;
    out.flat = magnitude(sums_.flat(site, type_));
    out.cumulative = magnitude(sums_.cumulative(site, type_));
    if (heap_) {
      out.allocated = magnitude(sums_.flat(site, heap_->allocated));
      out.in_use = magnitude(sums_.flat(site, heap_->in_use));
      if (*out.allocated > 0) out.survives = format_share(*out.in_use, *out.allocated);
    }
    if (out.flat == 0 && out.cumulative == 0 && out.allocated.value_or(0) == 0) return std::nullopt;
    out.flat_share = format_share(out.flat, total_);
    out.cumulative_share = format_share(out.cumulative, total_);
    if (sums_.is_sampled() && out.flat > 0) {
      out.estimate = sums_.estimate(site, type_);
      if (out.estimate->samples < kFewSamples && out.estimate->least < out.flat / 2) ++weak_;
    }
    out.site = &sums_.sites()[site];
    return out;
  }
  std::uint64_t weak() const { return weak_; }

 private:
  static std::uint64_t magnitude(std::int64_t value) {
    return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  }

  const Sums& sums_;
  std::size_t type_;
  std::uint64_t total_;
  std::optional<HeapTypes> heap_;
  std::uint64_t weak_ = 0;
};

}  // namespace

TableShape profile_shape() {
  return make_shape<ProfileRow>("profile", "place", "flat", kColumns, "flat");
}

Table profile_table(std::shared_ptr<const Profile> profile, profile::By by, const std::string& type_name) {
  const std::size_t type = find_type(*profile, type_name);
  const auto sums = std::make_shared<const Sums>(profile::sum_up(*profile, by));
  for (std::size_t site = 0; site < sums->sites().size(); ++site)
    if (sums->cumulative(site, type) < 0)
      fail(ErrorCode::kUnsupported, "the profile has less than nothing at {}: it is the difference of two",
           sums->sites()[site].function);
  RowMaker maker(*profile, *sums, type);
  std::vector<ProfileRow> rows;
  for (std::size_t site = 0; site < sums->sites().size(); ++site)
    if (std::optional<ProfileRow> row = maker.row(site)) rows.push_back(std::move(*row));
  TableShape shape = profile_shape();
  for (std::size_t column = 0; column < shape.columns.size(); ++column)
    if (shape.columns[column].unit == Unit::kBytes) shape.columns[column].unit = unit_of(profile->sample_types()[type]);
  Table table = make_table<ProfileRow>(std::move(shape), kColumns, std::move(rows));
  table.remark = remark_on(*profile, *sums, type, maker.weak());
  table.cell = [cell = std::move(table.cell), profile, sums](std::uint32_t row, std::size_t column) {
    return cell(row, column);
  };
  return table;
}

}  // namespace holdfast::view
