#include "report/audit_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/target_words.h"
#include "view/audit_line.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::audit_line;
using view::meaning_of;
using view::name_of;

ordered_json hex_list(const std::vector<Address>& addresses) {
  ordered_json list = ordered_json::array();
  for (const Address address : addresses) list.push_back(hex(address));
  return list;
}

// Returns "main.work work.go:17".
std::string place_text(const heap::Snapshot& snapshot, const graph::NamingPlace& place) {
  const std::string_view function = snapshot.strings[place.function];
  const std::string line = view::line_text(snapshot.strings[place.file], place.line);
  return line.empty() ? std::string(function) : fmt::format("{} {}", function, line);
}

// Returns "ended-thread   12  records of a thread ...", and where the first objects are.
std::string cause_text(const heap::Snapshot& snapshot, const graph::AuditCause& cause) {
  constexpr std::size_t kExamplesInText = 3;
  constexpr std::size_t kPlacesInText = 3;
  std::string out =
      fmt::format("    {:<42}{:>16}  {}\n", name_of(cause.kind), format_count(cause.objects), meaning_of(cause.kind));
  std::string where;
  for (std::size_t i = 0; i < std::min(cause.examples.size(), kExamplesInText); ++i)
    where += (i > 0 ? ", " : "") + hex(cause.examples[i]);
  const std::string held = cause.shown < cause.objects
                               ? fmt::format("; {} held by the others", format_count(cause.objects - cause.shown))
                               : "";
  out += fmt::format("      {}, e.g. at {}{}\n", format_bytes(cause.bytes), where, held);
  for (std::size_t i = 0; i < std::min(cause.named_at.size(), kPlacesInText); ++i)
    out += fmt::format("      {} named in {}\n", format_count(cause.named_at[i].objects),
                       cleaned(place_text(snapshot, cause.named_at[i])));
  if (cause.named_at.size() > kPlacesInText)
    out += fmt::format("      and in {} more places: audit --json\n", cause.named_at.size() - kPlacesInText);
  return out;
}

ordered_json places_json(const heap::Snapshot& snapshot, const std::vector<graph::NamingPlace>& places) {
  ordered_json list = ordered_json::array();
  for (const graph::NamingPlace& place : places)
    list.push_back({{"function", snapshot.strings[place.function]},
                    {"file", snapshot.strings[place.file]},
                    {"line", place.line},
                    {"objects", place.objects}});
  return list;
}

ordered_json later_json(const std::optional<graph::LaterAudit>& later) {
  if (!later) return nullptr;
  const auto fate = [](const graph::Fate& f) { return ordered_json{{"objects", f.objects}, {"bytes", f.bytes}}; };
  return {
      {"clean", later->clean()},         {"gc_cycle", later->gc_cycle},     {"unreached", fate(later->unreached)},
      {"freed", fate(later->freed)},     {"revived", fate(later->revived)}, {"excused", fate(later->excused)},
      {"unknown", fate(later->unknown)}, {"kept", fate(later->kept)},       {"examples", hex_list(later->examples)}};
}

std::string later_text(const graph::LaterAudit& later) {
  std::string out = fmt::format("  {:<44}{:>16}  {}\n", "reached by nothing, at the first look",
                                format_count(later.unreached.objects), format_bytes(later.unreached.bytes));
  const auto add = [&](std::string_view what, const graph::Fate& fate) {
    if (fate.objects > 0)
      out += fmt::format("    {:<42}{:>16}  {}\n", what, format_count(fate.objects), format_bytes(fate.bytes));
  };
  add(fmt::format("freed by the next collection, number {}", later.gc_cycle), later.freed);
  add("brought back: finalizers, weak pointers", later.revived);
  add("kept, for words that may be no pointers", later.excused);
  add("not known: their spans were being swept", later.unknown);
  out += fmt::format("    {:<42}{:>16}  {}\n", "kept without a cause", format_count(later.kept.objects),
                     later.kept.objects == 0 ? "" : "a root is missing from our list");
  for (const Address address : later.examples) out += fmt::format("      {}\n", hex(address));
  return out;
}

// Why the sums may differ, and by how much: "by what ..., 165 at most".
std::string note_of(const heap::Counter& counter) {
  std::string note(meaning_of(counter.rule));
  if (counter.in_flight != 0) note += fmt::format(", {} at most", counter.in_flight);
  return note;
}

}  // namespace

std::string loss_text(const Loss& loss) {
  return fmt::format("{} × {}: {}{}", format_count(loss.count), loss.kind, words_of(loss).words,
                     loss.detail.empty() ? "" : fmt::format(" ({})", loss.detail));
}

ordered_json losses_json(const std::vector<Loss>& losses) {
  ordered_json list = ordered_json::array();
  for (const Loss& loss : losses) {
    const LossWords words = words_of(loss);
    list.push_back({{"kind", loss.kind},
                    {"severity", id_of(words.severity)},
                    {"count", loss.count},
                    {"first", hex(loss.first)},
                    {"meaning", words.words},
                    {"what_to_do", words.remedy},
                    {"detail", loss.detail}});
  }
  return list;
}

ordered_json audit_json(const heap::Snapshot& snapshot, const graph::Audit& audit,
                        const std::optional<graph::LaterAudit>& later) {
  ordered_json causes = ordered_json::array();
  for (const graph::AuditCause& cause : audit.causes)
    causes.push_back({{"id", name_of(cause.kind)},
                      {"objects", cause.objects},
                      {"bytes", cause.bytes},
                      {"shown", cause.shown},
                      {"meaning", meaning_of(cause.kind)},
                      {"examples", hex_list(cause.examples)},
                      {"named_at", places_json(snapshot, cause.named_at)}});
  ordered_json counters = ordered_json::array();
  for (const heap::Counter& counter : snapshot.audit.counters)
    counters.push_back({{"name", counter.name},
                        {"runtime", counter.runtime},
                        {"ours", counter.ours},
                        {"equal", counter.runtime == counter.ours},
                        {"must_match", counter.rule == heap::CounterRule::kMustMatch},
                        {"in_flight", counter.in_flight},
                        {"note", note_of(counter)}});
  ordered_json mem_stats = ordered_json::object();
  for (const auto& [name, value] : snapshot.mem_stats) mem_stats[name] = value;
  return {{"schema", "holdfast.audit/1"},
          {"target", target_json(snapshot.target)},
          {"clean", audit.clean},
          {"objects", audit.objects},
          {"reached", audit.reached},
          {"marked", audit.marked},
          {"reached_not_marked", audit.reached_not_marked},
          {"marked_not_reached", audit.marked_not_reached},
          {"floating", audit.floating},
          {"causes", causes},
          {"unexplained_objects", audit.unexplained_objects},
          {"unexplained_bytes", audit.unexplained_bytes},
          {"unexplained", hex_list(audit.unexplained)},
          {"after_collection", later_json(later)},
          {"gc_phase", snapshot.audit.gc_phase},
          {"gc_cycles", snapshot.audit.gc_cycles},
          {"counters", counters},
          {"alloc_count_mismatches", snapshot.audit.alloc_count_mismatches},
          {"mismatched_spans", hex_list(snapshot.audit.mismatched_spans)},
          {"goroutines_checked", snapshot.audit.goroutines_checked},
          {"not_unwound", snapshot.audit.not_unwound},
          {"pointers_to_free_slots", snapshot.audit.pointers_to_free_slots},
          {"free_slot_pointers", hex_list(snapshot.audit.free_slot_pointers)},
          {"mem_stats", mem_stats},
          {"losses", losses_json(snapshot.losses)}};
}

std::string audit_text(const heap::Snapshot& snapshot, const graph::Audit& audit,
                       const std::optional<graph::LaterAudit>& later) {
  const heap::TargetInfo& target = snapshot.target;
  std::string out = fmt::format("{}, {}: {}\n", target_words(target), release_words(target),
                                audit.clean && (!later || later->clean()) ? "clean" : "NOT CLEAN");
  if (const std::string runtimes = runtimes_words(target.runtimes, target.from_file); !runtimes.empty())
    out += runtimes + "\n";
  out += "\n";
  out += audit_line(snapshot, audit) + "\n\n";
  out += fmt::format("  {:<44}{:>16}\n", "allocated objects", format_count(audit.objects));
  out += fmt::format("  {:<44}{:>16}\n", "reached from the roots", format_count(audit.reached));
  out += fmt::format("  {:<44}{:>16}\n", "marked by the last collection", format_count(audit.marked));
  for (const graph::AuditCause& cause : audit.causes) out += cause_text(snapshot, cause);
  out += fmt::format("  {:<44}{:>16}  {}\n", "unexplained", format_count(audit.unexplained_objects),
                     audit.unexplained_objects == 0 ? "" : format_bytes(audit.unexplained_bytes));
  for (const Address address : audit.unexplained) out += fmt::format("    {}\n", hex(address));
  if (later) out += "\n" + later_text(*later);
  out += "\n  counter                               the runtime's            ours\n";
  for (const heap::Counter& counter : snapshot.audit.counters)
    out += fmt::format("  {:<32}{:>20}{:>16}  {}\n", cleaned(counter.name), format_count(counter.runtime),
                       format_count(counter.ours), counter.runtime == counter.ours ? "" : "differ " + note_of(counter));
  out += fmt::format("\n  spans whose allocCount differs              {:>16}\n",
                     format_count(snapshot.audit.alloc_count_mismatches));
  out += fmt::format("  stacks walked to their outermost frame      {:>16}\n",
                     fmt::format("{} of {}", snapshot.audit.goroutines_checked - snapshot.audit.not_unwound.size(),
                                 snapshot.audit.goroutines_checked));
  out += fmt::format("  pointers to free slots                      {:>16}\n",
                     format_count(snapshot.audit.pointers_to_free_slots));
  for (const Loss& loss : snapshot.losses) {
    out += fmt::format("\n  loss, {}: {}{}\n", id_of(words_of(loss).severity), cleaned(loss_text(loss)),
                       loss.first ? fmt::format(" (first at {})", hex(loss.first)) : "");
    out += fmt::format("    what to do: {}\n", words_of(loss).remedy);
  }
  return out;
}

}  // namespace holdfast::report
