#include "view/profile_growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "profile/bounded_sum.h"
#include "profile/change.h"

namespace holdfast::view {
namespace {

using profile::Change;
using profile::Changes;
using profile::Profile;
using profile::Site;
using profile::Sums;

// What rows refer to.
struct Compared {
  Profiles profiles;
  std::size_t type = 0;
  std::vector<Sums> sums;        // by profile
  std::vector<Changes> steps;    // from each profile to the next
  std::optional<Changes> whole;  // from the first to the last

  Compared(const Profiles& of, const ProfileQuestion& question)
      : profiles(of),
        type(find_sample_type(of->front().profile(), question.type)),
        sums(profile::sum_up_apart(*of, question.by)) {
    const std::span<const profile::SampleType> types = first().sample_types();
    for (std::size_t i = 0; i + 1 < sums.size(); ++i) steps.emplace_back(sums[i], sums[i + 1], types);
    whole.emplace(sums.front(), sums.back(), types);
  }
  const Profile& first() const { return profiles->front().profile(); }
  std::int64_t flat(std::size_t profile, std::size_t site) const { return sums[profile].flat(site, type); }
  Unit unit() const { return unit_of(first().sample_types()[type]); }
};

std::string_view verdict_of(const Change& change) {
  if (change.value == 0 && change.samples == 0) return "";
  if (change.is_noise()) return "chance";
  return change.value > 0 ? "grew" : change.value < 0 ? "shrank" : "";
}

struct DiffRow {
  const Compared* all = nullptr;
  std::size_t site = 0;
  Change change;
  std::int64_t cumulative = 0;
  std::uint64_t rises = 0;

  const Site& place() const { return all->sums.back().sites()[site]; }
};

Cell known(const std::optional<std::int64_t>& number) {
  return number ? Cell(*number) : Cell();
}

std::vector<std::string_view> verdicts() {
  return {"grew", "shrank", "chance", ""};
}

constexpr ColumnOf<DiffRow> kDiffColumns[] = {
    {{"growth", Unit::kBytes, "of flat, which is of samples whose innermost call is there", Shown::kUsually, nullptr,
      Sign::kChange},
     [](const DiffRow& r) { return Cell(r.change.value); }},
    {{"least", Unit::kBytes, "of an estimate: growth is so much at least, with 95 %", Shown::kIfAny, nullptr,
      Sign::kChange},
     [](const DiffRow& r) { return known(r.change.least); }},
    {{"most", Unit::kBytes, "of an estimate: growth is so much at most, with 95 %", Shown::kIfAny, nullptr,
      Sign::kChange},
     [](const DiffRow& r) { return known(r.change.most); }},
    {{"verdict", Unit::kText, "whether so few samples can come about by chance", Shown::kUsually, verdicts},
     [](const DiffRow& r) { return text_cell(verdict_of(r.change)); }},
    {{"samples", Unit::kCount, "how many came or went, as far as can be told", Shown::kIfAny},
     [](const DiffRow& r) { return r.change.least ? Cell(r.change.samples) : Cell(); }},
    {{"before", Unit::kBytes, "flat in the first profile", Shown::kUsually, nullptr, Sign::kMinus},
     [](const DiffRow& r) { return Cell(r.all->flat(0, r.site)); }},
    {{"after", Unit::kBytes, "flat in the last one", Shown::kUsually, nullptr, Sign::kMinus},
     [](const DiffRow& r) { return Cell(r.all->flat(r.all->sums.size() - 1, r.site)); }},
    {{"through", Unit::kBytes, "growth of what passes through there", Shown::kIfRoom, nullptr, Sign::kChange},
     [](const DiffRow& r) { return Cell(r.cumulative); }},
    {{"rises", Unit::kCount, "of more than two profiles: at how many steps it rose", Shown::kIfAny},
     [](const DiffRow& r) { return r.all->steps.size() > 1 ? Cell(r.rises) : Cell(); }},
    {{"function", Unit::kText, "its name, or the address where the profile has none; none by file"},
     [](const DiffRow& r) { return text_cell(r.place().function); }},
    {{"file", Unit::kText, "where its source was when it was compiled; none by function", Shown::kIfAny},
     [](const DiffRow& r) { return text_cell(r.place().file); }},
    {{"line", Unit::kId, "none by function or file", Shown::kIfAny},
     [](const DiffRow& r) { return r.place().line > 0 ? Cell(static_cast<std::uint64_t>(r.place().line)) : Cell(); }},
};

std::vector<Column> step_columns(Unit unit) {
  std::vector<Column> columns = {
      {"profile", Unit::kText, ""},
      {"flat", Unit::kBytes, "", Shown::kUsually, nullptr, Sign::kMinus},
      {"growth", Unit::kBytes, "", Shown::kUsually, nullptr, Sign::kChange},
      {"least", Unit::kBytes, "", Shown::kIfAny, nullptr, Sign::kChange},
      {"most", Unit::kBytes, "", Shown::kIfAny, nullptr, Sign::kChange},
  };
  for (Column& column : columns)
    if (column.unit == Unit::kBytes) column.unit = unit;
  return columns;
}

// A line for each profile: what it has, and how much more that is than in the one before.
// `sites`: of the rows; none of a row that has no steps.
RowsBelow steps_below(const std::shared_ptr<const Compared>& all, std::vector<std::optional<std::size_t>> sites) {
  const auto shared = std::make_shared<const std::vector<std::optional<std::size_t>>>(std::move(sites));
  return {
      "steps", step_columns(all->unit()),
      [all, shared](std::uint32_t row) { return (*shared)[row] ? static_cast<std::uint32_t>(all->sums.size()) : 0; },
      [all, shared](std::uint32_t row, std::uint32_t step, std::size_t column) -> Cell {
        const std::size_t site = *(*shared)[row];
        if (column == 0) return std::string_view((*all->profiles)[step].profile().name());
        if (column == 1) return all->flat(step, site);
        if (step == 0) return {};
        const Change change = all->steps[step - 1].of(site, all->type);
        return column == 2 ? Cell(change.value) : known(column == 3 ? change.least : change.most);
      }};
}

std::string sum_words(std::int64_t change, Unit unit) {
  const auto size = change < 0 ? 0 - static_cast<std::uint64_t>(change) : static_cast<std::uint64_t>(change);
  return fmt::format("{}{}", change < 0 ? "-" : "+", quantity_text(size, unit));
}

std::string diff_remark(const Compared& all, std::span<const DiffRow> rows) {
  const Unit unit = all.unit();
  std::int64_t growth = 0;
  std::uint64_t chance = 0;
  for (const DiffRow& row : rows) {
    growth = profile::bounded_sum(growth, row.change.value);
    chance += row.change.is_noise() && row.change.value != 0;
  }
  std::string remark =
      fmt::format("{}: {} in all, from {} to {}.", all.first().sample_types()[all.type].type, sum_words(growth, unit),
                  quantity_text(static_cast<std::uint64_t>(all.sums.front().total(all.type)), unit),
                  quantity_text(static_cast<std::uint64_t>(all.sums.back().total(all.type)), unit));
  const std::int64_t seconds = (all.profiles->back().profile().time_ns() - all.first().time_ns()) / 1'000'000'000;
  if (all.first().time_ns() > 0 && seconds > 0)
    remark += fmt::format(" {} lie between.", format_seconds(static_cast<double>(seconds)));
  if (chance > 0)
    remark += fmt::format(" Of {} the growth may be chance: so few samples say little.", format_count(chance, "place"));
  if (!all.whole->is_one_run())
    remark +=
        " They are not of one run of the program, or not sampled alike: numbers are less sure than they would be.";
  for (const profile::FilteredProfile& one : *all.profiles)
    if (!one.profile().remark().empty())
      remark += fmt::format(" Beware: {}: {}.", one.profile().name(), one.profile().remark());
  return remark;
}

}  // namespace

TableShape profile_diff_shape() {
  return make_shape<DiffRow>("profile-diff", "place", "growth", kDiffColumns, "growth");
}

Table profile_diff_table(const Profiles& profiles, const ProfileQuestion& question) {
  const auto all = std::make_shared<const Compared>(profiles, question);
  std::vector<DiffRow> rows;
  std::vector<std::optional<std::size_t>> sites;
  const Sums &before = all->sums.front(), &after = all->sums.back();
  for (std::size_t site = 0; site < after.sites().size(); ++site) {
    DiffRow row{.all = all.get(), .site = site, .change = all->whole->of(site, all->type)};
    row.cumulative = profile::bounded_difference(after.cumulative(site, all->type), before.cumulative(site, all->type));
    bool changes = false;
    for (std::size_t step = 0; step < all->steps.size(); ++step) {
      row.rises += all->flat(step + 1, site) > all->flat(step, site);
      changes = changes || all->flat(step + 1, site) != all->flat(step, site);
    }
    if (!changes && row.cumulative == 0) continue;
    rows.push_back(row);
    sites.push_back(changes ? std::optional(site) : std::nullopt);
  }
  const std::string remark = diff_remark(*all, rows);
  TableShape shape = profile_diff_shape();
  count_in(shape, all->unit());
  show_places(shape, question.by);
  Table table = make_table<DiffRow>(std::move(shape), kDiffColumns, std::move(rows));
  table.remark = remark;
  if (all->steps.size() > 1) table.below = steps_below(all, std::move(sites));
  keep_with(table, all);
  return table;
}

namespace {

// How a place did on the ladder, worst first.
enum class Course : std::uint8_t { kRises, kGrows, kUnsure, kWarmedUp, kFalls, kChance, kStays };
constexpr std::array<std::string_view, 7> kCourses = {"rises", "grows",  "unsure", "warmed up",
                                                      "falls", "chance", "stays"};

std::vector<std::string_view> courses() {
  return {kCourses.begin(), kCourses.end()};
}

// Growth in the earlier and in the later half of a ladder, and how long each took.
struct Halves {
  Change early, late, whole;
  double early_time = 1, late_time = 1;    // seconds, or steps if nobody knows
  std::optional<double> late_cycles = {};  // collections in the later half; none if nobody knows, or there were none
};

// What has warmed up may still jitter: a tenth of the pace is no leak that goes on.
constexpr double kStillRising = 0.1;

Course course_of(const Halves& halves, std::span<const std::int64_t> heights) {
  const bool stays = std::ranges::adjacent_find(heights, std::not_equal_to()) == heights.end();
  if (stays) return Course::kStays;
  const auto grew = [](const Change& change) { return change.value > 0 && !change.is_noise(); };
  if (!grew(halves.whole)) return halves.whole.is_noise() ? Course::kChance : Course::kFalls;
  const double early_pace = static_cast<double>(halves.early.value) / halves.early_time;
  const double late_pace = static_cast<double>(halves.late.value) / halves.late_time;
  const double late_at_most = static_cast<double>(halves.late.most.value_or(halves.late.value)) / halves.late_time;
  if (!grew(halves.late)) return late_at_most < early_pace ? Course::kWarmedUp : Course::kUnsure;
  if (late_pace < kStillRising * early_pace) return Course::kWarmedUp;
  const bool at_every_step = std::ranges::adjacent_find(heights, std::greater_equal()) == heights.end();
  return at_every_step ? Course::kRises : Course::kGrows;
}

struct LadderRow {
  const Compared* all = nullptr;
  std::size_t site = 0;
  Halves halves;
  Course course = Course::kStays;
  std::uint64_t rises = 0;
  std::string of_allocated;

  const Site& place() const { return all->sums.back().sites()[site]; }
  Cell pace() const {
    if (course > Course::kUnsure) return {};
    return static_cast<std::int64_t>(static_cast<double>(halves.late.value) / halves.late_time);
  }
  Cell per_cycle() const {
    if (course > Course::kUnsure || !halves.late_cycles) return {};
    return static_cast<std::int64_t>(static_cast<double>(halves.late.value) / *halves.late_cycles);
  }
};

constexpr ColumnOf<LadderRow> kLadderColumns[] = {
    {{"course", Unit::kText,
      "rises: more at every step; grows: more, but not at each; unsure: the samples do not say whether it goes on; "
      "warmed up: it grew at first only; chance: the samples do not say that anything changed",
      Shown::kUsually, courses},
     [](const LadderRow& r) { return Cell(kCourses[static_cast<std::size_t>(r.course)]); }},
    {{"pace", Unit::kBytes, "of what goes on: growth each second of the later half; each step, if no times are known",
      Shown::kUsually, nullptr, Sign::kChange},
     [](const LadderRow& r) { return r.pace(); }},
    {{"per_cycle", Unit::kBytes,
      "of what goes on: growth with each collection of the later half; none if the profiles do not count collections",
      Shown::kIfAny, nullptr, Sign::kChange},
     [](const LadderRow& r) { return r.per_cycle(); }},
    {{"growth", Unit::kBytes, "of flat, from the first profile to the last", Shown::kUsually, nullptr, Sign::kChange},
     [](const LadderRow& r) { return Cell(r.halves.whole.value); }},
    {{"least", Unit::kBytes, "of an estimate: growth is so much at least, with 95 %", Shown::kIfAny, nullptr,
      Sign::kChange},
     [](const LadderRow& r) { return known(r.halves.whole.least); }},
    {{"most", Unit::kBytes, "of an estimate: growth is so much at most, with 95 %", Shown::kIfAny, nullptr,
      Sign::kChange},
     [](const LadderRow& r) { return known(r.halves.whole.most); }},
    {{"later", Unit::kBytes, "growth in the later half", Shown::kIfRoom, nullptr, Sign::kChange},
     [](const LadderRow& r) { return Cell(r.halves.late.value); }},
    {{"rises", Unit::kCount, "at how many steps it rose", Shown::kIfRoom},
     [](const LadderRow& r) { return Cell(r.rises); }},
    {{"last", Unit::kBytes, "flat in the last profile", Shown::kIfRoom, nullptr, Sign::kMinus},
     [](const LadderRow& r) { return Cell(r.all->flat(r.all->sums.size() - 1, r.site)); }},
    {{"of_allocated", Unit::kText, "of a heap profile: which share of what was allocated meanwhile growth is",
      Shown::kIfAny},
     [](const LadderRow& r) { return text_cell(r.of_allocated); }},
    {{"function", Unit::kText, "its name, or the address where the profile has none; none by file"},
     [](const LadderRow& r) { return text_cell(r.place().function); }},
    {{"file", Unit::kText, "where its source was when it was compiled; none by function", Shown::kIfAny},
     [](const LadderRow& r) { return text_cell(r.place().file); }},
    {{"line", Unit::kId, "none by function or file", Shown::kIfAny},
     [](const LadderRow& r) { return r.place().line > 0 ? Cell(static_cast<std::uint64_t>(r.place().line)) : Cell(); }},
};

// By their times, if all have one.
Profiles in_order(const Profiles& profiles) {
  const auto time = [](const profile::FilteredProfile& one) { return one.profile().time_ns(); };
  if (!std::ranges::all_of(*profiles, [&](const auto& one) { return time(one) > 0; })) return profiles;
  std::vector<profile::FilteredProfile> sorted = *profiles;
  std::ranges::stable_sort(sorted, {}, time);
  const auto same = std::ranges::adjacent_find(sorted, {}, time);
  if (same != sorted.end())
    fail(ErrorCode::kUsage, "{} and {} were taken at the same time: a ladder has a step between any two",
         same->profile().name(), std::next(same)->profile().name());
  return std::make_shared<const std::vector<profile::FilteredProfile>>(std::move(sorted));
}

bool has_times(const Compared& all) {
  return all.first().time_ns() > 0 && all.profiles->back().profile().time_ns() > all.first().time_ns();
}

double time_between(const Compared& all, std::size_t from, std::size_t to) {
  const auto time = [&](std::size_t i) { return (*all.profiles)[i].profile().time_ns(); };
  if (!has_times(all)) return static_cast<double>(to - from);
  return static_cast<double>(time(to) - time(from)) * 1e-9;
}

std::optional<std::uint64_t> cycles_between(const Compared& all, std::size_t from, std::size_t to) {
  const auto cycles = [&](std::size_t i) { return (*all.profiles)[i].profile().gc_cycles(); };
  if (!cycles(from) || !cycles(to) || *cycles(to) < *cycles(from)) return std::nullopt;
  return *cycles(to) - *cycles(from);
}

std::string ladder_remark(const Compared& all, std::span<const LadderRow> rows) {
  std::array<std::uint64_t, kCourses.size()> count = {};
  for (const LadderRow& row : rows) ++count[static_cast<std::size_t>(row.course)];
  const auto of = [&](Course course) { return count[static_cast<std::size_t>(course)]; };
  std::string remark = fmt::format(
      "{} over {}{}: {} at every step, {} in all, {} warmed up, {} may be chance.",
      all.first().sample_types()[all.type].type, format_count(all.sums.size(), "profile"),
      has_times(all) ? " in " + format_seconds(time_between(all, 0, all.sums.size() - 1)) : "",
      of(Course::kRises) == 1 ? "1 place rises" : fmt::format("{} rise", format_count(of(Course::kRises), "place")),
      of(Course::kGrows) == 1 ? "1 more grows" : fmt::format("{} more grow", format_count(of(Course::kGrows))),
      format_count(of(Course::kWarmedUp)), format_count(of(Course::kChance)));
  if (of(Course::kUnsure) > 0)
    remark += fmt::format(" Of {} nobody can say whether it goes on: take profiles for longer.",
                          format_count(of(Course::kUnsure), "place"));
  if (!has_times(all))
    remark += " The profiles do not say when they were taken: they are in the order in which they are named.";
  if (const auto cycles = cycles_between(all, 0, all.sums.size() - 1))
    remark += fmt::format(" {} ended meanwhile.", format_count(*cycles, "collection"));
  else
    remark +=
        " They do not count collections: the text of a heap profile (?debug=1) does, and so do processes, cores and "
        "captures.";
  if (!all.whole->is_one_run()) remark += " Beware: they are not of one run of the program, or not sampled alike.";
  return remark;
}

LadderRow ladder_row(const Compared& all, const Changes& early, const Changes& late, std::size_t site) {
  const std::size_t last = all.sums.size() - 1, middle = all.sums.size() / 2;
  LadderRow row{.all = &all,
                .site = site,
                .halves = {.early = early.of(site, all.type),
                           .late = late.of(site, all.type),
                           .whole = all.whole->of(site, all.type)},
                .of_allocated = {}};
  row.halves.early_time = time_between(all, 0, middle);
  row.halves.late_time = time_between(all, middle, last);
  if (const auto cycles = cycles_between(all, middle, last); cycles && *cycles > 0)
    row.halves.late_cycles = static_cast<double>(*cycles);
  std::vector<std::int64_t> heights;
  for (std::size_t i = 0; i <= last; ++i) heights.push_back(all.flat(i, site));
  for (std::size_t i = 0; i < last; ++i) row.rises += heights[i + 1] > heights[i];
  row.course = course_of(row.halves, heights);
  if (const auto heap = heap_types(all.first()); heap && all.whole->is_one_run()) {
    const bool is_bytes = all.type == heap->in_use, is_objects = all.type == heap->in_use_objects;
    const std::size_t counter = is_objects ? heap->allocated_objects : heap->allocated;
    const std::int64_t allocated =
        profile::bounded_difference(all.sums.back().flat(site, counter), all.sums.front().flat(site, counter));
    if ((is_bytes || is_objects) && allocated > 0 && row.halves.whole.value >= 0)
      row.of_allocated =
          format_share(static_cast<std::uint64_t>(row.halves.whole.value), static_cast<std::uint64_t>(allocated));
  }
  return row;
}

}  // namespace

TableShape profile_ladder_shape() {
  return make_shape<LadderRow>("profile-ladder", "place", "pace", kLadderColumns, "growth");
}

Table profile_ladder_table(const Profiles& profiles, const ProfileQuestion& question) {
  if (profiles->size() < 3)
    fail(ErrorCode::kUsage,
         "a ladder has three profiles at least, and {} named: with two nobody sees whether growth goes on",
         profiles->size() == 1 ? "one is" : "two are");
  const auto all = std::make_shared<const Compared>(in_order(profiles), question);
  const std::span<const profile::SampleType> types = all->first().sample_types();
  const std::size_t middle = all->sums.size() / 2;
  const Changes early(all->sums.front(), all->sums[middle], types), late(all->sums[middle], all->sums.back(), types);
  std::vector<LadderRow> rows;
  for (std::size_t site = 0; site < all->sums.back().sites().size(); ++site) {
    const bool has_any =
        std::ranges::any_of(all->sums, [&](const Sums& sums) { return sums.flat(site, all->type) != 0; });
    if (has_any) rows.push_back(ladder_row(*all, early, late, site));
  }
  // What does not go on has no pace: after what does, the larger growth first.
  std::ranges::stable_sort(rows, [](const LadderRow& a, const LadderRow& b) {
    return std::pair(a.course, -a.halves.whole.value) < std::pair(b.course, -b.halves.whole.value);
  });
  std::vector<std::optional<std::size_t>> sites;
  for (const LadderRow& row : rows)
    sites.push_back(row.course < Course::kChance ? std::optional(row.site) : std::nullopt);
  const std::string remark = ladder_remark(*all, rows);
  TableShape shape = profile_ladder_shape();
  count_in(shape, all->unit());
  show_places(shape, question.by);
  Table table = make_table<LadderRow>(std::move(shape), kLadderColumns, std::move(rows));
  table.remark = remark;
  table.below = steps_below(all, std::move(sites));
  keep_with(table, all);
  return table;
}

}  // namespace holdfast::view
