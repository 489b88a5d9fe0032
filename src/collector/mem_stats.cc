#include "collector/mem_stats.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "base/cancel.h"
#include "base/error.h"

namespace holdfast::collector {
namespace {

constexpr std::size_t kPauses = 256;  // that MemStats keeps, of the last cycles

// Numbers by name, and the two lists.
struct Values {
  std::map<std::string, double, std::less<>> numbers;
  std::vector<std::uint64_t> pauses, pause_ends;

  std::optional<std::uint64_t> get(std::string_view name) const {
    const auto found = numbers.find(name);
    constexpr double kMost = 1.8e19;
    if (found == numbers.end() || !(found->second >= 0) || found->second > kMost) return std::nullopt;
    return static_cast<std::uint64_t>(found->second);
  }
};

void add_moment(const Values& values, Series& series) {
  Moment moment;
  moment.cycles = *values.get("NumGC");
  moment.forced = values.get("NumForcedGC");
  moment.heap_alloc = values.get("HeapAlloc");
  moment.heap_inuse = values.get("HeapInuse");
  moment.heap_idle = values.get("HeapIdle");
  moment.heap_released = values.get("HeapReleased");
  moment.goal = values.get("NextGC");
  moment.system = values.get("Sys");
  moment.allocated_ever = values.get("TotalAlloc");
  if (const auto found = values.numbers.find("GCCPUFraction"); found != values.numbers.end())
    moment.gc_share = found->second;
  moment.number = series.moments.size() + 1;
  series.moments.push_back(moment);
}

// The last cycles have their pauses in a ring: that of cycle n at n + 255 modulo 256.
void add_cycles(const Values& values, Series& series) {
  const std::uint64_t count = *values.get("NumGC");
  if (values.pauses.size() != kPauses) return;
  const std::uint64_t last = series.cycles.empty() ? 0 : series.cycles.back().number;
  if (count < last) ++series.restarts;
  const std::uint64_t known = count < last ? 0 : last;
  const std::uint64_t first = std::max(known + 1, count > kPauses ? count - kPauses + 1 : 1);
  for (std::uint64_t number = first; number <= count; ++number) {
    const std::size_t at = (number + kPauses - 1) % kPauses;
    Cycle cycle;
    cycle.number = number;
    cycle.paused = values.pauses[at];
    if (values.pause_ends.size() == kPauses && values.pause_ends[at] > 0) cycle.ended = values.pause_ends[at];
    series.cycles.push_back(cycle);
  }
  // The goal that MemStats has is that of the cycle to come; what is forced is only known of all.
}

void add(const Values& values, Series& series) {
  if (!values.get("NumGC")) return;
  add_moment(values, series);
  add_cycles(values, series);
}

std::vector<std::uint64_t> numbers_of(const nlohmann::json& list) {
  std::vector<std::uint64_t> out;
  for (const nlohmann::json& one : list)
    if (one.is_number_unsigned()) out.push_back(one.get<std::uint64_t>());
  return out;
}

void add_mem_stats(const nlohmann::json& object, Series& series) {
  Values values;
  for (const auto& [name, value] : object.items()) {
    if (value.is_number()) values.numbers[name] = value.get<double>();
    if (name == "PauseNs" && value.is_array()) values.pauses = numbers_of(value);
    if (name == "PauseEnd" && value.is_array()) values.pause_ends = numbers_of(value);
  }
  add(values, series);
}

// {"/gc/heap/live:bytes": 123, ...}
void add_metrics(const nlohmann::json& object, Series& series) {
  const auto get = [&](const char* name) -> std::optional<std::uint64_t> {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    return found->get<std::uint64_t>();
  };
  Moment moment;
  moment.cycles = get("/gc/cycles/total:gc-cycles").value_or(0);
  moment.forced = get("/gc/cycles/forced:gc-cycles");
  moment.live = get("/gc/heap/live:bytes");
  moment.goal = get("/gc/heap/goal:bytes");
  moment.heap_alloc = get("/memory/classes/heap/objects:bytes");
  moment.heap_released = get("/memory/classes/heap/released:bytes");
  moment.system = get("/memory/classes/total:bytes");
  moment.allocated_ever = get("/gc/heap/allocs:bytes");
  if (!moment.goal && !moment.live && !moment.heap_alloc) return;
  moment.number = series.moments.size() + 1;
  series.moments.push_back(moment);
}

void add_object(const nlohmann::json& object, Series& series) {
  if (!object.is_object()) return;
  if (const auto found = object.find("memstats"); found != object.end() && found->is_object())
    add_mem_stats(*found, series);
  else if (object.contains("NumGC"))
    add_mem_stats(object, series);
  else
    add_metrics(object, series);
}

// Returns where the object ends that begins at the front of `text`; nothing if it does not.
std::optional<std::size_t> end_of_object(std::string_view text) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_text) {
      if (c == '\\')
        ++at;
      else if (c == '"')
        in_text = false;
      continue;
    }
    if (c == '"') in_text = true;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return at + 1;
  }
  return std::nullopt;
}

// "# HeapAlloc = 123", "# PauseNs = [1 2 3]"
void read_trailer_line(std::string_view line, Values& values) {
  line.remove_prefix(2);
  const std::size_t equals = line.find(" = ");
  if (equals == std::string_view::npos) return;
  const std::string_view name = line.substr(0, equals);
  std::string_view rest = line.substr(equals + 3);
  std::vector<std::uint64_t>* const list = name == "PauseNs"    ? &values.pauses
                                           : name == "PauseEnd" ? &values.pause_ends
                                                                : nullptr;
  if (rest.starts_with('[')) rest.remove_prefix(1);
  while (!rest.empty()) {
    double number = 0;
    std::uint64_t whole = 0;
    const char* const end = rest.data() + rest.size();
    const auto [stop, error] = std::from_chars(rest.data(), end, number);
    if (error != std::errc()) break;
    std::from_chars(rest.data(), end, whole);
    if (list != nullptr)
      list->push_back(whole);
    else
      values.numbers.try_emplace(std::string(name), number);
    rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
    if (list == nullptr) break;
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
}

}  // namespace

void read_json(std::string_view text, const std::string& name, Series& series) {
  std::size_t begin = text.find('{');
  while (begin != std::string_view::npos) {
    throw_if_cancelled();
    const std::optional<std::size_t> length = end_of_object(text.substr(begin));
    if (!length) fail(ErrorCode::kTruncated, "{} ends in the middle of the object that begins at byte {}", name, begin);
    const nlohmann::json object = nlohmann::json::parse(text.substr(begin, *length), nullptr, false);
    if (object.is_discarded())
      fail(ErrorCode::kDamaged, "{} has an object at byte {}, of {} bytes, that is no JSON", name, begin, *length);
    add_object(object, series);
    begin = text.find('{', begin + *length);
  }
}

void read_trailers(std::string_view text, Series& series) {
  std::optional<Values> values;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line == "# runtime.MemStats") {
      if (values) add(*values, series);
      values.emplace();
    } else if (values && line.starts_with("# ")) {
      read_trailer_line(line, *values);
    }
  }
  if (values) add(*values, series);
}

}  // namespace holdfast::collector
