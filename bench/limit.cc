// Measures what this machine allows and how near the graph passes come to it, in one run on one graph. Times are the
// best of several rounds. Only the ratios can be compared between machines.
//
//   limit [--objects N ...] [--locality NAME ...] [--rounds N] [--threads N] [--json]
#include <sys/uio.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/huge_array.h"
#include "base/parallel.h"
#include "base/timer.h"
#include "base/units.h"
#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap_bytes.h"
#include "service_graph.h"

namespace holdfast::bench {
namespace {

using nlohmann::json;

struct Options {
  std::vector<std::uint64_t> objects = {200'000, 2'000'000, 20'000'000};
  std::vector<std::string> localities = {"built", "churned", "shuffled"};
  unsigned rounds = 3;
  unsigned threads = 0;
  bool as_json = false;
};

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double best_of(unsigned rounds, const std::function<void()>& work) {
  double best = seconds_of(work);
  for (unsigned i = 1; i < rounds; ++i) best = std::min(best, seconds_of(work));
  return best;
}

volatile std::uint64_t sink;  // keeps the compiler from dropping the measured loops

// --- the machine ---

struct Machine {
  double memcpy_gbs = 0;
  double vm_readv_gbs = 0;
  double read_gbs = 0;
  double chain_ns = 0;  // one load after the other, in 1 GiB
  double eight_ns = 0;  // per load, with eight chains side by side
};

// Makes a random cycle through all cells (Sattolo), so that a chain of loads meets each cell once.
HugeArray<std::uint32_t> random_cycle(std::uint32_t cells) {
  HugeArray<std::uint32_t> next(cells);
  for (std::uint32_t i = 0; i < cells; ++i) next[i] = i;
  std::uint64_t state = 1;
  for (std::uint32_t i = cells - 1; i > 0; --i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    std::swap(next[i], next[(state >> 33) % i]);
  }
  return next;
}

template <int Chains>
double load_ns(const HugeArray<std::uint32_t>& next) {
  constexpr std::uint64_t kSteps = 2'000'000;
  std::uint32_t at[Chains];
  for (int c = 0; c < Chains; ++c) at[c] = static_cast<std::uint32_t>(next.size() / Chains) * static_cast<unsigned>(c);
  const double seconds = seconds_of([&] {
    for (std::uint64_t i = 0; i < kSteps; ++i)
      for (std::uint32_t& cell : at) cell = next[cell];
  });
  for (const std::uint32_t cell : at) sink = cell;
  return seconds * 1e9 / (kSteps * Chains);
}

void copy_by_system(HugeArray<std::uint64_t>& to, HugeArray<std::uint64_t>& from) {
  constexpr std::uint64_t kChunk = 4 << 20;
  const std::uint64_t bytes = from.size() * 8;
  for (std::uint64_t at = 0; at < bytes; at += kChunk) {
    const std::uint64_t length = std::min(kChunk, bytes - at);
    const iovec local{reinterpret_cast<char*>(to.data()) + at, length};
    const iovec remote{reinterpret_cast<char*>(from.data()) + at, length};
    if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) != static_cast<ssize_t>(length))
      fail_with_errno(errno, "process_vm_readv of our own memory");
  }
}

Machine measure_machine(unsigned rounds) {
  constexpr std::uint64_t kWords = 64 << 20;  // 512 MiB
  constexpr double kGigabytes = kWords * 8 / 1e9;
  Machine machine;
  {
    HugeArray<std::uint64_t> from(kWords);
    HugeArray<std::uint64_t> to(kWords);
    std::fill(from.begin(), from.end(), 1);
    std::fill(to.begin(), to.end(), 2);
    machine.memcpy_gbs = kGigabytes / best_of(rounds, [&] { std::memcpy(to.data(), from.data(), kWords * 8); });
    machine.vm_readv_gbs = kGigabytes / best_of(rounds, [&] { copy_by_system(to, from); });
    machine.read_gbs = kGigabytes / best_of(rounds, [&] {
                         std::uint64_t sum = 0;
                         for (const std::uint64_t word : from) sum += word;
                         sink = sum;
                       });
  }
  const HugeArray<std::uint32_t> next = random_cycle(256 << 20);
  machine.chain_ns = load_ns<1>(next);
  machine.eight_ns = load_ns<8>(next);
  return machine;
}

// --- the bounds of a graph ---

// The ideal marking loop: bare arrays, a queue of indexes, a bit per object, look-ahead, and nothing else.
void ideal_mark(const heap::Snapshot& snapshot, HugeArray<std::uint64_t>& bits, HugeArray<std::uint32_t>& queue) {
  std::fill(bits.begin(), bits.end(), 0);
  const std::uint32_t* const begin = snapshot.edges.row_begin.data();
  const std::uint32_t* const target = snapshot.edges.target.data();
  std::uint64_t tail = 0;
  const auto mark = [&](std::uint32_t i) {
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    if ((bits[i / 64] & bit) != 0) return;
    bits[i / 64] |= bit;
    if (i < snapshot.pointerful) queue[tail++] = i;
  };
  for (const heap::RootTarget& root : snapshot.root_targets) mark(root.object.row);
  for (std::uint64_t head = 0; head < tail; ++head) {
    if (head + 48 < tail) __builtin_prefetch(begin + queue[head + 48]);
    if (head + 24 < tail) __builtin_prefetch(target + begin[queue[head + 24]]);
    const std::uint32_t i = queue[head];
    for (std::uint32_t e = begin[i]; e < begin[i + 1]; ++e) mark(target[e]);
  }
  sink = tail;
}

// Reads every row and every target in stored order, and one cell of a 4-byte column for each target.
void edge_scan(const heap::Snapshot& snapshot, const HugeArray<std::uint32_t>& column) {
  const heap::Edges& edges = snapshot.edges;
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < snapshot.pointerful; ++i)
    for (std::uint32_t e = edges.row_begin[i]; e < edges.row_begin[i + 1]; ++e) sum += column[edges.target[e]] ^ i;
  sink = sum;
}

// Returns the time it takes to find all edges in the objects' memory, on one thread.
double extraction(const Options& options, const heap::Snapshot& snapshot) {
  const HeapBytes memory(snapshot);
  HugeArray<std::uint32_t> row_begin(snapshot.edges.row_begin.size());
  HugeArray<std::uint32_t> target(snapshot.edges.count());
  return best_of(options.rounds, [&] { HOLDFAST_CHECK(memory.scan(row_begin, target) == memory.edges()); });
}

// --- memory ---

std::uint64_t status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::stoull(line.substr(field.size() + 1)) * 1024;
  fail(ErrorCode::kSystem, "/proc/self/status has no {}", field);
}

struct Pass {
  std::string name;
  double seconds = 0;
  double peak = 0;   // in bytes per object beside the graph
  double after = 0;  // what remains of that with the result
};

// Measures the best time, and the largest growth of resident memory.
template <typename Work>
Pass measure(const std::string& name, const Options& options, double objects, const Work& work) {
  Pass pass{.name = name};
  for (unsigned i = 0; i < options.rounds; ++i) {
    std::ofstream("/proc/self/clear_refs") << 5;  // the high-water mark starts anew
    const std::uint64_t before = status_bytes("VmRSS:");
    const auto begin = std::chrono::steady_clock::now();
    const auto result = work();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    pass.seconds = i == 0 ? seconds : std::min(pass.seconds, seconds);
    const auto grown = [&](const char* field) {
      return (static_cast<double>(status_bytes(field)) - static_cast<double>(before)) / objects;
    };
    pass.peak = std::max(pass.peak, grown("VmHWM:"));
    pass.after = std::max(pass.after, grown("VmRSS:"));
  }
  return pass;
}

// --- one graph ---

struct Report {
  std::string locality;
  std::uint64_t objects = 0;
  std::uint64_t edges = 0;
  double graph_bytes = 0;  // per object
  std::uint64_t reached = 0;
  std::vector<Pass> bounds = {};
  std::vector<Pass> passes = {};
  std::vector<std::pair<std::string, double>> dominator_steps = {};  // ms
};

Report measure_graph(const Options& options, std::uint64_t wanted, Locality locality, std::string name) {
  const heap::Snapshot snapshot = service_graph(wanted, locality);
  const double n = snapshot.objects;
  Report report{.locality = std::move(name), .objects = snapshot.objects, .edges = snapshot.edges.count()};
  report.graph_bytes =
      (static_cast<double>(snapshot.edges.count()) * 5 + static_cast<double>(snapshot.edges.row_begin.size()) * 4) / n;
  {
    HugeArray<std::uint64_t> bits(snapshot.objects / 64 + 1);
    HugeArray<std::uint32_t> queue(snapshot.pointerful);
    HugeArray<std::uint32_t> column(snapshot.objects);
    std::fill(column.begin(), column.end(), 1);
    report.bounds.push_back({"ideal mark loop", best_of(options.rounds, [&] { ideal_mark(snapshot, bits, queue); })});
    report.bounds.push_back(
        {"two edge scans of rows", 2 * best_of(options.rounds, [&] { edge_scan(snapshot, column); })});
  }
  report.bounds.push_back({"two edge scans of memory", 2 * extraction(options, snapshot)});
  report.passes.push_back(measure("reach", options, n, [&] {
    graph::Reachability result = graph::reach(snapshot);
    report.reached = result.objects;
    return result;
  }));
  double best = 0;
  report.passes.push_back(measure("dominators + retained", options, n, [&] {
    PassTimes times;
    graph::Dominators result = graph::dominators(snapshot, &times);
    double total = 0;
    for (const auto& [pass, ms] : times.milliseconds()) total += ms;
    if (best == 0 || total < best) {
      best = total;
      report.dominator_steps = times.milliseconds();
    }
    return result;
  }));
  return report;
}

// --- output ---

const Pass& bound_of(const Report& report, const Pass& pass) {
  return pass.name.starts_with("dominators") ? report.bounds.back() : report.bounds.front();
}

void print_machine(const Machine& machine) {
  fmt::print("memcpy {:.1f} GB/s   process_vm_readv {:.1f}   sequential read {:.1f}\n", machine.memcpy_gbs,
             machine.vm_readv_gbs, machine.read_gbs);
  fmt::print("random load in 1 GiB: one chain {:.1f} ns, eight chains {:.1f} ns a load\n\n", machine.chain_ns,
             machine.eight_ns);
}

void print(const Report& report) {
  const double n = static_cast<double>(report.objects);
  fmt::print("{} objects, {} edges, {}; {:.1f} B an object of edges\n", format_count(report.objects),
             format_count(report.edges), report.locality, report.graph_bytes);
  fmt::print("  {:<28}{:>9}{:>10}{:>9}{:>9}{:>9}\n", "", "ms", "ns/object", "x bound", "B peak", "B after");
  for (const Pass& pass : report.bounds)
    fmt::print("  {:<28}{:>9.1f}{:>10.2f}\n", pass.name, pass.seconds * 1e3, pass.seconds * 1e9 / n);
  for (const Pass& pass : report.passes)
    fmt::print("  {:<28}{:>9.1f}{:>10.2f}{:>9.2f}{:>9.2f}{:>9.2f}\n", pass.name, pass.seconds * 1e3,
               pass.seconds * 1e9 / n, pass.seconds / bound_of(report, pass).seconds, pass.peak, pass.after);
  for (const auto& [name, ms] : report.dominator_steps)
    fmt::print("    {:<26}{:>9.1f}{:>10.2f}\n", name, ms, ms * 1e6 / n);
  fmt::print("\n");
}

json to_json(const Report& report) {
  json passes = json::array();
  for (const Pass& pass : report.bounds) passes.push_back({{"bound", pass.name}, {"seconds", pass.seconds}});
  for (const Pass& pass : report.passes)
    passes.push_back({{"pass", pass.name},
                      {"seconds", pass.seconds},
                      {"bound", bound_of(report, pass).name},
                      {"ratio", pass.seconds / bound_of(report, pass).seconds},
                      {"peak_bytes_per_object", pass.peak},
                      {"after_bytes_per_object", pass.after}});
  json steps = json::object();
  for (const auto& [name, ms] : report.dominator_steps) steps[name] = ms;
  return {{"locality", report.locality},
          {"objects", report.objects},
          {"reached", report.reached},
          {"edges", report.edges},
          {"graph_bytes_per_object", report.graph_bytes},
          {"passes", passes},
          {"dominators_ms", steps}};
}

void run(const Options& options) {
  set_thread_limit(options.threads);
  const Machine machine = measure_machine(options.rounds);
  if (!options.as_json) print_machine(machine);
  json graphs = json::array();
  const std::map<std::string, Locality> localities = {
      {"built", Locality::kAsBuilt}, {"churned", Locality::kChurned}, {"shuffled", Locality::kShuffled}};
  for (const std::uint64_t objects : options.objects) {
    for (const std::string& name : options.localities) {
      const Report report = measure_graph(options, objects, localities.at(name), name);
      if (options.as_json)
        graphs.push_back(to_json(report));
      else
        print(report);
    }
  }
  if (!options.as_json) return;
  fmt::print("{}\n", json{{"schema", "holdfast.limit/1"},
                          {"threads", worker_count()},
                          {"memcpy_gb_per_s", machine.memcpy_gbs},
                          {"process_vm_readv_gb_per_s", machine.vm_readv_gbs},
                          {"sequential_read_gb_per_s", machine.read_gbs},
                          {"random_load_chain_ns", machine.chain_ns},
                          {"random_load_eight_chains_ns", machine.eight_ns},
                          {"graphs", graphs}}
                         .dump(2));
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) {
  try {
    holdfast::bench::Options options;
    CLI::App app("Bounds of this machine and the graph passes beside them");
    app.add_option("--objects", options.objects, "sizes of the graphs [200000 2000000 20000000]");
    app.add_option("--locality", options.localities, "built, churned, shuffled [all]")
        ->check(CLI::IsMember({"built", "churned", "shuffled"}));
    app.add_option("--rounds", options.rounds, "runs of each pass, the best counts [3]");
    app.add_option("--threads", options.threads, "threads [all]");
    app.add_flag("--json", options.as_json, "exact numbers");
    CLI11_PARSE(app, argc, argv);
    holdfast::bench::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "limit: %s\n", error.what());
    return 1;
  }
  return 0;
}
