#include "collector/trend.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace holdfast::collector {
namespace {

constexpr double kMostBytes = 9e18;
constexpr std::size_t kFewPoints = 3;
constexpr std::size_t kFewCycles = 6;
constexpr std::size_t kManyCycles = 8;    // in a third
constexpr double kLeastGrowth = 1 << 20;  // bytes

std::optional<Slope> slope_of(const std::vector<std::pair<double, double>>& points) {
  if (points.size() < kFewPoints) return std::nullopt;
  const double n = static_cast<double>(points.size());
  double mean_x = 0, mean_y = 0;
  for (const auto& [x, y] : points) {
    mean_x += x / n;
    mean_y += y / n;
  }
  double xx = 0, xy = 0;
  for (const auto& [x, y] : points) {
    xx += (x - mean_x) * (x - mean_x);
    xy += (x - mean_x) * (y - mean_y);
  }
  if (!(xx > 0)) return std::nullopt;
  Slope slope{xy / xx, 0};
  double rest = 0;
  for (const auto& [x, y] : points) {
    const double off = y - mean_y - slope.per_step * (x - mean_x);
    rest += off * off;
  }
  slope.error = std::sqrt(rest / (n - 2) / xx);
  return slope;
}

bool rises(const std::optional<Slope>& slope) {
  return slope && slope->per_step > 3 * slope->error;
}

// Whether three quarters of the last third are above three quarters of the third before. What is allocated while a
// cycle marks counts as alive, so what lives of a program that keeps nothing goes up and down by that, for some cycles
// the one way only: a few cycles must be further apart than many.
bool rises_above_noise(const std::vector<std::pair<double, double>>& points) {
  const std::size_t third = points.size() / 3;
  const auto sorted = [&](std::size_t begin) {
    std::vector<double> values;
    for (std::size_t i = begin; i < begin + third; ++i) values.push_back(points[i].second);
    std::ranges::sort(values);
    return values;
  };
  const std::vector<double> before = sorted(points.size() - 2 * third), last = sorted(points.size() - third);
  // Of a straight line, what lies between these two quarters is a sixth of all that it grew by.
  const double apart = third < kManyCycles ? kLeastGrowth : kLeastGrowth / 6;
  return last[third / 4] - before[third - 1 - third / 4] > apart;
}

void add_cpu(CycleCpu& sum, const CycleCpu& one) {
  sum.sweep_stop += one.sweep_stop;
  sum.mark_stop += one.mark_stop;
  sum.assist += one.assist;
  sum.background += one.background;
  sum.idle += one.idle;
}

// Of a cycle that had a goal, whether that left hardly any room above what the one before had found alive.
bool is_cramped(const Cycle& before, const Cycle& cycle) {
  return !cycle.forced.value_or(false) && cycle.goal && before.live && *before.live > 0 &&
         *cycle.goal < *before.live + *before.live / 10;
}

void add_pauses(const Cycle& cycle, Trend& trend) {
  if (!cycle.paused) return;
  trend.all_pauses += *cycle.paused;
  const Ns longest = std::max(cycle.sweep_stop.value_or(*cycle.paused), cycle.mark_stop.value_or(0));
  if (longest <= trend.longest_pause) return;
  trend.longest_pause = longest;
  trend.longest_pause_in = cycle.number;
}

}  // namespace

Trend trend_of(const Series& series) {
  Trend trend;
  std::vector<std::pair<double, double>> by_cycle, by_time;
  double garbage = 0, running = 0;
  std::uint64_t with_garbage = 0;
  std::optional<Ns> first, last;
  const Cycle* before = nullptr;
  for (const Cycle& cycle : series.cycles) {
    ++trend.cycles;
    trend.forced += cycle.forced.value_or(false);
    add_pauses(cycle, trend);
    if (cycle.cpu) add_cpu(trend.cpu, *cycle.cpu);
    if (const std::optional<Ns> at = cycle.since_start ? cycle.since_start : cycle.ended) {
      if (!first) first = at;
      last = at;
    }
    running += static_cast<double>(cycle.paused.value_or(0) + cycle.mark.value_or(0));
    if (before != nullptr) trend.cramped += is_cramped(*before, cycle);
    before = &cycle;
    if (!cycle.live) continue;
    if (by_cycle.empty()) trend.first_live = *cycle.live;
    trend.last_live = *cycle.live;
    by_cycle.emplace_back(static_cast<double>(cycle.number), static_cast<double>(*cycle.live));
    if (cycle.since_start)
      by_time.emplace_back(static_cast<double>(*cycle.since_start) * 1e-9, static_cast<double>(*cycle.live));
    if (!cycle.heap_at_end || *cycle.heap_at_end < *cycle.live) continue;
    garbage += static_cast<double>(*cycle.heap_at_end - *cycle.live);
    ++with_garbage;
  }
  // Of several processes the numbers begin anew: no line goes through them.
  if (series.restarts == 0) {
    trend.live_per_cycle = slope_of(by_cycle);
    trend.live_per_second = slope_of(by_time);
    if (first && *last > *first) trend.span = *last - *first;
  }
  if (with_garbage > 0)
    trend.garbage_per_cycle = static_cast<Bytes>(std::min(garbage / static_cast<double>(with_garbage), kMostBytes));
  if (trend.span > 0 && running > 0) trend.busy = std::min(1.0, running / static_cast<double>(trend.span));
  if (by_cycle.size() < kFewCycles || !rises(trend.live_per_cycle)) return trend;
  if (static_cast<double>(trend.last_live) - static_cast<double>(trend.first_live) < kLeastGrowth) return trend;
  const bool is_above = rises_above_noise(by_cycle);
  by_cycle.erase(by_cycle.begin(), by_cycle.begin() + static_cast<std::ptrdiff_t>(by_cycle.size() / 2));
  const bool still_rises = rises(slope_of(by_cycle));
  trend.grows = is_above && still_rises;
  trend.grew_at_first = !still_rises;
  return trend;
}

}  // namespace holdfast::collector
