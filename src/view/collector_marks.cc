#include <fmt/format.h>

#include "base/units.h"
#include "view/collector_table.h"

namespace holdfast::view {
namespace {

using collector::Between;
using collector::Mark;
using collector::Series;

std::string time_text(std::uint64_t ns) {
  return format_seconds(static_cast<double>(ns) * 1e-9);
}

std::string place_text(const Series& series, const Mark& mark) {
  if (*mark.ended == 0) return fmt::format("before cycle {} ended", format_count(series.cycles.front().number));
  const std::string last = format_count(series.cycles[*mark.ended - 1].number);
  if (*mark.ended < series.cycles.size()) return fmt::format("after cycle {}", last);
  return fmt::format("after cycle {}, the last one here", last);
}

std::string mark_text(const Series& series, const Mark& mark, std::size_t number) {
  if (!mark.ended) return fmt::format("{}. {} has no place here: {}.", number, mark.name, mark.problem);
  std::string out = fmt::format("{}. {} was taken {}", number, mark.name, place_text(series, mark));
  if (mark.since_start) out += fmt::format(", {} after the start", time_text(*mark.since_start));
  out += mark.by_time ? ", by its time." : ", by its number of cycles.";
  if (mark.outside) out += " There may have been cycles in between that are not here.";
  return out;
}

std::string sizes_text(const Between& what) {
  std::string out;
  if (what.live_before && what.live_after)
    out += fmt::format("; live {}, then {}", format_bytes(*what.live_before), format_bytes(*what.live_after));
  if (what.garbage) out += fmt::format("; {} of garbage", format_bytes(*what.garbage));
  if (what.paused > 0) out += fmt::format("; paused for {}", time_text(what.paused));
  if (what.cpu) out += fmt::format("; {} of the processors' time", time_text(*what.cpu));
  return out;
}

std::string between_text(const Series& series, const Mark& a, const Mark& b, std::size_t number) {
  const Between what = collector::between(series, *a.ended, *b.ended);
  const std::string both = fmt::format("Between {} and {}", number, number + 1);
  const bool incomplete = a.outside || b.outside;
  if (what.cycles == 0)
    return incomplete ? fmt::format("{}: no cycle that is here.", both)
                      : fmt::format("{}: no cycle ended, so that what died in between is on the heap in both.", both);
  std::string out = fmt::format("{}: {}{}", both, incomplete ? "at least " : "", format_count(what.cycles, "cycle"));
  if (what.forced > 0) out += fmt::format(", {} forced", format_count(what.forced));
  return out + sizes_text(what) + ".";
}

}  // namespace

std::vector<std::string> marks_summary(const NamedSeries& source) {
  const collector::Marks& marks = source.marks;
  std::vector<std::string> out;
  if (marks.started && !marks.started_from.empty())
    out.push_back(fmt::format("The process began at {}: {} says when a cycle ended that is here.",
                              format_moment(static_cast<std::int64_t>(*marks.started)), marks.started_from));
  for (std::size_t i = 0; i < marks.in_order.size(); ++i) {
    out.push_back(mark_text(source.series, marks.in_order[i], i + 1));
    if (i + 1 < marks.in_order.size() && marks.in_order[i + 1].ended)
      out.push_back(between_text(source.series, marks.in_order[i], marks.in_order[i + 1], i + 1));
  }
  return out;
}

}  // namespace holdfast::view
