#include "collector/trace_lines.h"

#include <algorithm>
#include <utility>

#include "base/cancel.h"
#include "collector/scanner.h"

namespace holdfast::collector {
namespace {

constexpr double kMs = 1e6, kSecond = 1e9;
constexpr std::uint64_t kMiB = 1 << 20, kKiB = 1 << 10;
// With GOGC=off the runtime prints a goal near 2^63 bytes.
constexpr std::uint64_t kNoGoal = std::uint64_t{1} << 40;  // in MiB
constexpr std::size_t kKeptLines = 5;

bool take_size(Scanner& line, std::optional<Bytes>& size) {
  std::uint64_t number = 0;
  if (!line.take(number)) return false;
  size = number > kNoGoal ? ~std::uint64_t{0} : number * kMiB;
  return true;
}

// "0.053+2.2+0.006 ms clock, 0.10+0/0.33/4.1+0.012 ms cpu, "
bool take_times(Scanner& line, Cycle& cycle) {
  std::uint64_t sweep = 0, mark = 0, stop = 0;
  CycleCpu cpu;
  if (!line.take_time(sweep, kMs) || !line.take("+") || !line.take_time(mark, kMs) || !line.take("+") ||
      !line.take_time(stop, kMs) || !line.take(" ms clock, "))
    return false;
  if (!line.take_time(cpu.sweep_stop, kMs) || !line.take("+") || !line.take_time(cpu.assist, kMs) || !line.take("/") ||
      !line.take_time(cpu.background, kMs) || !line.take("/") || !line.take_time(cpu.idle, kMs) || !line.take("+") ||
      !line.take_time(cpu.mark_stop, kMs) || !line.take(" ms cpu, "))
    return false;
  cycle.sweep_stop = sweep;
  cycle.mark = mark;
  cycle.mark_stop = stop;
  cycle.paused = sweep + stop;
  cycle.cpu = cpu;
  return true;
}

// "7->7->6 MB, 14 MB goal, 0 MB stacks, 0 MB globals, 2 P"
bool take_sizes(Scanner& line, Cycle& cycle) {
  std::uint64_t processors = 0;
  if (!take_size(line, cycle.heap_at_start) || !line.take("->") || !take_size(line, cycle.heap_at_end) ||
      !line.take("->") || !take_size(line, cycle.live) || !line.take(" MB, ") || !take_size(line, cycle.goal) ||
      !line.take(" MB goal, ") || !take_size(line, cycle.stacks) || !line.take(" MB stacks, ") ||
      !take_size(line, cycle.globals) || !line.take(" MB globals, ") || !line.take(processors) || !line.take(" P"))
    return false;
  if (*cycle.goal == ~std::uint64_t{0}) cycle.goal.reset();
  cycle.processors = processors;
  return true;
}

class LineReader {
 public:
  explicit LineReader(Series& series) : series_(series) {}

  void read(std::string_view line, std::uint64_t number) {
    if (line.empty()) return;
    // What logs put in front ends with a space.
    for (std::size_t at = 0; at < line.size() && at < kLongestFront;) {
      if (read_at(line.substr(at), number)) return;
      const std::size_t space = line.find_first_of(" \t", at);
      if (space == std::string_view::npos) break;
      at = space + 1;
    }
    if (line.find(" MB goal, ") != std::string_view::npos || line.find("gc ") == 0)
      broken(line, number);
    else
      ++series_.other_lines;
  }

 private:
  static constexpr std::size_t kLongestFront = 256;

  void broken(std::string_view line, std::uint64_t number) {
    ++series_.broken_lines;
    if (series_.first_broken.size() < kKeptLines) series_.first_broken.push_back({number, line});
  }

  bool read_at(std::string_view line, std::uint64_t number) {
    switch (line.front()) {
      case 'g':
        return line.starts_with("gc ") && gc(line, number);
      case 's':
        return scan(line) || scavenging(line);
      case 'p':
        return pacer(line);
      case 'S':
        return scheduling(line);
      case 'i':
        return initialisation(line);
      default:
        return false;
    }
  }

  bool gc(std::string_view line, std::uint64_t number) {
    std::optional<Cycle> cycle = read_gc_line(line);
    if (!cycle) return false;
    cycle->line = number;
    if (std::exchange(is_paced_, false)) cycle->pacing = std::exchange(pacing_, {});
    if (!series_.cycles.empty() && cycle->number <= series_.cycles.back().number) ++series_.restarts;
    series_.cycles.push_back(*cycle);
    return true;
  }

  // "scan: total 16+3+13=32 objs, 1+1=2 spans", behind the line of the cycle; then lines of size classes.
  bool scan(std::string_view text) {
    Scanner line(text);
    if (!line.take("scan: ")) return false;
    ++series_.scan_lines;
    if (!line.take("total ") || series_.cycles.empty()) return true;
    std::uint64_t objects = 0, spans = 0;
    line.take_until('=');
    if (!line.take("=") || !line.take(objects) || !line.take(" objs, ")) return true;
    line.take_until('=');
    if (!line.take("=") || !line.take(spans) || line.rest() != " spans") return true;
    series_.cycles.back().scanned_objects = objects;
    series_.cycles.back().scanned_spans = spans;
    return true;
  }

  // Of a cycle, before its line: "pacer: assist ratio=+1.2e+000 (scan 1 MB in 3->4 MB) workers=0++2.5e-001" when it
  // begins, "pacer: 28% CPU (25 exp.) for 48280+1592+146858 B work (146858 B exp.) in 4014080 B -> 5824512 B (∆goal
  // 1630208, cons/mark 0)" when it ends, but for some that were forced; and one of sweeping, which belongs to the cycle
  // before.
  bool pacer(std::string_view text) {
    Scanner line(text);
    if (!line.take("pacer: ")) return false;
    ++series_.pacer_lines;
    if (line.take("sweep ")) return true;
    is_paced_ = true;
    double ratio = 0;
    if (line.take("assist ratio=")) {
      pacing_ = {};
      if (line.take(ratio)) pacing_.assist_ratio = ratio;
      return true;
    }
    std::uint64_t used = 0, wanted = 0, heap = 0, stacks = 0, globals = 0, expected = 0, from = 0, to = 0;
    std::int64_t off = 0;
    if (line.take(used) && line.take("% CPU (") && line.take(wanted) && line.take(" exp.) for ") && line.take(heap) &&
        line.take("+") && line.take(stacks) && line.take("+") && line.take(globals) && line.take(" B work (") &&
        line.take(expected) && line.take(" B exp.) in ") && line.take(from) && line.take(" B -> ") && line.take(to) &&
        line.take(" B (∆goal ") && line.take(off)) {
      pacing_.used_percent = used;
      pacing_.wanted_percent = wanted;
      pacing_.scanned = heap + stacks + globals;
      pacing_.expected = expected;
      pacing_.off_goal = off;
    }
    return true;
  }

  // "scav 0 KiB work, 3168 KiB total, 65% util", later
  // "scav 128 KiB work (bg), 2400 KiB work (eager), 14224 KiB now, 99% util". What the first calls total is now, too.
  bool scavenging(std::string_view text) {
    Scanner line(text);
    Scavenging one;
    std::uint64_t work = 0, eager = 0, now = 0;
    if (!line.take("scav ") || !line.take(work) || !line.take(" KiB work")) return false;
    if (line.take(" (bg), ") && (!line.take(eager) || !line.take(" KiB work (eager)"))) return false;
    if (!line.take(", ") || !line.take(now) || (!line.take(" KiB now, ") && !line.take(" KiB total, "))) return false;
    if (!line.take(one.used_percent) || !line.take("% util")) return false;
    one.returned = (work + eager) * kKiB;
    one.returned_now = now * kKiB;
    series_.scavenged.push_back(one);
    return true;
  }

  // "SCHED 5ms: gomaxprocs=2 idleprocs=0 threads=5 ... runqueue=0 [0 0]"
  bool scheduling(std::string_view text) {
    Scanner line(text);
    Scheduling one;
    if (!line.take("SCHED ") || !line.take_time(one.since_start, kMs) || !line.take("ms:")) return false;
    while (line.take(" ")) {
      const std::string_view name = line.take_until('=');
      std::uint64_t value = 0;
      if (!line.take("=") || !line.take(value)) break;
      if (name == "gomaxprocs") one.processors = value;
      if (name == "idleprocs") one.idle_processors = value;
      if (name == "threads") one.threads = value;
      if (name == "runqueue") one.runnable = value;
    }
    if (one.processors == 0) return false;
    series_.scheduled.push_back(one);
    return true;
  }

  // "init math @3.4 ms, 0.005 ms clock, 0 bytes, 0 allocs"
  bool initialisation(std::string_view text) {
    Scanner line(text);
    Initialisation one;
    std::uint64_t began = 0;
    if (!line.take("init ")) return false;
    one.package = line.take_until(' ');
    if (!line.take(" @") || !line.take_time(began, kMs) || !line.take(" ms, ") || !line.take_time(one.took, kMs) ||
        !line.take(" ms clock, ") || !line.take(one.allocated) || !line.take(" bytes, ") ||
        !line.take(one.allocations) || !line.take(" allocs"))
      return false;
    series_.initialised.push_back(one);
    return true;
  }

  Series& series_;
  Pacing pacing_;  // of the cycle whose line comes next
  bool is_paced_ = false;
};

}  // namespace

std::optional<Cycle> read_gc_line(std::string_view text) {
  Scanner line(text);
  Cycle cycle;
  std::uint64_t start = 0, share = 0;
  if (!line.take("gc ") || !line.take(cycle.number) || !line.take(" @") || !line.take_time(start, kSecond) ||
      !line.take("s ") || !line.take(share) || !line.take("%"))
    return std::nullopt;
  cycle.leak_search = line.take(" (checking for goroutine leaks)");
  if (!line.take(": ") || !take_times(line, cycle) || !take_sizes(line, cycle)) return std::nullopt;
  cycle.forced = line.take(" (forced)");
  if (!line.rest().empty()) return std::nullopt;
  cycle.since_start = start;
  cycle.share_percent = share;
  return cycle;
}

void read_trace_lines(std::string_view text, Series& series) {
  LineReader reader(series);
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    reader.read(line, number);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (number % 65536 == 0) throw_if_cancelled();
  }
}

}  // namespace holdfast::collector
