#include "report/audit_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/target_words.h"
#include "report/text_columns.h"
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

// Returns "  unexplained        12": a line of 60 columns at most.
std::string row(std::string_view name, const std::string& number, std::size_t indent = 2) {
  return fmt::format("{:<40}{:>16}\n", std::string(indent, ' ') + std::string(name), number);
}

// Returns how many objects have the cause, below it what it is, and where the first of them are.
std::string cause_text(const heap::Snapshot& snapshot, const graph::AuditCause& cause, std::size_t width) {
  constexpr std::size_t kExamplesInText = 3;
  constexpr std::size_t kPlacesInText = 3;
  std::string where;
  for (std::size_t i = 0; i < std::min(cause.examples.size(), kExamplesInText); ++i)
    where += (i > 0 ? ", " : "") + hex(cause.examples[i]);
  const std::string held = cause.shown < cause.objects
                               ? fmt::format("; {} held by the others", format_count(cause.objects - cause.shown))
                               : "";
  std::string out = row(name_of(cause.kind), format_count(cause.objects), 4) +
                    wrapped("      ", meaning_of(cause.kind), width) +
                    wrapped("      ", fmt::format("{}, e.g. at {}{}", format_bytes(cause.bytes), where, held), width);
  for (std::size_t i = 0; i < std::min(cause.named_at.size(), kPlacesInText); ++i)
    out += wrapped(
        "      ",
        fmt::format("{} named in {}", format_count(cause.named_at[i].objects), place_text(snapshot, cause.named_at[i])),
        width);
  if (cause.named_at.size() > kPlacesInText)
    out += wrapped("      ",
                   fmt::format("and in {}: `holdfast audit --json`",
                               format_count(cause.named_at.size() - kPlacesInText, "more place")),
                   width);
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

// The addresses of which a list has the first, one a line, and how many there are besides.
std::string addresses_text(const std::vector<Address>& some, std::uint64_t all, std::size_t indent) {
  const std::string front(indent, ' ');
  std::string out;
  for (const Address address : some) out += fmt::format("{}{}\n", front, hex(address));
  return all > some.size() ? out + fmt::format("{}and {} more\n", front, format_count(all - some.size())) : out;
}

std::vector<Address> examples_of(const graph::LaterAudit& later) {
  constexpr std::size_t kShown = 32;
  std::vector<Address> examples;
  for (const graph::KeptObject& object : later.kept_objects)
    if (examples.size() < kShown) examples.push_back(object.address);
  return examples;
}

ordered_json later_json(const std::optional<graph::LaterAudit>& later) {
  if (!later) return nullptr;
  const auto fate = [](const graph::Fate& f) { return ordered_json{{"objects", f.objects}, {"bytes", f.bytes}}; };
  return {{"clean", later->clean()},
          {"gc_cycle", later->gc_cycle},
          {"unreached", fate(later->unreached)},
          {"freed", fate(later->freed)},
          {"revived", fate(later->revived)},
          {"excused", fate(later->excused)},
          {"unknown", fate(later->unknown)},
          {"let_go", fate(later->let_go)},
          {"let_go_first", later->let_go_first},
          {"kept", fate(later->kept)},
          {"examples", hex_list(examples_of(*later))}};
}

std::string later_text(const graph::LaterAudit& later, std::size_t width) {
  std::string out = row("reached by nothing, at the first look", format_count(later.unreached.objects));
  const auto add = [&](std::string_view what, const graph::Fate& fate) {
    if (fate.objects > 0) out += row(what, format_count(fate.objects), 4);
  };
  add(fmt::format("freed by collection {}, the next", later.gc_cycle), later.freed);
  add("revived: finalizer, weak pointer", later.revived);
  add("kept, for words that may be integers", later.excused);
  add("not known: their spans were in sweep", later.unknown);
  add("kept once, gone at a later look", later.let_go);
  out += row("kept without a cause", format_count(later.kept.objects), 4);
  out += addresses_text(examples_of(later), later.kept.objects, 6);
  if (!later.clean())
    out += wrapped(
        "      ",
        "a root is missing from our list: these were kept by more than one collection, and nothing that we know "
        "reaches them",
        width);
  return out;
}

// Why the sums may differ, and by how much: "by what ..., 165 at most".
std::string note_of(const heap::Counter& counter) {
  std::string note(meaning_of(counter.rule));
  if (counter.in_flight != 0) note += fmt::format(", {} at most", counter.in_flight);
  return note;
}

std::string counters_text(const std::vector<heap::Counter>& counters, const TextStyle& style) {
  static constexpr std::array kColumns = {TextColumn{.gives_way = true, .stays = Stays::kAlways},
                                          TextColumn{.right = true, .stays = Stays::kAlways},
                                          TextColumn{.right = true, .stays = Stays::kAlways}};
  std::vector<std::vector<std::string>> rows = {{"  counter", "the runtime's", "ours"}};
  for (const heap::Counter& counter : counters)
    rows.push_back({"  " + counter.name, format_count(counter.runtime), format_count(counter.ours)});
  const std::vector<std::string> lines = lay_out(rows, kColumns, style.width).lines;
  std::string out = style.bold(lines.front()) + "\n";
  for (std::size_t i = 0; i < counters.size(); ++i) {
    out += lines[i + 1] + "\n";
    if (counters[i].runtime != counters[i].ours) out += wrapped("      differ ", note_of(counters[i]), style.width);
  }
  return out;
}

}  // namespace

std::string loss_text(const Loss& loss) {
  return fmt::format("{} × {}: {}{}", format_count(loss.count), loss.kind, words_of(loss).words,
                     loss.detail.empty() ? "" : fmt::format(" ({})", loss.detail));
}

std::string losses_text(const std::vector<Loss>& losses, std::size_t width) {
  std::string out;
  std::size_t harmless = 0;
  std::string_view remedy;
  const auto add_remedy = [&] {
    if (!remedy.empty()) out += wrapped("    what to do: ", remedy, width);
  };
  for (const Loss& loss : losses) {
    const LossWords words = words_of(loss);
    if (words.severity == LossSeverity::kCosmetic) {
      ++harmless;
      continue;
    }
    if (words.remedy != remedy) add_remedy();
    remedy = words.remedy;
    out += wrapped("  ", loss_text(loss), width);
  }
  add_remedy();
  if (harmless > 0)
    out += wrapped("  ", format_count(harmless, "harmless kind of loss") + ": see `holdfast audit`", width);
  return out;
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
                       const std::optional<graph::LaterAudit>& later, const TextStyle& style) {
  const heap::TargetInfo& target = snapshot.target;
  const std::size_t width = style.width;
  std::string out = wrapped("", fmt::format("{}, {}", target_words(target), release_words(target)), width);
  if (const std::string runtimes = runtimes_words(target.runtimes, target.from_file); !runtimes.empty())
    out += wrapped_at("; ", runtimes, width, 2, Parts::kPhrases);
  out += style.bold(audit.clean && (!later || later->clean()) ? "clean" : "NOT CLEAN") + "\n\n";
  out += wrapped("", audit_line(snapshot, audit), width) + "\n";
  out += row("allocated objects", format_count(audit.objects));
  out += row("reached from the roots", format_count(audit.reached));
  out += row("marked by the last collection", format_count(audit.marked));
  for (const graph::AuditCause& cause : audit.causes) out += cause_text(snapshot, cause, width);
  out += row(audit.unexplained_objects == 0 ? "unexplained"
                                            : fmt::format("unexplained, {}", format_bytes(audit.unexplained_bytes)),
             format_count(audit.unexplained_objects));
  out += addresses_text(audit.unexplained, audit.unexplained_objects, 4);
  if (later) out += "\n" + later_text(*later, width);
  out += "\n" + counters_text(snapshot.audit.counters, style) + "\n";
  out += row("spans whose allocCount differs", format_count(snapshot.audit.alloc_count_mismatches));
  out += row("stacks walked to their outermost frame",
             fmt::format("{} of {}", snapshot.audit.goroutines_checked - snapshot.audit.not_unwound.size(),
                         snapshot.audit.goroutines_checked));
  out += row("pointers to free slots", format_count(snapshot.audit.pointers_to_free_slots));
  for (const Loss& loss : snapshot.losses) {
    out += "\n" + wrapped("  ",
                          fmt::format("loss, {}: {}{}", id_of(words_of(loss).severity), loss_text(loss),
                                      loss.first ? fmt::format(" (first at {})", hex(loss.first)) : ""),
                          width);
    out += wrapped("    what to do: ", words_of(loss).remedy, width);
  }
  return out;
}

}  // namespace holdfast::report
