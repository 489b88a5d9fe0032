#include "view/profile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/units.h"

namespace holdfast::view {
namespace {

using profile::Site;
using profile::Sums;

constexpr std::uint64_t kFewSamples = 10;

struct ProfileRow {
  std::int64_t flat = 0, cumulative = 0;
  std::string flat_share, cumulative_share;
  std::optional<profile::Estimate> estimate;
  std::optional<std::int64_t> allocated, in_use;
  std::string survives;
  const Site* site = nullptr;
};

Cell known(const std::optional<std::int64_t>& number) {
  return number ? Cell(*number) : Cell();
}
Cell line_cell(const Site& site) {
  return site.line > 0 ? Cell(static_cast<std::uint64_t>(site.line)) : Cell();
}

constexpr ColumnOf<ProfileRow> kColumns[] = {
    {{"flat", Unit::kBytes, "of samples whose innermost call is there", Shown::kUsually, nullptr, Sign::kMinus},
     [](const ProfileRow& r) { return Cell(r.flat); }},
    {{"of_all", Unit::kText, "which share of all flat is"},
     [](const ProfileRow& r) { return text_cell(r.flat_share); }},
    {{"cumulative", Unit::kBytes, "of samples that pass through there, each once", Shown::kUsually, nullptr,
      Sign::kMinus},
     [](const ProfileRow& r) { return Cell(r.cumulative); }},
    {{"through", Unit::kText, "which share of all cumulative is", Shown::kIfRoom},
     [](const ProfileRow& r) { return text_cell(r.cumulative_share); }},
    {{"least", Unit::kBytes, "of an estimate: flat is so much at least, with 95 %", Shown::kIfAny},
     [](const ProfileRow& r) { return r.estimate ? Cell(r.estimate->least) : Cell(); }},
    {{"most", Unit::kBytes, "of an estimate: flat is so much at most, with 95 %", Shown::kIfAny},
     [](const ProfileRow& r) { return r.estimate ? Cell(r.estimate->most) : Cell(); }},
    {{"samples", Unit::kCount, "how many samples flat was estimated from", Shown::kIfAny},
     [](const ProfileRow& r) { return r.estimate ? Cell(r.estimate->samples) : Cell(); }},
    {{"allocated", Unit::kBytes, "of a heap profile: what was allocated there since the program began", Shown::kIfAny,
      nullptr, Sign::kMinus},
     [](const ProfileRow& r) { return known(r.allocated); }},
    {{"freed", Unit::kBytes, "of that, what is freed", Shown::kIfAny, nullptr, Sign::kMinus},
     [](const ProfileRow& r) { return r.allocated ? Cell(*r.allocated - *r.in_use) : Cell(); }},
    {{"in_use", Unit::kBytes, "of that, what was not freed by the end of the last collection", Shown::kIfAny, nullptr,
      Sign::kMinus},
     [](const ProfileRow& r) { return known(r.in_use); }},
    {{"survives", Unit::kText, "which share of allocated in_use is", Shown::kIfAny},
     [](const ProfileRow& r) { return text_cell(r.survives); }},
    {{"function", Unit::kText, "its name, or the address where the profile has none; none by file"},
     [](const ProfileRow& r) { return text_cell(r.site->function); }},
    {{"file", Unit::kText, "where its source was when it was compiled; none by function", Shown::kIfAny},
     [](const ProfileRow& r) { return text_cell(r.site->file); }},
    {{"line", Unit::kId, "none by function or file", Shown::kIfAny},
     [](const ProfileRow& r) { return line_cell(*r.site); }},
    {{"address", Unit::kAddress, "of the call, by address", Shown::kIfAny},
     [](const ProfileRow& r) { return r.site->address > 0 ? Cell(r.site->address) : Cell(); }},
};

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

// Shares of what shrank have its sign.
std::string share(std::int64_t part, std::int64_t whole) {
  return fmt::format("{}{}", part < 0 ? "-" : "", format_share(magnitude(part), magnitude(whole)));
}

// A share of a difference says nothing.
std::string survival(std::int64_t in_use, std::int64_t allocated) {
  return allocated > 0 && in_use >= 0 ? format_share(magnitude(in_use), magnitude(allocated)) : "";
}

// The heap's two columns that count as the sample type does.
std::optional<std::pair<std::size_t, std::size_t>> heap_pair(const profile::Profile& profile, std::size_t type) {
  const auto types = heap_types(profile);
  if (!types) return std::nullopt;
  if (profile.sample_types()[type].type.ends_with("_objects"))
    return std::pair(types->allocated_objects, types->in_use_objects);
  return std::pair(types->allocated, types->in_use);
}

std::string weak_words(std::uint64_t weak) {
  if (weak == 0) return "";
  return fmt::format(" {} on fewer than {} samples, which say little.",
                     weak == 1 ? "1 place rests" : fmt::format("{} rest", format_count(weak, "place")), kFewSamples);
}

class RowMaker {
 public:
  RowMaker(const profile::Profile& profile, const Sums& sums, std::size_t type)
      : sums_(sums), type_(type), heap_(heap_pair(profile, type)) {}

  // None of a site of which no sample has anything.
  std::optional<ProfileRow> row(std::size_t site) {
    ProfileRow out;
    out.flat = sums_.flat(site, type_);
    out.cumulative = sums_.cumulative(site, type_);
    if (heap_) {
      out.allocated = sums_.flat(site, heap_->first);
      out.in_use = sums_.flat(site, heap_->second);
      out.survives = survival(*out.in_use, *out.allocated);
    }
    if (out.flat == 0 && out.cumulative == 0 && out.allocated.value_or(0) == 0) return std::nullopt;
    out.flat_share = share(out.flat, sums_.total(type_));
    out.cumulative_share = share(out.cumulative, sums_.total(type_));
    if (sums_.is_sampled() && out.flat > 0) {
      out.estimate = sums_.estimate(site, type_);
      if (out.estimate->samples < kFewSamples && out.estimate->least < magnitude(out.flat) / 2) ++weak_;
    }
    out.site = &sums_.sites()[site];
    return out;
  }
  std::uint64_t weak() const { return weak_; }

 private:
  const Sums& sums_;
  std::size_t type_;
  std::optional<std::pair<std::size_t, std::size_t>> heap_;
  std::uint64_t weak_ = 0;
};

}  // namespace

TableShape profile_shape() {
  return make_shape<ProfileRow>("profile", "place", "flat", kColumns, "flat");
}

Table profile_table(const Profiles& profiles, const ProfileQuestion& question) {
  const profile::Profile& first = profiles->front().profile();
  const std::size_t type = find_sample_type(first, question.type);
  const auto sums = std::make_shared<const Sums>(profile::sum_up(*profiles, question.by));
  RowMaker maker(first, *sums, type);
  std::vector<ProfileRow> rows;
  for (std::size_t site = 0; site < sums->sites().size(); ++site)
    if (std::optional<ProfileRow> row = maker.row(site)) rows.push_back(std::move(*row));
  TableShape shape = profile_shape();
  count_in(shape, unit_of(first.sample_types()[type]));
  show_places(shape, question.by);
  Table table = make_table<ProfileRow>(std::move(shape), kColumns, std::move(rows));
  table.remark = remark_on(*profiles, *sums, type) + weak_words(maker.weak());
  keep_with(table, std::make_shared<const std::pair<Profiles, std::shared_ptr<const Sums>>>(profiles, sums));
  return table;
}

namespace {

struct SurvivalRow {
  HeapTypes types;
  const Sums* sums = nullptr;
  std::size_t site = 0;
  std::string survives, objects_survive;

  std::int64_t sum(std::size_t HeapTypes::*type) const { return sums->flat(site, types.*type); }
  const Site& place() const { return sums->sites()[site]; }
};

constexpr ColumnOf<SurvivalRow> kSurvivalColumns[] = {
    {{"allocated", Unit::kBytes, "what was allocated there since the program began", Shown::kUsually, nullptr,
      Sign::kMinus},
     [](const SurvivalRow& r) { return Cell(r.sum(&HeapTypes::allocated)); }},
    {{"freed", Unit::kBytes, "of that, what is freed", Shown::kUsually, nullptr, Sign::kMinus},
     [](const SurvivalRow& r) { return Cell(r.sum(&HeapTypes::allocated) - r.sum(&HeapTypes::in_use)); }},
    {{"in_use", Unit::kBytes, "of that, what was not freed by the end of the last collection", Shown::kUsually, nullptr,
      Sign::kMinus},
     [](const SurvivalRow& r) { return Cell(r.sum(&HeapTypes::in_use)); }},
    {{"survives", Unit::kText, "which share of allocated in_use is"},
     [](const SurvivalRow& r) { return text_cell(r.survives); }},
    {{"allocated_objects", Unit::kCount, "the same in objects", Shown::kIfRoom, nullptr, Sign::kMinus},
     [](const SurvivalRow& r) { return Cell(r.sum(&HeapTypes::allocated_objects)); }},
    {{"freed_objects", Unit::kCount, "of these, what is freed", Shown::kIfRoom, nullptr, Sign::kMinus},
     [](const SurvivalRow& r) {
       return Cell(r.sum(&HeapTypes::allocated_objects) - r.sum(&HeapTypes::in_use_objects));
     }},
    {{"in_use_objects", Unit::kCount, "of these, what was not freed", Shown::kUsually, nullptr, Sign::kMinus},
     [](const SurvivalRow& r) { return Cell(r.sum(&HeapTypes::in_use_objects)); }},
    {{"objects_survive", Unit::kText, "which share of allocated_objects in_use_objects is", Shown::kIfRoom},
     [](const SurvivalRow& r) { return text_cell(r.objects_survive); }},
    {{"function", Unit::kText, "its name, or the address where the profile has none; none by file"},
     [](const SurvivalRow& r) { return text_cell(r.place().function); }},
    {{"file", Unit::kText, "where its source was when it was compiled; none by function", Shown::kIfAny},
     [](const SurvivalRow& r) { return text_cell(r.place().file); }},
    {{"line", Unit::kId, "none by function or file", Shown::kIfAny},
     [](const SurvivalRow& r) { return line_cell(r.place()); }},
};

}  // namespace

TableShape survival_shape() {
  return make_shape<SurvivalRow>("profile-survival", "place", "in_use", kSurvivalColumns, "in_use");
}

Table survival_table(const Profiles& profiles, const ProfileQuestion& question) {
  const profile::Profile& first = profiles->front().profile();
  const auto types = heap_types(first);
  if (!types) fail(ErrorCode::kUsage, "{} is no profile of a heap: it does not count what was allocated", first.name());
  const auto sums = std::make_shared<const Sums>(profile::sum_up(*profiles, question.by));
  std::vector<SurvivalRow> rows;
  for (std::size_t site = 0; site < sums->sites().size(); ++site) {
    SurvivalRow row{*types, sums.get(), site, {}, {}};
    if (row.sum(&HeapTypes::allocated) == 0 && row.sum(&HeapTypes::in_use) == 0) continue;
    row.survives = survival(row.sum(&HeapTypes::in_use), row.sum(&HeapTypes::allocated));
    row.objects_survive = survival(row.sum(&HeapTypes::in_use_objects), row.sum(&HeapTypes::allocated_objects));
    rows.push_back(std::move(row));
  }
  TableShape shape = survival_shape();
  show_places(shape, question.by);
  Table table = make_table<SurvivalRow>(std::move(shape), kSurvivalColumns, std::move(rows));
  table.remark = remark_on(*profiles, *sums, types->in_use);
  keep_with(table, std::make_shared<const std::pair<Profiles, std::shared_ptr<const Sums>>>(profiles, sums));
  return table;
}

}  // namespace holdfast::view
