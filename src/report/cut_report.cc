#include "report/cut_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/target_words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::CutEffect;
using view::CutRow;
using view::FewestPointers;

std::string rows_text(const std::vector<CutRow>& all, std::size_t rows, std::size_t width) {
  std::string out;
  const auto line = [&](const CutRow& row, std::string_view what) {
    out +=
        fit_words(fmt::format("  {:>10} {:>11}  {}", format_bytes(row.bytes), format_count(row.objects), what), width) +
        "\n";
  };
  CutRow rest;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < rows) {
      line(all[i], all[i].what.brief);
      continue;
    }
    rest.bytes += all[i].bytes;
    rest.objects += all[i].objects;
  }
  if (all.size() > rows) line(rest, fmt::format("{} more; `--top 0` shows all", format_count(all.size() - rows)));
  return out;
}

ordered_json rows_json(const std::vector<CutRow>& rows, const char* name) {
  ordered_json list = ordered_json::array();
  for (const CutRow& row : rows)
    list.push_back({{name, row.what.full}, {"objects", row.objects}, {"bytes", row.bytes}});
  return list;
}

}  // namespace

std::string cut_text(const CutEffect& effect, std::size_t rows, const TextStyle& style) {
  std::string what;
  for (std::size_t i = 0; i < effect.dropped.size(); ++i)
    what += (i == 0 ? "" : i + 1 == effect.dropped.size() ? " and " : ", ") + effect.dropped[i].brief;
  std::string out = wrapped(
      "",
      fmt::format("Without {}, {} in {} would be free, {} of what lives.", what, format_bytes(effect.freed_bytes),
                  format_count(effect.freed_objects, "object"), format_share(effect.freed_bytes, effect.live_bytes)),
      style.width);
  if (!effect.freed.empty())
    out += fmt::format("\n{}\n", style.bold("FREE")) + rows_text(effect.freed, rows, style.width);
  if (effect.kept.empty()) return out;
  out += fmt::format("\n{}  {} in {} that they lead to, too: others reach it, by their shortest ways\n",
                     style.bold("STAYS"), format_bytes(effect.kept_bytes), format_count(effect.kept_objects, "object"));
  return out + rows_text(effect.kept, rows, style.width);
}

ordered_json cut_json(const heap::Snapshot& snapshot, const CutEffect& effect) {
  ordered_json dropped = ordered_json::array();
  for (const view::Sentence& one : effect.dropped) dropped.push_back(one.full);
  return {{"schema", "holdfast.cut/1"},
          {"target", target_json(snapshot.target)},
          {"dropped", dropped},
          {"pointers", effect.pointers},
          {"live_bytes", effect.live_bytes},
          {"freed_objects", effect.freed_objects},
          {"freed_bytes", effect.freed_bytes},
          {"freed", rows_json(effect.freed, "type")},
          {"kept_objects", effect.kept_objects},
          {"kept_bytes", effect.kept_bytes},
          {"kept", rows_json(effect.kept, "owner")},
          {"losses", losses_json(snapshot.losses)}};
}

std::string fewest_pointers_text(const FewestPointers& fewest, const std::string& name, const TextStyle& style) {
  if (!fewest.is_complete)
    return wrapped(
        "",
        fmt::format(
            "{} is held by {} pointers or more that lead to it on ways of their own: that is where the search ends.",
            fewest.what.brief, format_count(fewest.pointers)),
        style.width);
  std::string out =
      wrapped(
          "",
          fmt::format("For {} to be free at least {} must go. Of the ways to do that with so few, the nearest to it:",
                      fewest.what.brief, format_count(fewest.pointers, "pointer")),
          style.width) +
      "\n";
  std::string drops;
  bool all = true;
  for (const FewestPointers::Reference& reference : fewest.references) {
    const std::string count = reference.pointers > 1 ? fmt::format("  ({} pointers)", reference.pointers) : "";
    out += fit_words(fmt::format("     {} of {}{}", reference.field.empty() ? "the word" : reference.field,
                                 reference.from.brief, count),
                     style.width) +
           "\n";
    all = all && !reference.drop.empty();
    drops += fmt::format(" --drop '{}'", reference.drop);
  }
  out +=
      "\n" + wrapped("", fmt::format("Then {} would be free in all.", format_bytes(fewest.freed_bytes)), style.width);
  return all ? out + fmt::format("\n     holdfast cut {}{}\n", name, drops) : out;
}

ordered_json fewest_pointers_json(const heap::Snapshot& snapshot, const FewestPointers& fewest) {
  ordered_json references = ordered_json::array();
  for (const FewestPointers::Reference& reference : fewest.references)
    references.push_back({{"from", reference.from.full},
                          {"field", reference.field},
                          {"pointers", reference.pointers},
                          {"drop", reference.drop.empty() ? ordered_json(nullptr) : ordered_json(reference.drop)}});
  return {{"schema", "holdfast.smallest-cut/1"}, {"target", target_json(snapshot.target)}, {"what", fewest.what.full},
          {"pointers", fewest.pointers},         {"complete", fewest.is_complete},         {"references", references},
          {"freed_bytes", fewest.freed_bytes},   {"losses", losses_json(snapshot.losses)}};
}

}  // namespace holdfast::report
