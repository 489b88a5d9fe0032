#include "report/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/units.h"
#include "view/type_table.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using view::Agreed;
using view::Agreement;
using view::Difference;
using view::Entries;
using view::kAgreements;
using view::kKindsOfEvidence;
using view::name_of;
using view::TypeComparison;

constexpr std::size_t kShown = 20;  // differences that the text shows

nlohmann::ordered_json entries_json(const Entries& sum) {
  return {{"all", sum.all}, {"typed_with", sum.with}, {"typed_without", sum.without}};
}

nlohmann::ordered_json evidence_json(const std::array<Agreed, kKindsOfEvidence>& sums) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (std::size_t i = 1; i < sums.size(); ++i)
    json[std::string(name_of(static_cast<heap::KnownBy>(i)))] = {{"objects", sums[i].objects},
                                                                 {"bytes", sums[i].bytes}};
  return json;
}

}  // namespace

std::string comparison_text(const TypeComparison& comparison) {
  Agreed all;
  for (const Agreed& sum : comparison.sums) {
    all.objects += sum.objects;
    all.bytes += sum.bytes;
  }
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  std::string out = "types without debug information beside those with it, of all live objects\n\n";
  for (std::size_t i = 0; i < kAgreements; ++i) {
    const Agreed& sum = comparison.sums[i];
    out += fmt::format("{:<13} {:>11} {:>8.3f} %  {:>12} objects {:>8.3f} %\n", name_of(static_cast<Agreement>(i)),
                       format_bytes(sum.bytes), share(sum.bytes, all.bytes), format_count(sum.objects),
                       share(sum.objects, all.objects));
  }
  const auto entries = [&](std::string_view what, const Entries& sum) {
    if (sum.all == 0) return;
    out += fmt::format("{}: {} in all, {} with and {} without debug information lead to typed objects only\n", what,
                       format_count(sum.all), format_count(sum.with), format_count(sum.without));
  };
  out += "\n";
  entries("variables that retain over 0.1 %", comparison.variables);
  for (const std::string& name : comparison.untyped_variables) out += fmt::format("  untyped: {}\n", folded(name, 100));
  entries("pointers of frames", comparison.slots);
  out += "\n";
  const auto text = [](const std::string& name) { return name.empty() ? std::string("no type") : folded(name, 60); };
  for (std::size_t i = 0; i < std::min(kShown, comparison.differences.size()); ++i) {
    const Difference& row = comparison.differences[i];
    out += fmt::format("{:<13} {:>11} {:>10}  {} | {}\n", name_of(row.agreement), format_bytes(row.sum.bytes),
                       format_count(row.sum.objects), text(row.with), text(row.without));
  }
  return out;
}

nlohmann::ordered_json comparison_json(const TypeComparison& comparison) {
  nlohmann::ordered_json json = {{"schema", "holdfast.type-comparison/1"}};
  for (std::size_t i = 0; i < kAgreements; ++i)
    json["agreement"][std::string(name_of(static_cast<Agreement>(i)))] = {{"objects", comparison.sums[i].objects},
                                                                          {"bytes", comparison.sums[i].bytes}};
  json["known_by"] = {{"with", evidence_json(comparison.known_with)},
                      {"without", evidence_json(comparison.known_without)},
                      {"wrong", evidence_json(comparison.wrong_by)}};
  json["large_variables"] = entries_json(comparison.variables);
  json["large_variables"]["untyped"] = comparison.untyped_variables;
  json["frame_slots"] = entries_json(comparison.slots);
  json["differences"] = nlohmann::ordered_json::array();
  for (const Difference& row : comparison.differences)
    json["differences"].push_back({{"kind", name_of(row.agreement)},
                                   {"with", row.with},
                                   {"without", row.without},
                                   {"objects", row.sum.objects},
                                   {"bytes", row.sum.bytes}});
  return json;
}

}  // namespace holdfast::report
