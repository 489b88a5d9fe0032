#include "view/collector_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/units.h"
#include "collector/trend.h"

namespace holdfast::view {
namespace {

using collector::Cycle;
using collector::CycleCpu;
using collector::Pacing;
using collector::Series;
using collector::Trend;

struct CycleRow {
  const Cycle* cycle = nullptr;
  std::string_view source;
  std::string ended, taken, assist_ratio;
};

using CycleColumn = ColumnOf<CycleRow>;

template <typename Number>
Cell cell_of_known(const std::optional<Number>& number) {
  return number ? Cell(static_cast<std::uint64_t>(*number)) : Cell();
}

template <typename Number>
Cell pacing_cell(const Cycle& cycle, std::optional<Number> Pacing::*number) {
  return cycle.pacing && *cycle.pacing.*number ? Cell(*(*cycle.pacing.*number)) : Cell();
}

Cell cell_of_cpu(const Cycle& cycle, std::uint64_t (*get)(const CycleCpu&)) {
  return cycle.cpu ? Cell(get(*cycle.cpu)) : Cell();
}

constexpr CycleColumn kColumns[] = {
    {{"cycle", Unit::kId, "the runtime's number of it"}, [](const CycleRow& r) { return Cell(r.cycle->number); }},
    {{"at", Unit::kNanoseconds, "when it began, since the process did", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_known(r.cycle->since_start); }},
    {{"ended", Unit::kText, "when it ended, where the source has no other time", Shown::kIfAny},
     [](const CycleRow& r) { return text_cell(r.ended); }},
    {{"live", Unit::kBytes, "what it marked: all that is alive, and what died while it ran", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_known(r.cycle->live); }},
    {{"garbage", Unit::kBytes, "what was on the heap when marking ended, and is not live", Shown::kIfAny},
     [](const CycleRow& r) {
       const Cycle& c = *r.cycle;
       return c.live && c.heap_at_end ? Cell(*c.heap_at_end - std::min(*c.live, *c.heap_at_end)) : Cell();
     }},
    {{"heap_at_start", Unit::kBytes, "on the heap when it began", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_known(r.cycle->heap_at_start); }},
    {{"heap_at_end", Unit::kBytes, "on the heap when marking ended", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->heap_at_end); }},
    {{"goal", Unit::kBytes, "what the heap was not to exceed; none with GOGC=off and no limit", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_known(r.cycle->goal); }},
    {{"paused", Unit::kNanoseconds, "how long the program stood still, both stops together", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_known(r.cycle->paused); }},
    {{"sweep_stop", Unit::kNanoseconds, "the stop before marking", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->sweep_stop); }},
    {{"mark", Unit::kNanoseconds, "how long it marked while the program ran", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_known(r.cycle->mark); }},
    {{"mark_stop", Unit::kNanoseconds, "the stop behind marking", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->mark_stop); }},
    {{"cpu", Unit::kNanoseconds, "the processors' time for it", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_cpu(*r.cycle, [](const CycleCpu& cpu) { return cpu.total(); }); }},
    {{"assist", Unit::kNanoseconds, "of that, by goroutines that allocated and had to help", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_cpu(*r.cycle, [](const CycleCpu& cpu) { return cpu.assist; }); }},
    {{"background", Unit::kNanoseconds, "of that, by the collector's own workers", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_cpu(*r.cycle, [](const CycleCpu& cpu) { return cpu.background; }); }},
    {{"idle", Unit::kNanoseconds, "of that, on processors that had nothing else to do", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_cpu(*r.cycle, [](const CycleCpu& cpu) { return cpu.idle; }); }},
    {{"gc_percent", Unit::kCount, "of the processors' time since the start, what the collector took", Shown::kIfAny},
     [](const CycleRow& r) { return cell_of_known(r.cycle->share_percent); }},
    {{"assist_ratio", Unit::kText, "how much who allocates had to scan for each byte, when it began: with gcpacertrace",
      Shown::kWhenAsked},
     [](const CycleRow& r) { return text_cell(r.assist_ratio); }},
    {{"used_percent", Unit::kCount, "of the processors' time while it ran, what it took: with gcpacertrace",
      Shown::kWhenAsked},
     [](const CycleRow& r) { return pacing_cell(*r.cycle, &Pacing::used_percent); }},
    {{"wanted_percent", Unit::kCount, "of the processors' time, what it was to take: with gcpacertrace",
      Shown::kWhenAsked},
     [](const CycleRow& r) { return pacing_cell(*r.cycle, &Pacing::wanted_percent); }},
    {{"scanned", Unit::kBytes, "what it scanned of objects, stacks and globals: with gcpacertrace", Shown::kWhenAsked},
     [](const CycleRow& r) { return pacing_cell(*r.cycle, &Pacing::scanned); }},
    {{"expected", Unit::kBytes, "what it was expected to scan: with gcpacertrace", Shown::kWhenAsked},
     [](const CycleRow& r) { return pacing_cell(*r.cycle, &Pacing::expected); }},
    {{"off_goal", Unit::kBytes, "by how much the heap ended above its goal: with gcpacertrace", Shown::kIfAny, nullptr,
      Sign::kChange},
     [](const CycleRow& r) { return pacing_cell(*r.cycle, &Pacing::off_goal); }},
    {{"scanned_objects", Unit::kCount, "objects that it scanned: with gctrace=2, from Go 1.25 on", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->scanned_objects); }},
    {{"scanned_spans", Unit::kCount, "spans that it scanned at once: with gctrace=2, from Go 1.25 on",
      Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->scanned_spans); }},
    {{"stacks", Unit::kBytes, "of stacks, what it looked at", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->stacks); }},
    {{"globals", Unit::kBytes, "of package variables, what it looked at", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->globals); }},
    {{"processors", Unit::kCount, "GOMAXPROCS", Shown::kWhenAsked},
     [](const CycleRow& r) { return cell_of_known(r.cycle->processors); }},
    {{"forced", Unit::kFlag, "whether somebody asked for it", Shown::kIfAny},
     [](const CycleRow& r) { return r.cycle->forced ? flag_cell(*r.cycle->forced) : Cell(); }},
    {{"leak_search", Unit::kFlag, "whether it looked for leaked goroutines", Shown::kIfAny},
     [](const CycleRow& r) { return r.cycle->leak_search ? flag_cell(true) : Cell(); }},
    {{"line", Unit::kId, "where it stands in the text", Shown::kWhenAsked},
     [](const CycleRow& r) { return r.cycle->line > 0 ? Cell(r.cycle->line) : Cell(); }},
    {{"taken", Unit::kText, "what was taken behind it, before the next one ended", Shown::kIfAny},
     [](const CycleRow& r) { return text_cell(r.taken); }},
    {{"source", Unit::kText, "which of several sources has it", Shown::kIfAny},
     [](const CycleRow& r) { return text_cell(r.source); }},
};

std::string time_text(std::uint64_t ns) {
  return format_seconds(static_cast<double>(ns) * 1e-9);
}

std::string rate_text(double bytes) {
  const double magnitude = std::min(std::fabs(bytes), 9e18);
  return fmt::format("{}{}", bytes < 0 ? "-" : "", format_bytes(static_cast<std::uint64_t>(std::llround(magnitude))));
}

std::string live_text(const Trend& trend) {
  std::string out = fmt::format("Live: {} after the first cycle, {} after the last.", format_bytes(trend.first_live),
                                format_bytes(trend.last_live));
  const auto& slope = trend.live_per_cycle;
  if (!slope) return out;
  if (trend.grew_at_first) return out + " It grew at first, and over the last half of the cycles no more.";
  if (!trend.grows)
    return out + fmt::format(" It does not grow with certainty: {} a cycle, give or take {}.",
                             rate_text(slope->per_step), rate_text(2 * slope->error));
  out +=
      fmt::format(" It grows by {} a cycle, give or take {}", rate_text(slope->per_step), rate_text(2 * slope->error));
  if (trend.live_per_second) out += fmt::format(", {} a minute", rate_text(trend.live_per_second->per_step * 60));
  return out + ": what keeps it alive is what `holdfast report` tells.";
}

std::string cycles_text(const Series& series, const Trend& trend) {
  std::string out = format_count(trend.cycles, "cycle");
  if (trend.span > 0) out += " in " + time_text(trend.span);
  if (trend.forced > 0) out += fmt::format(", {} of them forced", format_count(trend.forced));
  out += ".";
  if (series.cycles.front().number > 1)
    out += fmt::format(" The first one here is number {}.", format_count(series.cycles.front().number));
  if (series.restarts > 0)
    out += " Numbers begin anew: the text is of several processes, and no slope goes through them.";
  return out;
}

std::string work_text(const Trend& trend) {
  std::string out = fmt::format("Paused: {} in all, the longest {} in cycle {}.", time_text(trend.all_pauses),
                                time_text(trend.longest_pause), format_count(trend.longest_pause_in));
  if (trend.cpu.total() == 0) return out;
  out += fmt::format(" Processors' time: {}, of that {} by goroutines that had to help.", time_text(trend.cpu.total()),
                     time_text(trend.cpu.assist));
  if (trend.busy) out += fmt::format(" A cycle ran for {:.0f} % of the time.", *trend.busy * 100);
  return out;
}

// What the pacer says of cycles beside what the program saw of them.
void add_pacing(const Series& series, std::vector<std::string>& out) {
  std::uint64_t paced = 0, above = 0, most_used = 0, wanted = 0;
  std::int64_t furthest = 0;
  for (const Cycle& cycle : series.cycles) {
    if (!cycle.pacing || !cycle.pacing->off_goal) continue;
    ++paced;
    above += *cycle.pacing->off_goal > 0;
    furthest = std::max(furthest, *cycle.pacing->off_goal);
    most_used = std::max(most_used, cycle.pacing->used_percent.value_or(0));
    wanted = std::max(wanted, cycle.pacing->wanted_percent.value_or(0));
  }
  if (paced == 0) return;
  std::string text =
      fmt::format("Pacer, {}: a cycle took at most {} % of the processors' time, where {} % are wanted; ",
                  format_count(paced, "cycle"), most_used, wanted);
  text += above == 0 ? "none ended above its goal."
                     : fmt::format("{} ended above the goal, by {} at most.", format_count(above),
                                   format_bytes(static_cast<std::uint64_t>(furthest)));
  out.push_back(std::move(text));
}

void add_other_lines(const Series& series, std::vector<std::string>& out) {
  if (!series.scavenged.empty()) {
    std::uint64_t returned = 0;
    for (const collector::Scavenging& one : series.scavenged) returned += one.returned;
    const collector::Scavenging& last = series.scavenged.back();
    out.push_back(
        fmt::format("Returned to the system: {} in {}; at the last {} were with it, and {} % of the rest in use.",
                    format_bytes(returned), format_count(series.scavenged.size(), "round"),
                    format_bytes(last.returned_now.value_or(0)), last.used_percent));
  }
  if (!series.scheduled.empty()) {
    const auto most = [&](auto get) { return std::invoke(get, *std::ranges::max_element(series.scheduled, {}, get)); };
    out.push_back(fmt::format("Scheduler, {}: at most {} and {} that could run and had no processor.",
                              format_count(series.scheduled.size(), "look"),
                              format_count(most(&collector::Scheduling::threads), "thread"),
                              format_count(most(&collector::Scheduling::runnable), "goroutine")));
  }
  if (!series.initialised.empty()) {
    std::uint64_t took = 0;
    for (const collector::Initialisation& one : series.initialised) took += one.took;
    const auto longest = std::ranges::max_element(series.initialised, {}, &collector::Initialisation::took);
    out.push_back(fmt::format("Initialised: {} in {}; the longest was {}, {} and {} allocated.",
                              format_count(series.initialised.size(), "package"), time_text(took), longest->package,
                              time_text(longest->took), format_bytes(longest->allocated)));
  }
}

std::string moments_text(const Series& series) {
  const collector::Moment &first = series.moments.front(), &last = series.moments.back();
  const auto both = [&](const char* what, const std::optional<std::uint64_t>& a,
                        const std::optional<std::uint64_t>& b) {
    if (!a || !b) return std::string();
    return series.moments.size() == 1 ? fmt::format(" {} {};", what, format_bytes(*b))
                                      : fmt::format(" {} {}, then {};", what, format_bytes(*a), format_bytes(*b));
  };
  std::string out = format_count(series.moments.size(), "reading") + ":" + both("live", first.live, last.live) +
                    both("heap with garbage", first.heap_alloc, last.heap_alloc) + both("goal", first.goal, last.goal) +
                    both("returned to the system", first.heap_released, last.heap_released) +
                    both("allocated since the start", first.allocated_ever, last.allocated_ever);
  out.back() = '.';
  if (last.gc_share) out += fmt::format(" The collector took {:.2g} % of the processors' time.", *last.gc_share * 100);
  return out;
}

// What was taken behind the first `ended` cycles and before the next one's end.
std::string taken_behind(const collector::Marks& marks, std::size_t ended) {
  std::string out;
  for (const collector::Mark& mark : marks.in_order)
    if (mark.ended == ended) out += (out.empty() ? "" : ", ") + mark.name;
  return out;
}

}  // namespace

TableShape collector_shape() {
  return make_shape<CycleRow>("gc", "cycle", "cycle", kColumns, "garbage");
}

Table collector_table(std::shared_ptr<const std::vector<NamedSeries>> sources) {
  std::vector<CycleRow> rows;
  std::uint64_t broken = 0, others = 0;
  for (const NamedSeries& source : *sources) {
    broken += source.series.broken_lines;
    others += source.series.other_lines;
    for (const Cycle& cycle : source.series.cycles)
      rows.push_back(
          {&cycle, sources->size() > 1 ? std::string_view(source.name) : std::string_view(),
           cycle.ended ? iso_moment(static_cast<std::int64_t>(*cycle.ended)) : "",
           taken_behind(source.marks, static_cast<std::size_t>(&cycle - source.series.cycles.data()) + 1),
           cycle.pacing && cycle.pacing->assist_ratio ? fmt::format("{:.4g}", *cycle.pacing->assist_ratio) : ""});
  }
  Table table = make_table<CycleRow>(collector_shape(), kColumns, std::move(rows));
  if (others > 0) table.remark = fmt::format("{} of others.", format_count(others, "line"));
  if (broken > 0)
    table.remark += fmt::format(
        "{}{} begin{} as the collector's and go{} on otherwise, since somebody wrote in between: "
        "they are left out.",
        table.remark.empty() ? "" : " ", format_count(broken, "line"), broken == 1 ? "s" : "", broken == 1 ? "es" : "");
  table.cell = [cell = std::move(table.cell), sources](std::uint32_t row, std::size_t column) {
    return cell(row, column);
  };
  return table;
}

std::vector<std::string> collector_summary(const Series& series) {
  std::vector<std::string> out;
  if (!series.cycles.empty()) {
    const Trend trend = collector::trend_of(series);
    out.push_back(cycles_text(series, trend));
    if (std::ranges::any_of(series.cycles, [](const Cycle& one) { return one.live.has_value(); }))
      out.push_back(live_text(trend));
    if (trend.garbage_per_cycle)
      out.push_back(fmt::format("Garbage: {} a cycle on average.", format_bytes(*trend.garbage_per_cycle)));
    if (trend.all_pauses > 0) out.push_back(work_text(trend));
    add_pacing(series, out);
    if (trend.cramped > 2 && trend.cramped * 4 > trend.cycles)
      out.push_back(
          fmt::format("{} had less than a tenth of room above what was live: the heap is at a memory limit "
                      "(GOMEMLIMIT), and the collector runs again and again for little.",
                      format_count(trend.cramped, "cycle")));
  }
  if (!series.remark.empty()) out.push_back(series.remark);
  if (!series.moments.empty()) out.push_back(moments_text(series));
  add_other_lines(series, out);
  return out;
}

}  // namespace holdfast::view
