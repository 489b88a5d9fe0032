#include "report/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "base/terminal_text.h"
#include "base/units.h"
#include "report/text_columns.h"
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

std::string share(std::uint64_t part, std::uint64_t whole) {
  return fmt::format("{:.3f} %", whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

// Returns the lines of a list whose first row has the headings.
std::string list_text(std::span<const std::vector<std::string>> rows, std::span<const TextColumn> columns,
                      const TextStyle& style) {
  const TextLayout layout = lay_out(rows, columns, style.width);
  std::string out = style.bold(layout.lines.front()) + "\n";
  for (const std::string& line : std::span(layout.lines).subspan(1)) out += line + "\n";
  return out + left_out_words(layout, rows.front(), style.width);
}

std::string agreements_text(const TypeComparison& comparison, const TextStyle& style) {
  Agreed all;
  for (const Agreed& sum : comparison.sums) {
    all.objects += sum.objects;
    all.bytes += sum.bytes;
  }
  static constexpr std::array kColumns = {TextColumn{.stays = Stays::kAlways}, TextColumn{.right = true},
                                          TextColumn{.right = true}, TextColumn{.right = true},
                                          TextColumn{.right = true}};
  std::vector<std::vector<std::string>> rows = {{"agreement", "bytes", "of all", "objects", "of all"}};
  for (std::size_t i = 0; i < kAgreements; ++i) {
    const Agreed& sum = comparison.sums[i];
    rows.push_back({std::string(name_of(static_cast<Agreement>(i))), format_bytes(sum.bytes),
                    share(sum.bytes, all.bytes), format_count(sum.objects), share(sum.objects, all.objects)});
  }
  return list_text(rows, kColumns, style);
}

// Returns the largest differences; they are in order.
std::string differences_text(std::span<const Difference> differences, const TextStyle& style) {
  static constexpr std::array kColumns = {TextColumn{}, TextColumn{.right = true}, TextColumn{.right = true},
                                          TextColumn{.gives_way = true, .stays = Stays::kAlways},
                                          TextColumn{.gives_way = true, .stays = Stays::kAlways}};
  std::vector<std::vector<std::string>> rows = {{"agreement", "bytes", "objects", "type with it", "type without"}};
  const auto text = [](const std::string& name) { return name.empty() ? std::string("no type") : name; };
  const std::size_t shown = std::min(kShown, differences.size());
  for (const Difference& row : differences.first(shown))
    rows.push_back({std::string(name_of(row.agreement)), format_bytes(row.sum.bytes), format_count(row.sum.objects),
                    text(row.with), text(row.without)});
  std::string out = list_text(rows, kColumns, style);
  if (shown == differences.size()) return out;
  std::uint64_t bytes = 0;
  for (const Difference& row : differences.subspan(shown)) bytes += row.sum.bytes;
  return out + wrapped("",
                       fmt::format("and {} more, {}; --json has them all", format_count(differences.size() - shown),
                                   format_bytes(bytes)),
                       style.width);
}

}  // namespace

std::string comparison_text(const TypeComparison& comparison, const TextStyle& style) {
  std::string out =
      wrapped("", "types without debug information beside those with it, of all live objects", style.width) + "\n" +
      agreements_text(comparison, style) + "\n";
  const auto entries = [&](std::string_view what, const Entries& sum) {
    if (sum.all == 0) return;
    out += wrapped("",
                   fmt::format("{}: {} in all, {} with and {} without debug information lead to typed objects only",
                               what, format_count(sum.all), format_count(sum.with), format_count(sum.without)),
                   style.width);
  };
  entries("variables that retain over 0.1 %", comparison.variables);
  for (const std::string& name : comparison.untyped_variables) out += wrapped("  untyped: ", name, style.width);
  entries("pointers of frames", comparison.slots);
  if (comparison.differences.empty()) return out;
  return out + "\n" + differences_text(comparison.differences, style);
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
