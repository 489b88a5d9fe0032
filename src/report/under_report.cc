#include "report/under_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/target_words.h"

namespace holdfast::report {
namespace {

using view::UnderLine;
using view::UnderRow;

std::string words_of(const UnderRow& row) {
  switch (row.line) {
    case UnderLine::kThemselves:
      return row.count == 1 ? "itself" : "themselves";
    case UnderLine::kMore:
      return fmt::format("{} more", format_count(row.count, "sort"));
    case UnderLine::kThings:
      break;
  }
  const bool is_counted = row.depth > 0 && row.count > 1;
  return is_counted ? fmt::format("{} × {}", format_count(row.count), row.what.brief) : row.what.brief;
}

std::string_view id_of(UnderLine line) {
  switch (line) {
    case UnderLine::kThings:
      return "things";
    case UnderLine::kThemselves:
      return "themselves";
    case UnderLine::kMore:
      return "more";
  }
  return {};
}

}  // namespace

std::string under_text(const std::vector<UnderRow>& rows, const TextStyle& style) {
  std::string out;
  for (const UnderRow& row : rows) {
    const bool is_one = row.line == UnderLine::kThings && row.example && row.count == 1 && row.depth > 0;
    const std::string text = fmt::format("  {:>10}  {}{}{}", format_bytes(row.bytes), std::string(2 * row.depth, ' '),
                                         words_of(row), is_one ? fmt::format("  {}", hex(row.example)) : "");
    const std::string line = fit_words(text, style.width);
    out += (row.depth == 0 ? style.bold(line) : line) + "\n";
  }
  return out;
}

nlohmann::ordered_json under_json(const heap::Snapshot& snapshot, const std::vector<UnderRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const UnderRow& row : rows)
    list.push_back(
        {{"line", id_of(row.line)},
         {"depth", row.depth},
         {"what", row.what.full},
         {"count", row.count},
         {"bytes", row.bytes},
         {"example", row.example ? nlohmann::ordered_json(hex(row.example)) : nlohmann::ordered_json(nullptr)}});
  return {{"schema", "holdfast.under/1"},
          {"target", target_json(snapshot.target)},
          {"tree", list},
          {"losses", losses_json(snapshot.losses)}};
}

}  // namespace holdfast::report
