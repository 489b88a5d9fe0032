#include "collector/marks.h"

#include <algorithm>
#include <tuple>

namespace holdfast::collector {
namespace {

// gctrace has whole ms, and the clock of the day is set now and then; what a user says may be in whole seconds.
constexpr Ns kSameMoment = 250'000'000;
constexpr Ns kSameSecond = 2'000'000'000;

Ns distance(Ns a, Ns b) {
  return a < b ? b - a : a - b;
}

// When a cycle ended, since the process began.
std::optional<Ns> end_since_start(const Cycle& cycle) {
  if (!cycle.since_start) return std::nullopt;
  return *cycle.since_start + cycle.paused.value_or(0) + cycle.mark.value_or(0);
}

const Cycle* cycle_with(const Series& series, std::uint64_t number) {
  const auto found = std::ranges::lower_bound(series.cycles, number, {}, &Cycle::number);
  return found != series.cycles.end() && found->number == number ? &*found : nullptr;
}

// When the process began, by what is known of one cycle from both sides.
std::optional<Ns> start_by(const Series& series, const Taken& taken) {
  if (!taken.cycles || !taken.last_ended) return std::nullopt;
  const Cycle* const cycle = cycle_with(series, *taken.cycles);
  const std::optional<Ns> offset = cycle ? end_since_start(*cycle) : std::nullopt;
  return offset && *offset <= *taken.last_ended ? std::optional(*taken.last_ended - *offset) : std::nullopt;
}

class Placer {
 public:
  Placer(const Series& series, Marks& marks) : series_(series), marks_(marks) {}

  Mark place(const Taken& taken) const {
    Mark mark{.name = taken.name};
    if (series_.restarts > 0)
      mark.problem = "the series is of several processes";
    else if (series_.counts_from_trace)
      mark.problem = "the series is an execution trace, which counts cycles and time from its own beginning";
    else if (series_.cycles.empty())
      mark.problem = "the series has no cycles";
    else if (is_of_another(taken))
      mark.problem = "its last cycle ended at another time than that of the series: it is of another process";
    else if (taken.cycles)
      place_by_number(*taken.cycles, mark);
    else if (taken.at)
      place_by_time(*taken.at, mark);
    else
      mark.problem = "it says neither when it was taken nor how many cycles there had been";
    if (mark.ended && taken.at && marks_.started && *taken.at >= *marks_.started)
      mark.since_start = *taken.at - *marks_.started;
    return mark;
  }

 private:
  bool is_of_another(const Taken& taken) const {
    if (!taken.cycles || !taken.last_ended) return false;
    const Cycle* const cycle = cycle_with(series_, *taken.cycles);
    if (cycle != nullptr && cycle->ended && distance(*cycle->ended, *taken.last_ended) > kSameMoment) return true;
    const std::optional<Ns> start = start_by(series_, taken);
    const Ns most = marks_.started_from.empty() ? kSameSecond : kSameMoment;
    return start && marks_.started && distance(*start, *marks_.started) > most;
  }

  void place_by_number(std::uint64_t cycles, Mark& mark) const {
    const auto behind = std::ranges::upper_bound(series_.cycles, cycles, {}, &Cycle::number);
    mark.ended = static_cast<std::size_t>(behind - series_.cycles.begin());
    mark.outside = cycles + 1 < series_.cycles.front().number || cycles > series_.cycles.back().number;
  }

  // When a cycle ended, since 1970 UTC.
  std::optional<Ns> end_of(const Cycle& cycle) const {
    if (cycle.ended) return cycle.ended;
    const std::optional<Ns> offset = end_since_start(cycle);
    return offset && marks_.started ? std::optional(*marks_.started + *offset) : std::nullopt;
  }

  void place_by_time(Ns at, Mark& mark) const {
    std::size_t ended = 0;
    for (const Cycle& cycle : series_.cycles) {
      const std::optional<Ns> end = end_of(cycle);
      if (!end) {
        mark.problem =
            "it has only a time of day, and nothing says when the process began: give --start TIME, or a capture of "
            "the same process with it";
        return;
      }
      if (*end > at) break;
      ++ended;
    }
    if (marks_.started && at < *marks_.started) {
      mark.problem = "it was taken before the process began";
      return;
    }
    mark.ended = ended;
    mark.by_time = true;
    // The first cycle that is known need not be the first there was; behind the last one nobody knows.
    mark.outside = (ended == 0 && series_.cycles.front().number > 1) || ended == series_.cycles.size();
  }

  const Series& series_;
  const Marks& marks_;
};

}  // namespace

Marks place_marks(const Series& series, const std::vector<Taken>& all, std::optional<Ns> started) {
  Marks marks;
  marks.started = started;
  const bool has_clock = !series.counts_from_trace && series.restarts == 0;
  for (const Taken& taken : all) {
    const std::optional<Ns> start = has_clock ? start_by(series, taken) : std::nullopt;
    if (!start || (started && distance(*start, *started) > kSameSecond)) continue;
    marks.started = start;  // more exact than what a user says
    marks.started_from = taken.name;
    break;
  }
  const Placer placer(series, marks);
  for (const Taken& taken : all) marks.in_order.push_back(placer.place(taken));
  std::ranges::stable_sort(marks.in_order, {}, [](const Mark& mark) {
    return std::tuple(!mark.ended, mark.ended.value_or(0), mark.since_start.value_or(0));
  });
  return marks;
}

Between between(const Series& series, std::size_t from, std::size_t to) {
  Between out;
  if (from > 0) out.live_before = series.cycles[from - 1].live;
  if (to > 0) out.live_after = series.cycles[to - 1].live;
  for (std::size_t i = from; i < to; ++i) {
    const Cycle& cycle = series.cycles[i];
    ++out.cycles;
    out.forced += cycle.forced.value_or(false);
    out.paused += cycle.paused.value_or(0);
    if (cycle.live && cycle.heap_at_end)
      out.garbage = out.garbage.value_or(0) + (*cycle.heap_at_end - std::min(*cycle.live, *cycle.heap_at_end));
    if (cycle.cpu) out.cpu = out.cpu.value_or(0) + cycle.cpu->total();
  }
  return out;
}

}  // namespace holdfast::collector
