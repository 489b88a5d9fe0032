#include "report/collector_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/units.h"
#include "collector/trend.h"

namespace holdfast::report {
namespace {

using collector::Bytes;
using collector::Cycle;
using collector::Series;
using nlohmann::ordered_json;

constexpr std::size_t kRows = 8;         // of a chart
constexpr std::size_t kPlainWidth = 72;  // where lines are endless
constexpr std::size_t kLabelWidth = 10;

struct Point {
  double x = 0;           // 0 to 1
  std::size_t cycle = 0;  // row of Series::cycles
  Bytes live = 0, heap = 0;
  std::optional<Bytes> goal;
};

bool has_times(const Series& series) {
  return series.restarts == 0 &&
         std::ranges::all_of(series.cycles, [](const Cycle& one) { return !one.live || one.since_start; });
}

// Over time where all cycles have one, else over their numbers.
std::vector<Point> points_of(const Series& series) {
  std::vector<const Cycle*> known;
  for (const Cycle& cycle : series.cycles)
    if (cycle.live) known.push_back(&cycle);
  if (known.size() < 2) return {};
  const bool timed = has_times(series);
  std::vector<Point> points;
  const auto place = [&](std::size_t i) {
    return static_cast<double>(timed ? *known[i]->since_start : static_cast<std::uint64_t>(i));
  };
  const double first = place(0), span = place(known.size() - 1) - first;
  for (std::size_t i = 0; i < known.size(); ++i)
    points.push_back({span > 0 ? std::clamp((place(i) - first) / span, 0.0, 1.0) : 0,
                      static_cast<std::size_t>(known[i] - series.cycles.data()), *known[i]->live,
                      std::max(known[i]->heap_at_start.value_or(0), *known[i]->live), known[i]->goal});
  return points;
}

// Where a mark stands among the points: at its time, or midway between the two cycles that it lies between.
double x_of(const collector::Mark& mark, const Series& series, const std::vector<Point>& points) {
  const auto next = std::ranges::lower_bound(points, *mark.ended, {}, &Point::cycle);
  if (next == points.begin()) return 0;
  if (next == points.end()) return 1;
  const double before = std::prev(next)->x, behind = next->x;
  if (!mark.since_start || !has_times(series)) return (before + behind) / 2;
  const auto time = [&](const Point& one) { return static_cast<double>(*series.cycles[one.cycle].since_start); };
  const double first = time(points.front()), span = time(points.back()) - first;
  const double x = span > 0 ? (static_cast<double>(*mark.since_start) - first) / span : 0;
  return std::clamp(x, 0.0, 1.0);
}

// The numbers of the marks below their columns; one that finds no room there stands behind its neighbour.
std::string line_of_marks(const view::NamedSeries& source, const std::vector<Point>& points, std::size_t width) {
  std::string out;
  for (std::size_t i = 0; i < source.marks.in_order.size(); ++i) {
    const collector::Mark& mark = source.marks.in_order[i];
    if (!mark.ended) break;
    const std::string number = std::to_string(i + 1);
    const auto column = static_cast<std::size_t>(x_of(mark, source.series, points) * static_cast<double>(width - 1));
    const std::size_t at = std::max(column, out.empty() ? 0 : out.size() + 1);
    if (at + number.size() > width) break;
    out += std::string(at - out.size(), ' ') + number;
  }
  return out;
}

// The last point at or before each column; of what comes together the largest heap.
std::vector<Point> columns_of(const std::vector<Point>& points, std::size_t width) {
  std::vector<Point> columns(width);
  std::size_t next = 0;
  Point last = points.front();
  for (std::size_t column = 0; column < width; ++column) {
    Bytes most = last.heap;
    bool fresh = false;
    const double end = static_cast<double>(column + 1) / static_cast<double>(width);
    for (; next < points.size() && (points[next].x < end || column + 1 == width); ++next) {
      last = points[next];
      most = fresh ? std::max(most, last.heap) : last.heap;
      fresh = true;
    }
    columns[column] = last;
    columns[column].heap = most;
  }
  return columns;
}

constexpr std::array kEighths = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// What a cell of the chart shows, `from` eighths above the ground.
std::string_view cell_of(std::size_t live, std::size_t heap, std::size_t from, bool plain) {
  const std::size_t of_live = live > from ? std::min<std::size_t>(live - from, 8) : 0;
  const bool has_heap = heap > from + 3;
  if (plain) return of_live > 3 ? "#" : has_heap ? "." : " ";
  if (of_live > 0) return kEighths[of_live];
  return has_heap ? "░" : " ";
}

ordered_json known_json(const std::optional<std::uint64_t>& number) {
  return number ? ordered_json(*number) : ordered_json(nullptr);
}

ordered_json moment_json(const collector::Moment& moment) {
  return {{"cycles", moment.cycles},
          {"forced", known_json(moment.forced)},
          {"live", known_json(moment.live)},
          {"heap_alloc", known_json(moment.heap_alloc)},
          {"heap_inuse", known_json(moment.heap_inuse)},
          {"heap_idle", known_json(moment.heap_idle)},
          {"heap_released", known_json(moment.heap_released)},
          {"goal", known_json(moment.goal)},
          {"system", known_json(moment.system)},
          {"allocated_ever", known_json(moment.allocated_ever)},
          {"gc_share", moment.gc_share ? ordered_json(*moment.gc_share) : ordered_json(nullptr)}};
}

ordered_json slope_json(const std::optional<collector::Slope>& slope) {
  if (!slope) return nullptr;
  return {{"bytes", slope->per_step}, {"error", slope->error}};
}

ordered_json marks_json(const view::NamedSeries& source) {
  ordered_json out = ordered_json::array();
  const std::vector<collector::Mark>& marks = source.marks.in_order;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const collector::Mark& mark = marks[i];
    ordered_json one = {
        {"name", mark.name},
        {"placed", mark.ended.has_value()},
        {"cycle", mark.ended.value_or(0) > 0 ? ordered_json(source.series.cycles[*mark.ended - 1].number)
                                             : ordered_json(nullptr)},
        {"since_start", known_json(mark.since_start)},
        {"by_time", mark.by_time},
        {"outside", mark.outside},
        {"problem", mark.problem.empty() ? ordered_json(nullptr) : ordered_json(mark.problem)},
        {"since_mark", nullptr}};
    if (i > 0 && mark.ended) {
      const collector::Between what = collector::between(source.series, *marks[i - 1].ended, *mark.ended);
      one["since_mark"] = {{"cycles", what.cycles},
                           {"forced", what.forced},
                           {"live_before", known_json(what.live_before)},
                           {"live_after", known_json(what.live_after)},
                           {"garbage", known_json(what.garbage)},
                           {"paused", what.paused},
                           {"cpu", known_json(what.cpu)}};
    }
    out.push_back(std::move(one));
  }
  return out;
}

ordered_json source_json(const view::NamedSeries& source) {
  const Series& series = source.series;
  const collector::Trend trend = collector::trend_of(series);
  ordered_json moments = ordered_json::array();
  for (const collector::Moment& moment : series.moments) moments.push_back(moment_json(moment));
  return {{"source", source.name},
          {"sentences", view::collector_summary(series)},
          {"cycles", trend.cycles},
          {"forced", trend.forced},
          {"span", trend.span},
          {"live_per_cycle", slope_json(trend.live_per_cycle)},
          {"live_per_second", slope_json(trend.live_per_second)},
          {"grows", trend.grows},
          {"garbage_per_cycle", known_json(trend.garbage_per_cycle)},
          {"paused", trend.all_pauses},
          {"longest_pause", trend.longest_pause},
          {"cpu", trend.cpu.total()},
          {"assist", trend.cpu.assist},
          {"cramped", trend.cramped},
          {"restarts", series.restarts},
          {"other_lines", series.other_lines},
          {"broken_lines", series.broken_lines},
          {"moments", std::move(moments)},
          {"started", source.marks.started ? ordered_json(iso_moment(static_cast<std::int64_t>(*source.marks.started)))
                                           : ordered_json(nullptr)},
          {"marks", marks_json(source)}};
}

std::string in_markup(const std::string& text) {
  std::string out;
  for (const char c : cleaned(text)) out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

}  // namespace

std::string heap_chart(const view::NamedSeries& source, std::size_t width) {
  const bool plain = width == kEndless;
  const std::size_t columns_wide = (plain ? kPlainWidth : std::min<std::size_t>(width, 120)) - kLabelWidth - 1;
  const std::vector<Point> points = points_of(source.series);
  if (points.empty()) return "";
  const std::vector<Point> columns = columns_of(points, columns_wide);
  const Bytes most = std::max<Bytes>(std::ranges::max(columns, {}, &Point::heap).heap, 1);
  const auto eighths = [&](Bytes bytes) {
    return static_cast<std::size_t>(static_cast<double>(bytes) / static_cast<double>(most) * kRows * 8 + 0.5);
  };
  std::string out;
  for (std::size_t row = kRows; row-- > 0;) {
    const std::string label = row + 1 == kRows ? format_bytes(most) : row == 0 ? "0 B" : "";
    out += fmt::format("{:>{}} ", label, kLabelWidth);
    for (const Point& one : columns) out += cell_of(eighths(one.live), eighths(one.heap), row * 8, plain);
    out.erase(out.find_last_not_of(' ') + 1);
    out += "\n";
  }
  if (const std::string marks = line_of_marks(source, points, columns_wide); !marks.empty())
    out += fmt::format("{:>{}} {}\n", "taken", kLabelWidth, marks);
  return out + fmt::format("{:>{}} {}\n", "", kLabelWidth,
                           plain ? "# live, . heap when a cycle began" : "█ live, ░ heap when a cycle began");
}

std::string heap_picture(const view::NamedSeries& source) {
  const Series& series = source.series;
  constexpr double kWidth = 900, kHeight = 300, kLeft = 90, kTop = 30;
  const std::vector<Point> points = points_of(series);
  Bytes most = 1;
  for (const Point& one : points) most = std::max({most, one.heap, one.goal.value_or(0)});
  const auto y = [&](Bytes bytes) {
    return kTop + kHeight * (1 - static_cast<double>(bytes) / static_cast<double>(most));
  };
  std::string heap, live, goal;
  for (const Point& one : points) {
    const double x = kLeft + kWidth * one.x;
    fmt::format_to(std::back_inserter(heap), "{:.1f},{:.1f} ", x, y(one.heap));
    fmt::format_to(std::back_inserter(live), "{:.1f},{:.1f} ", x, y(one.live));
    if (one.goal) fmt::format_to(std::back_inserter(goal), "{:.1f},{:.1f} ", x, y(*one.goal));
  }
  const std::string name = in_markup(source.name);
  const double bottom = kTop + kHeight, right = kLeft + kWidth;
  std::string marks;
  for (std::size_t i = 0; i < source.marks.in_order.size() && source.marks.in_order[i].ended && !points.empty(); ++i) {
    const collector::Mark& mark = source.marks.in_order[i];
    const double x = kLeft + kWidth * x_of(mark, series, points);
    fmt::format_to(std::back_inserter(marks),
                   "<path stroke=\"black\" stroke-dasharray=\"1 3\" d=\"M{0:.1f} {1}V{2}\"/>\n"
                   "<text x=\"{0:.1f}\" y=\"{1}\" text-anchor=\"middle\" dy=\"-2\">{3}<title>{4}</title></text>\n",
                   x, kTop, bottom, i + 1, in_markup(mark.name));
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<title>{2}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n"
      "<polygon fill=\"#d8dee9\" points=\"{3},{4} {5}{6},{4}\"/>\n"
      "<polygon fill=\"#4c78a8\" points=\"{3},{4} {7}{6},{4}\"/>\n"
      "<polyline fill=\"none\" stroke=\"#b8442f\" stroke-dasharray=\"4 3\" points=\"{8}\"/>\n"
      "<path stroke=\"black\" fill=\"none\" d=\"M{3} {9}V{4}H{6}\"/>\n"
      "<text x=\"{10}\" y=\"{9}\" text-anchor=\"end\" dy=\"10\">{11}</text>\n"
      "<text x=\"{10}\" y=\"{4}\" text-anchor=\"end\">0 B</text>\n"
      "<text x=\"{3}\" y=\"20\">{2}: live (blue), heap when a cycle began (grey), goal (dashed)</text>\n{12}</svg>\n",
      right + 20, bottom + 20, name, kLeft, bottom, heap, right, live, goal, kTop, kLeft - 6, format_bytes(most),
      marks);
}

std::string collector_text(const std::vector<view::NamedSeries>& sources, const TextStyle& style) {
  std::string out;
  for (const view::NamedSeries& source : sources) {
    if (sources.size() > 1) out += style.bold(fit(source.name, style.width)) + "\n";
    for (const std::string& sentence : view::collector_summary(source.series))
      out += wrapped("", sentence, style.width);
    for (const std::string& sentence : view::marks_summary(source)) out += wrapped("", sentence, style.width);
    if (const std::string chart = heap_chart(source, style.width); !chart.empty()) out += "\n" + chart;
    out += "\n";
  }
  return out;
}

ordered_json collector_json(const std::vector<view::NamedSeries>& sources) {
  ordered_json all = ordered_json::array();
  for (const view::NamedSeries& source : sources) all.push_back(source_json(source));
  return {{"sources", std::move(all)}};
}

}  // namespace holdfast::report
