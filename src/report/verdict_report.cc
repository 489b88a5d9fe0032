#include "report/verdict_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/table_json.h"
#include "report/table_text.h"
#include "report/target_words.h"

namespace holdfast::report {
namespace {

using evidence::Presence;
using evidence::SymptomRow;
using nlohmann::ordered_json;

std::string command_of(const view::RowCommand& command, const std::string& target) {
  if (command.verb.empty()) return "";
  return fmt::format("holdfast {} {}{}{}", command.verb, target, command.arguments.empty() ? "" : " ",
                     command.arguments);
}

std::string_view mark_of(Presence presence) {
  switch (presence) {
    case Presence::kGrows:
      return "GROWS";
    case Presence::kPresent:
      return "yes";
    case Presence::kUnknown:
      return "?";
    case Presence::kAbsent:
      break;
  }
  return "no";
}

constexpr std::size_t kEvidenceIndent = 9;

void add_symptom(const SymptomRow& row, const std::string& target, const TextStyle& style, std::string& out) {
  const bool is_there = row.presence >= Presence::kPresent;
  const std::string head =
      fmt::format("  {:<5}  {}", mark_of(row.presence),
                  row.presence == Presence::kPresent ? view::words_now(row.symptom) : view::words_of(row.symptom));
  if (!is_there)
    return void(out += wrapped(head + ": ", row.evidence.empty() ? "" : row.evidence.front(), style.width));
  out += style.bold(head) + "\n";
  std::string evidence = fmt::format("stage {}: {}", view::id_of(row.stage), row.cause);

  for (const std::string& one : row.evidence) evidence += (evidence.empty() ? "" : "; ") + one;
  out += wrapped_at("; ", std::string(kEvidenceIndent, ' ') + evidence, style.width, kEvidenceIndent, Parts::kPhrases);

  if (!row.next.empty()) out += wrapped(std::string(kEvidenceIndent, ' '), "next: " + row.next, style.width);
  if (const std::string command = command_of(row.command, target); !command.empty())
    out += std::string(kEvidenceIndent, ' ') + command + "\n";
}

constexpr std::size_t kMostCycles = 3;

void add_cycles(const evidence::PointerCycles& cycles, const std::string& target, const TextStyle& style,
                std::string& out) {
  if (cycles.groups.empty()) return;
  out += "\n" + style.bold("CYCLES OF POINTERS") + "\n";
  out += wrapped("",
                 fmt::format("{} of {}. A cycle is no leak in Go: it is freed when nothing outside holds it, unless "
                             "one of its objects has a finalizer.",
                             format_count(cycles.cycles, "cycle"), format_bytes(cycles.bytes)),
                 style.width);
  // The runtime's own are always there, and small.
  const std::uint64_t least = cycles.bytes / 50;
  for (std::size_t i = 0; i < std::min(cycles.groups.size(), kMostCycles); ++i)
    if (cycles.groups[i].is_kept_for_ever || cycles.groups[i].retained >= least)
      out += wrapped("  ", evidence::cycle_words(cycles.groups[i]), style.width);
  const bool is_any_kept = cycles.groups.front().is_kept_for_ever;
  if (is_any_kept || cycles.groups.size() > kMostCycles)
    out += fmt::format("  holdfast cycles {}{}\n", target, is_any_kept ? " --filter only_by_finalizers=yes" : "");
}

ordered_json cycles_json(const evidence::PointerCycles& cycles) {
  ordered_json out = ordered_json::array();
  for (const evidence::CycleGroup& group : cycles.groups)
    out.push_back({{"types", group.types},
                   {"cycles", group.cycles},
                   {"objects", group.objects},
                   {"bytes", group.bytes},
                   {"retained", group.retained},
                   {"finalizers", group.finalizers},
                   {"never_freed", group.is_kept_for_ever},
                   {"held_by", group.holder.empty() ? ordered_json(nullptr) : ordered_json(group.holder.full)},
                   {"first", fmt::format("{:#x}", group.first.value)}});
  return out;
}

}  // namespace

std::string verdict_text(const Verdict& verdict, const std::string& target, const TextStyle& style) {
  std::string out = wrapped("", verdict.sentence, style.width) + "\n";
  out += style.bold("SYMPTOMS") + "\n";
  for (const SymptomRow& row : verdict.symptoms) add_symptom(row, target, style, out);
  add_cycles(verdict.cycles, target, style, out);
  out += "\n" + style.bold("LINES OF CODE") + "\n" + wrapped("", verdict.lines_heading, style.width);
  if (verdict.lines != nullptr) out += table_text(*verdict.lines, *verdict.plan, *verdict.selection, style);
  return out;
}

ordered_json verdict_json(const Verdict& verdict, const std::string& target, const heap::Snapshot& snapshot) {
  ordered_json symptoms = ordered_json::array();
  for (const SymptomRow& row : verdict.symptoms) {
    const std::string command = command_of(row.command, target);
    symptoms.push_back({{"symptom", view::id_of(row.symptom)},
                        {"words", view::words_of(row.symptom)},
                        {"now", view::words_now(row.symptom)},
                        {"present", evidence::id_of(row.presence)},
                        {"stage", view::id_of(row.stage)},
                        {"bytes", row.bytes},
                        {"grown", row.grown},
                        {"cause", row.cause.empty() ? ordered_json(nullptr) : ordered_json(row.cause)},
                        {"evidence", row.evidence},
                        {"next", row.next.empty() ? ordered_json(nullptr) : ordered_json(row.next)},
                        {"open", command.empty() ? ordered_json(nullptr) : ordered_json(command)}});
  }
  ordered_json json = {{"schema", "holdfast.verdict/1"},        {"target", target_json(snapshot.target)},
                       {"verdict", verdict.sentence},           {"symptoms", std::move(symptoms)},
                       {"cycles", cycles_json(verdict.cycles)}, {"lines_rest_on", verdict.lines_heading}};
  json["lines"] = ordered_json::array();
  if (verdict.lines != nullptr) json["lines"] = table_json(*verdict.lines, *verdict.selection, nullptr)["lines"];
  json["losses"] = losses_json(snapshot.losses);
  return json;
}

}  // namespace holdfast::report
