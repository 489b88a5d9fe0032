#include "report/counter_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/units.h"
#include "view/counter_warnings.h"

namespace holdfast::report {
namespace {

using heap::CounterId;
using heap::CounterLook;
using nlohmann::ordered_json;
using view::CounterField;
using view::CounterTrend;
using view::CounterUnit;

constexpr std::size_t kGap = 2;

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, text_width(text)), ' ');
}
std::string padded_left(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, text_width(text)), ' ') + std::string(text);
}

std::size_t widest_name(CounterFields fields) {
  std::size_t width = 0;
  for (const CounterField* field : fields) width = std::max(width, field->name.size());
  return width;
}

std::string warnings_text(const CounterLook& look, const TextStyle& style) {
  std::string out;
  for (const view::CounterWarning& warning : view::counter_warnings(look))
    out += wrapped("! ", warning.sentence, style.width);
  return out;
}

// "+1.2 MiB", "-3"; empty if nothing has changed.
std::string change_text(const CounterField& field, const view::CounterGrowth& growth) {
  if (growth.points < 2 || growth.change() == 0 || field.unit == CounterUnit::kMoment) return "";
  const bool less = growth.change() < 0;
  return fmt::format("{}{}", less ? "-" : "+", view::counter_text(field, less ? -growth.change() : growth.change()));
}

ordered_json value_json(const CounterField& field, std::optional<std::int64_t> value) {
  if (!value) return nullptr;
  switch (field.unit) {
    case CounterUnit::kShare:
      return static_cast<double>(*value) / 1e9;
    case CounterUnit::kMoment:
      return *value == 0 ? ordered_json(nullptr) : ordered_json(iso_moment(*value));
    case CounterUnit::kFlag:
      return *value != 0;
    case CounterUnit::kCount:
    case CounterUnit::kBytes:
    case CounterUnit::kNanoseconds:
    case CounterUnit::kPercent:
      break;
  }
  return *value;
}

ordered_json trend_json(const CounterTrend& trend) {
  ordered_json findings = ordered_json::array();
  for (const view::TrendFinding& finding : trend.findings())
    findings.push_back({{"symptom", view::id_of(finding.symptom)},
                        {"stage", view::id_of(finding.stage)},
                        {"because", finding.because},
                        {"at_stake", finding.bytes},
                        {"bytes_per_second", finding.per_second}});
  return {{"looks", trend.count()}, {"seconds", trend.seconds()}, {"symptoms", findings}, {"remark", trend.remark()}};
}

// What a unit is in JSON and CSV.
std::string_view unit_words(CounterUnit unit) {
  switch (unit) {
    case CounterUnit::kBytes:
      return "bytes";
    case CounterUnit::kNanoseconds:
      return "ns";
    case CounterUnit::kMoment:
      return "moment";
    case CounterUnit::kShare:
      return "share";
    case CounterUnit::kPercent:
      return "percent";
    case CounterUnit::kFlag:
      return "flag";
    case CounterUnit::kCount:
      break;
  }
  return "count";
}

// A label's value: backslash, quote and end of line are escaped. What is no UTF-8 would spoil the whole page.
std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : cleaned(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

std::string sample_value(const CounterField& field, std::int64_t value) {
  switch (field.unit) {
    case CounterUnit::kNanoseconds:
    case CounterUnit::kMoment:
    case CounterUnit::kShare:
      return fmt::format("{}", static_cast<double>(value) / 1e9);
    case CounterUnit::kCount:
    case CounterUnit::kBytes:
    case CounterUnit::kPercent:
    case CounterUnit::kFlag:
      break;
  }
  return fmt::format("{}", value);
}

}  // namespace

std::string counters_text(const CounterLook& look, CounterFields fields, const TextStyle& style) {
  const std::size_t names = widest_name(fields);
  std::size_t values = 0;
  for (const CounterField* field : fields)
    values = std::max(values, text_width(view::counter_text(*field, look.of(field->id))));
  std::string out;
  for (const CounterField* field : fields)
    if (const auto value = look.of(field->id))
      out += fmt::format("{}  {}  {}\n", padded(field->name, names),
                         padded_left(view::counter_text(*field, value), values), field->go);
  return out + warnings_text(look, style);
}

std::string counters_watch_text(const CounterSource& source, const CounterTrend& trend, CounterFields fields,
                                const TextStyle& style) {
  constexpr std::size_t kValue = 12, kChart = 40;
  const CounterLook& last = trend.looks().back();
  const std::size_t names = widest_name(fields);
  std::string out = style.bold(fmt::format("{}, pid {}, {}: look {}, {}", cleaned(source.name), source.pid,
                                           source.go_version, trend.count(), format_moment(last.at_ns))) +
                    "\n";
  out += style.bold(fmt::format("{}  {}  {}  {}", padded("counter", names), padded_left("now", kValue),
                                padded_left("since first", kValue), "its way")) +
         "\n";
  const std::size_t room = style.width - std::min(style.width, names + 2 * kValue + 3 * kGap);
  for (const CounterField* field : fields) {
    std::vector<std::optional<std::int64_t>> values;
    for (const CounterLook& look : trend.looks()) values.push_back(look.of(field->id));
    if (!values.back()) continue;
    out += fmt::format("{}  {}  {}  {}\n", padded(field->name, names),
                       padded_left(view::counter_text(*field, values.back()), kValue),
                       padded_left(change_text(*field, trend.growth(field->id)), kValue),
                       view::sparkline(values, std::min(room, kChart)));
  }
  return out + trend_text(trend, style) + warnings_text(last, style);
}

std::string trend_text(const CounterTrend& trend, const TextStyle& style) {
  std::string out;
  for (const view::TrendFinding& finding : trend.findings())
    out += wrapped(
        "> ", fmt::format("{} ({}): {}.", view::words_of(finding.symptom), view::id_of(finding.stage), finding.because),
        style.width);
  if (const std::string remark = trend.remark(); !remark.empty()) out += wrapped("", remark, style.width);
  return out;
}

std::string explained_text(CounterFields fields, const TextStyle& style) {
  std::string out;
  for (const CounterField* field : fields) {
    out += style.bold(std::string(field->name)) + "  " + std::string(field->go) + "\n";
    out += wrapped("    ", std::string(field->meaning) + ".", style.width);
  }
  return out;
}

std::string counters_heading(CounterFields fields) {
  std::string out = "at                     ";
  for (const CounterField* field : fields) out += "  " + padded_left(field->name, 12);
  return out + "\n";
}

std::string counters_line(const CounterLook& look, CounterFields fields) {
  std::string out = format_moment(look.at_ns);
  for (const CounterField* field : fields)
    out += "  " +
           padded_left(view::counter_text(*field, look.of(field->id)), std::max<std::size_t>(12, field->name.size()));
  return out + "\n";
}

std::string csv_heading(CounterFields fields) {
  std::string out = "at_ns";
  for (const CounterField* field : fields) out += fmt::format(",{}", field->name);
  return out + "\r\n";
}

std::string csv_line(const CounterLook& look, CounterFields fields) {
  std::string out = fmt::format("{}", look.at_ns);
  for (const CounterField* field : fields) {
    const auto value = look.of(field->id);
    out += value ? fmt::format(",{}", *value) : ",";
  }
  return out + "\r\n";
}

ordered_json counters_json(const CounterSource& source, const CounterTrend& trend) {
  const CounterLook& look = trend.looks().back();
  ordered_json counters = ordered_json::object();
  for (const CounterField& field : view::counter_fields())
    counters[std::string(field.name)] = value_json(field, look.of(field.id));
  ordered_json warnings = ordered_json::array();
  for (const view::CounterWarning& warning : view::counter_warnings(look))
    warnings.push_back({{"id", warning.id}, {"sentence", warning.sentence}});
  return {
      {"schema", "holdfast.stats/1"},
      {"pid", source.pid},
      {"name", source.name},
      {"go_version", source.go_version},
      {"at", iso_moment(look.at_ns)},
      {"at_ns", look.at_ns},
      {"of_one_moment", look.of_one_moment},
      {"heap_moved", look.heap_moved},
      {"allocated_meanwhile", look.allocated_meanwhile},
      {"pages_walked_at", look.walked_at_ns == 0 ? ordered_json(nullptr) : ordered_json(iso_moment(look.walked_at_ns))},
      {"counters", counters},
      {"warnings", warnings},
      {"trend", trend_json(trend)}};
}

ordered_json explained_json() {
  ordered_json counters = ordered_json::array();
  for (const CounterField& field : view::counter_fields())
    counters.push_back({{"name", field.name}, {"go", field.go}, {"metric", field.metric}, {"meaning", field.meaning}});
  return {{"schema", "holdfast.stats-explained/1"}, {"counters", counters}};
}

std::string explained_page() {
  std::string out =
      "# Counters\n\nMade by `holdfast help --format counters`; a test compares. `holdfast stats` shows them, of a "
      "process "
      "without stopping it. In\nJSON bytes, counts and nanoseconds are whole numbers, shares a part of one, moments "
      "texts; CSV "
      "has nanoseconds since 1970\nfor a moment and billionths for a share; for Prometheus times are seconds.\n\n"
      "| counter | unit | known as | for Prometheus | what it says, and what it does not |\n|---|---|---|---|---|\n";
  for (const CounterField& field : view::counter_fields())
    out += fmt::format("| `{}` | {} | {} | `{}` | {} |\n", field.name, unit_words(field.unit), field.go, field.metric,
                       field.meaning);
  return out;
}

std::string exposition(const CounterSource& source, const CounterLook& look, CounterFields fields) {
  const std::string labels = fmt::format("{{program=\"{}\",pid=\"{}\"}}", label_value(source.name), source.pid);
  std::string out;
  for (const CounterField* field : fields) {
    const auto value = look.of(field->id);
    if (!value) continue;
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0}{3} {4}\n", field->metric, field->meaning,
                       field->only_grows ? "counter" : "gauge", labels, sample_value(*field, *value));
  }
  return out;
}

}  // namespace holdfast::report
