#include "view/counter_trend.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>

#include "base/units.h"

namespace holdfast::view {
namespace {

using heap::CounterId;
using heap::CounterLook;

constexpr std::size_t kMostLooks = 4096;
constexpr std::size_t kFewestLooks = 3;
constexpr std::uint64_t kFewestCollections = 3;
constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kLeastRss = 4 * kMiB;    // a growth of RSS that is worth a word
constexpr std::int64_t kLeastIdle = 16 * kMiB;  // and what is free
constexpr std::int64_t kLeastGarbage = 8 * kMiB;
constexpr std::int64_t kUsualGOGC = 200;  // what lets a heap have twice of what lives as garbage
constexpr std::int64_t kLeastGoroutines = 50;

using Value = std::optional<std::int64_t>;
using Figure = std::function<Value(const CounterLook&)>;

struct Point {
  std::int64_t at_ns = 0, value = 0;
};

Figure figure(CounterId id) {
  return [id](const CounterLook& look) { return look.of(id); };
}

// a - b, if both are known.
Value less(Value a, Value b) {
  if (!a || !b) return std::nullopt;
  return *a - *b;
}

// What Go has from the system and may be in memory.
Value taken(const CounterLook& look) {
  return less(look.of(CounterId::kSys), look.of(CounterId::kHeapReleased));
}
// What is allocated beyond what the last collection left: garbage, and what came since.
Value garbage(const CounterLook& look) {
  return less(look.of(CounterId::kHeapAlloc), look.of(CounterId::kLive));
}
Value idle(const CounterLook& look) {
  return less(look.of(CounterId::kHeapIdle), look.of(CounterId::kHeapReleased));
}
Value free_slots(const CounterLook& look) {
  return less(look.of(CounterId::kHeapInuse), look.of(CounterId::kHeapAlloc));
}
Value c_heap(const CounterLook& look) {
  const Value used = look.of(CounterId::kCHeapUsed), free = look.of(CounterId::kCHeapFree);
  if (!used || !free) return std::nullopt;
  return *used + *free;
}

std::vector<Point> points_of(const std::vector<CounterLook>& looks, const Figure& figure) {
  std::vector<Point> points;
  for (const CounterLook& look : looks)
    if (const Value value = figure(look)) points.push_back({look.at_ns, *value});
  return points;
}

CounterGrowth growth_of(const std::vector<Point>& points, std::int64_t least_change, std::int64_t one_in = 20) {
  CounterGrowth out;
  out.points = points.size();
  if (points.empty()) return out;
  out.first = out.least = out.most = points.front().value;
  std::uint64_t up = 0, down = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    out.last = points[i].value;
    out.least = std::min(out.least, out.last);
    out.most = std::max(out.most, out.last);
    if (i == 0) continue;
    up += points[i].value > points[i - 1].value;
    down += points[i].value < points[i - 1].value;
  }
  const std::int64_t ns = points.back().at_ns - points.front().at_ns;
  if (ns > 0) out.per_second = static_cast<double>(out.change()) * 1e9 / static_cast<double>(ns);
  out.grows = points.size() >= kFewestLooks && out.change() >= std::max(least_change, out.first / one_in) &&
              up >= 2 * down && out.least >= out.first - out.first / 20;
  return out;
}

// Those at which the system walked the page tables: the others repeat what an earlier one found.
std::vector<CounterLook> looks_when_walked(const std::vector<CounterLook>& looks) {
  std::vector<CounterLook> out;
  for (const CounterLook& look : looks)
    if (out.empty() || look.walked_at_ns == 0 || look.walked_at_ns != out.back().walked_at_ns) out.push_back(look);
  return out;
}

// The middle one; none if there are fewer than three.
Value median(const std::vector<CounterLook>& looks, const Figure& figure) {
  std::vector<std::int64_t> values;
  for (const Point& point : points_of(looks, figure)) values.push_back(point.value);
  if (values.size() < kFewestLooks) return std::nullopt;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The most in the first half of the looks and in the second: a saw-tooth has about the same in both.
struct Halves {
  std::int64_t first = 0, second = 0;

  std::int64_t change() const { return second - first; }
  bool rises() const { return second >= first + kMiB && second >= first + first / 4; }
};

Halves halves(const std::vector<CounterLook>& looks, const Figure& figure) {
  const std::vector<Point> points = points_of(looks, figure);
  Halves out;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::int64_t& half = i < points.size() / 2 ? out.first : out.second;
    half = std::max(half, points[i].value);
  }
  return out;
}

std::string bytes(std::int64_t value) {
  return fmt::format("{}{}", value < 0 ? "-" : "", format_bytes(static_cast<std::uint64_t>(std::abs(value))));
}

std::uint64_t positive(std::int64_t value) {
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

std::string pace_words(const CounterGrowth& growth) {
  return fmt::format("from {} to {}, {} a second", bytes(growth.first), bytes(growth.last),
                     bytes(static_cast<std::int64_t>(growth.per_second)));
}

class Judge {
 public:
  explicit Judge(const CounterTrend& trend)
      : looks_(trend.looks()),
        last_(looks_.back()),
        rss_(growth_of(points_of(looks_, figure(CounterId::kRss)), kLeastRss)),
        taken_(growth_of(points_of(looks_, taken), kMiB)),
        live_(trend.live_by_collection()) {}

  std::vector<TrendFinding> findings() {
    outside();
    live();
    garbage_grows();
    goroutines();
    not_returned();
    fragmentation();
    std::ranges::stable_sort(out_, std::greater(), [](const TrendFinding& f) { return f.per_second; });
    return std::move(out_);
  }

 private:
  void add(Symptom symptom, Stage stage, std::string because, std::int64_t at_stake, double per_second) {
    out_.push_back({symptom, stage, std::move(because), positive(at_stake), std::max(0.0, per_second)});
  }

  // RSS grows by what Go has not taken. CounterGrowth of Go's own is not looked for here: fresh heap that was taken
  // earlier and is only touched now is in RSS, so a heap that grows within it says so itself.
  void outside() {
    const std::int64_t of_go =
        std::max(halves(looks_, taken).change(), halves(looks_, figure(CounterId::kHeapInuse)).change());
    if (!rss_.grows || of_go > halves(looks_, figure(CounterId::kRss)).change() / 2) return;
    const std::int64_t outside = rss_.change() - std::max<std::int64_t>(taken_.change(), 0);
    const CounterGrowth c = growth_of(points_of(looks_when_walked(looks_), c_heap), kMiB);
    const std::string what = fmt::format("rss went {}, and what Go has from the system by {} only", pace_words(rss_),
                                         bytes(taken_.change()));
    add(Symptom::kRssGrowsHeapFlat, Stage::kSystem, what + kind_of_pages(), outside, rss_.per_second);
    if (c.grows && c.per_second >= rss_.per_second / 2)
      add(Symptom::kCGrows, Stage::kSystem,
          fmt::format("what malloc has went {}, of {} that rss grew beside Go", pace_words(c), bytes(outside)),
          c.change(), c.per_second);
  }

  std::string kind_of_pages() const {
    std::string words;
    for (const auto& [id, name] :
         {std::pair{CounterId::kRssAnonymous, "memory of no file"}, std::pair{CounterId::kRssFiles, "pages of files"},
          std::pair{CounterId::kRssShared, "shared memory"}}) {
      const CounterGrowth growth = growth_of(points_of(looks_, figure(id)), kMiB);
      if (growth.grows) words += fmt::format("; {} {}", bytes(growth.change()), name);
    }
    return words;
  }

  void live() {
    if (live_.points < kFewestCollections || !live_.grows) return;
    add(Symptom::kLiveGrows, Stage::kSurvival,
        fmt::format("what collections leave went {}, over {}", pace_words(live_),
                    format_count(live_.points, "collection")),
        live_.change(), live_.per_second);
  }

  void garbage_grows() {
    const Halves rise = halves(looks_, garbage);
    const Value left = last_.of(CounterId::kLive);
    if (!rise.rises() || live_.grows || rise.second < kLeastGarbage || rise.second < left.value_or(0) / 2) return;
    const Value gogc = last_.of(CounterId::kGCPercent);
    const bool off = gogc && *gogc < 0, high = gogc && *gogc > kUsualGOGC;
    if (!off && !high && !falls_behind()) return;
    const std::string why = off    ? "GOGC is off"
                            : high ? fmt::format("GOGC is {}", *gogc)
                                   : fmt::format("the heap is mostly beyond its goal, now {}",
                                                 bytes(last_.of(CounterId::kNextGC).value_or(0)));
    const double seconds = std::max(1e-9, static_cast<double>(looks_.back().at_ns - looks_.front().at_ns) / 1e9);
    add(Symptom::kGarbageGrows, Stage::kCollection,
        fmt::format(
            "beyond what the last collection left ({}), up to {} were allocated in the first half and {} in the "
            "second; {}",
            bytes(left.value_or(0)), bytes(rise.first), bytes(rise.second), why),
        rise.second, static_cast<double>(rise.second - rise.first) / seconds);
  }

  // A single look beyond the goal says nothing: what is allocated while the collector marks goes beyond it.
  bool falls_behind() const {
    std::size_t beyond = 0;
    for (const CounterLook& look : looks_) {
      const Value alloc = look.of(CounterId::kHeapAlloc), goal = look.of(CounterId::kNextGC);
      beyond += alloc && goal && *alloc > *goal + *goal / 10;
    }
    return 2 * beyond > looks_.size();
  }

  void goroutines() {
    const CounterGrowth growth = growth_of(points_of(looks_, figure(CounterId::kGoroutines)), kLeastGoroutines);
    if (!growth.grows) return;
    const CounterGrowth stacks = growth_of(points_of(looks_, figure(CounterId::kStackInuse)), kMiB);
    add(Symptom::kGoroutinesGrow, Stage::kSurvival,
        fmt::format("goroutines went from {} to {}, {:.1f} a second, and their stacks from {} to {}",
                    format_count(positive(growth.first)), format_count(positive(growth.last)), growth.per_second,
                    bytes(stacks.first), bytes(stacks.last)),
        growth.change(), stacks.per_second);
  }

  void not_returned() {
    const std::int64_t rss = last_.of(CounterId::kRss).value_or(0);
    const Value lazy = median(looks_, figure(CounterId::kLazyFree)), free = median(looks_, idle);
    const std::int64_t least = std::max(kLeastIdle, rss / 4);
    if (lazy && *lazy >= least)
      add(Symptom::kReleasedNotReturned, Stage::kSystem,
          fmt::format("{} of {} rss were given back with MADV_FREE, and the system has not taken them: it does when it "
                      "needs memory",
                      bytes(*lazy), bytes(rss)),
          *lazy, 0);
    const Value in_use = median(looks_, figure(CounterId::kHeapInuse)),
                goal = median(looks_, figure(CounterId::kNextGC));
    if (!free || !in_use || !goal || *free < least || *in_use + *free < *goal + *goal / 4) return;
    add(Symptom::kReleasedNotReturned, Stage::kCollection,
        fmt::format("{} of the heap are free and not given back, beside {} in use and a goal of {}", bytes(*free),
                    bytes(*in_use), bytes(*goal)),
        *free, 0);
  }

  void fragmentation() {
    const Value free = median(looks_, free_slots), in_use = median(looks_, figure(CounterId::kHeapInuse));
    if (!free || !in_use || *free < kLeastIdle || *free * 5 < *in_use * 2) return;
    add(Symptom::kFragmentation, Stage::kSurvival,
        fmt::format(
            "{} of {} in spans that are in use are free slots: what lives there keeps them from being given back",
            bytes(*free), bytes(*in_use)),
        *free, 0);
  }

  const std::vector<CounterLook>& looks_;
  const CounterLook& last_;
  const CounterGrowth rss_, taken_, live_;
  std::vector<TrendFinding> out_;
};

}  // namespace

void CounterTrend::add(const CounterLook& look) {
  if (count_++ % every_ != 0) return;
  looks_.push_back(look);
  if (looks_.size() < kMostLooks) return;
  for (std::size_t i = 1; i < looks_.size() / 2; ++i) looks_[i] = looks_[2 * i];
  looks_.resize(looks_.size() / 2);
  every_ *= 2;
}

double CounterTrend::seconds() const {
  return looks_.empty() ? 0 : static_cast<double>(looks_.back().at_ns - looks_.front().at_ns) / 1e9;
}

CounterGrowth CounterTrend::growth(CounterId id) const {
  return growth_of(points_of(looks_, figure(id)), id == CounterId::kGoroutines ? kLeastGoroutines : kMiB);
}

// While a collection runs, or before the first, the figure is not of the number of collections that is beside it.
CounterGrowth CounterTrend::live_by_collection() const {
  std::vector<Point> points;
  Value number;
  for (const CounterLook& look : looks_) {
    const Value live = look.of(CounterId::kLive), collections = look.of(CounterId::kNumGC);
    if (!live || !collections || *collections == 0 || look.of(CounterId::kMarking).value_or(0) != 0) continue;
    if (number != collections) points.push_back({look.at_ns, *live});
    number = collections;
  }
  return growth_of(points, kMiB, 10);
}

std::vector<TrendFinding> CounterTrend::findings() const {
  if (looks_.size() < kFewestLooks) return {};
  return Judge(*this).findings();
}

std::string CounterTrend::remark() const {
  if (looks_.size() < kFewestLooks) return "A trend takes three looks.";
  const CounterGrowth live = live_by_collection();
  if (live.points > 0 && live.points < kFewestCollections)
    return fmt::format("Of what lives nothing is said: {} seen, and it takes {}.",
                       format_count(live.points, "collection"), kFewestCollections);
  return "";
}

std::string sparkline(const std::vector<std::optional<std::int64_t>>& values, std::size_t width) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t begin = values.size() - std::min(values.size(), width);
  Value least, most;
  for (std::size_t i = begin; i < values.size(); ++i) {
    if (!values[i]) continue;
    least = std::min(least.value_or(*values[i]), *values[i]);
    most = std::max(most.value_or(*values[i]), *values[i]);
  }
  std::string out;
  for (std::size_t i = begin; i < values.size(); ++i) {
    if (!values[i]) {
      out += ' ';
      continue;
    }
    const double share =
        *most == *least ? 0.0 : static_cast<double>(*values[i] - *least) / static_cast<double>(*most - *least);
    out += kBars[static_cast<std::size_t>(share * (kBars.size() - 1) + 0.5)];
  }
  return out;
}

}  // namespace holdfast::view
