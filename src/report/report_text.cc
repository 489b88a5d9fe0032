#include "report/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/terminal_text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/target_words.h"
#include "view/names.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using view::ChainStep;
using view::GoroutineRow;
using view::HeapTotals;
using view::Holder;
using view::kNoCollection;
using view::name_of;
using view::Report;
using view::short_names;
using view::short_type;
using view::StepKind;
using view::SystemGoroutines;
using view::TypeTotals;

constexpr std::string_view kSomeKey = "[…]";
constexpr std::size_t kBar = 20;  // characters of a full bar

class Text {
 public:
  Text(const Report& report, const TextOptions& options)
      : report_(report), options_(options), width_(std::max<std::size_t>(options.width, 60)) {}

  // Without what only the graph tells.
  std::string run_first() {
    has_graph_ = false;
    add_head();
    add_account();
    return std::move(out_);
  }

  std::string run() {
    add_head();
    add_account();
    add_findings();
    add_holders();
    add_types();
    add_goroutines();
    add_truth();
    add_commands();
    return std::move(out_);
  }

 private:
  void line(std::string_view text) {
    text = text.substr(0, text.find_last_not_of(' ') + 1);
    out_ += fmt::format("{}\n", fit_words(text, width_));
  }
  // A sentence behind `prefix`, on as many lines as it takes, so that nothing of it is lost.
  void wrapped(std::string prefix, std::string_view sentence) {
    const std::size_t indent = text_width(prefix);
    const std::size_t room = std::max<std::size_t>(width_ - std::min(width_, indent), 20);
    std::string text;
    for (std::size_t at = 0; at < sentence.size();) {
      const std::size_t end = std::min(sentence.find(' ', at), sentence.size());
      const std::string word = folded(sentence.substr(at, end - at), room);
      if (!text.empty() && text_width(text) + 1 + text_width(word) > room) {
        line(prefix + text);
        prefix.assign(indent, ' ');
        text.clear();
      }
      text += (text.empty() ? "" : " ") + word;
      at = end + 1;
    }
    line(prefix + text);
  }
  std::string bold(const std::string& text) const {
    return options_.color ? fmt::format("\033[1m{}\033[0m", text) : text;
  }
  // A heading, padded before it is made bold so that columns stay where they are.
  void heading(const std::string& title, const std::string& rest = {}) {
    out_ += fmt::format("\n{}{}\n", bold(title), fit(rest, width_ - std::min(width_, title.size())));
  }

  void add_head() {
    const heap::TargetInfo& target = report_.target;
    std::string head = target_words(target);
    head += fmt::format(" · {} linux/{}{}", cleaned(target.go_version), cleaned(target.goarch),
                        target.has_symbols ? "" : ", stripped");
    const heap::Pause& pause = report_.pause;
    if (pause.measured_ms > 0)
      head += fmt::format(" · held still for {} (predicted {})", format_seconds(pause.measured_ms / 1e3),
                          format_seconds(pause.predicted_ms / 1e3));
    if (pause.bytes_read > 0) head += fmt::format(" · read {}", format_bytes(pause.bytes_read));
    double took = 0;
    for (const auto& [pass, ms] : report_.took_ms) took += ms;
    if (took > 0) head += fmt::format(" · {}", format_seconds(took / 1e3));
    // Folded at a separator, so that nothing of it is lost.
    while (!head.empty()) {
      std::size_t end = head.size();
      while (text_width(head.substr(0, end)) > width_) {
        const std::size_t cut = head.rfind(" · ", end - 1);
        if (cut == std::string::npos || cut == 0) break;
        end = cut;
      }
      out_ += fmt::format("{}{}\n", out_.empty() ? "" : "  ", head.substr(0, end));
      head = end == head.size() ? "" : head.substr(end + std::string_view(" · ").size());
    }
  }

  void add_account() {
    const heap::Account& a = report_.account;
    const std::uint64_t heap = a.live + a.garbage;
    whole_ = a.known ? a.rss : heap;
    const std::uint64_t limit = report_.target.memory_limit;
    std::string rest = a.known ? fmt::format("{} resident", format_bytes(a.rss))
                               : fmt::format("{} of heap objects", format_bytes(heap));
    if (a.swapped > 0) rest += fmt::format(", {} swapped out", format_bytes(a.swapped));
    if (limit > 0) rest += fmt::format(", limit {}", format_bytes(limit));
    heading("WHERE THE MEMORY IS", fmt::format("{:>26}{}", "", rest));
    const bool off = a.next_gc >= kNoCollection;
    const std::string next = off             ? "collections are switched off"
                             : a.next_gc > 0 ? fmt::format("next collection at {}", format_bytes(a.next_gc))
                                             : "";
    if (has_graph_) {
      account_row("live objects", a.live, live_note());
      account_row("garbage", a.garbage, next);
    } else {
      account_row("objects", heap, next);
    }
    if (!a.known) {
      line("  what of this was resident, and what else was, is not known here");
      return;
    }
    account_row("free, not returned", a.free, "");
    account_row("stacks", a.stacks, fmt::format("{} goroutines", format_count(report_.goroutine_count)));
    account_row("runtime", a.runtime, "");
    account_row("globals", a.globals, "package variables");
    account_row("outside Go", a.c_heap + a.mappings,
                fmt::format("C heap {}, mappings {}", format_bytes(a.c_heap), format_bytes(a.mappings)));
    account_row("files", a.files, "");
    account_row("rest", a.rest, "");
  }

  // With what of them is not in memory: pages that were never written to, or are swapped out.
  std::string live_note() const {
    const HeapTotals& heap = report_.heap;
    std::string note = fmt::format("{} objects", format_count(heap.reachable_objects));
    const std::uint64_t absent = heap.reachable_bytes - std::min(report_.account.live, heap.reachable_bytes);
    return absent > heap.reachable_bytes / 100 ? fmt::format("{}; {} more not in memory", note, format_bytes(absent))
                                               : note;
  }

  void account_row(const std::string& name, std::uint64_t bytes, const std::string& note) {
    const std::uint64_t parts = whole_ == 0 ? 0 : (bytes * kBar + whole_ / 2) / whole_;
    std::string bar;
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(parts, kBar); ++i) bar += "█";
    if (!bar.empty() && !note.empty()) bar += "  ";
    line(fmt::format("  {:<20}{:>12}{:>7}  {}{}", name, format_bytes(bytes), format_share(bytes, whole_), bar, note));
  }

  // A program with nothing wrong has no such section.
  void add_findings() {
    if (report_.findings.empty()) return;
    heading("FINDINGS");
    std::size_t number = 0;
    for (const view::Finding& finding : report_.findings) {
      wrapped(fmt::format("{:>3}  {:>10}  ", ++number, format_bytes(finding.bytes)), short_names(finding.title));
      wrapped("     ", fmt::format("{}: {}", name_of(finding.confidence), short_names(finding.because)));
      wrapped("     change: ", short_names(finding.fix));
    }
  }

  void add_holders() {
    heading("WHAT HOLDS IT");
    if (report_.holders.empty()) line("  nothing stands out: no place holds as much as 0.5 % of the live bytes");
    std::size_t number = 0;
    for (const Holder& holder : report_.holders) {
      const std::string share = format_share(holder.bytes, report_.heap.reachable_bytes);
      wrapped(fmt::format("{:>3}  {:>10} ({})  ", ++number, format_bytes(holder.bytes), share),
              short_names(holder.what));
      line(fmt::format("     {}", chain_text(holder.chain, width_ - 5)));
      if (!holder.created_by.empty()) {
        const std::string stacks =
            holder.stack_bytes > 0 ? fmt::format("; their stacks take {} more", format_bytes(holder.stack_bytes)) : "";
        wrapped("     ", fmt::format("created by {}{}", short_names(holder.created_by), stacks));
      }
      if (const auto& site = holder.allocated_at)
        line(fmt::format("     put there by {} ({} of {} sampled {})", short_names(site->place),
                         format_count(site->here), format_count(site->sampled),
                         site->sampled == 1 ? "object" : "objects"));
    }
  }

  // "main.registry → main.Registry.sessions[…] → main.Session.Buf → []uint8, 16.0 KiB": places, and what is at the end.
  // The inside of maps is one hop. Where it is too long, the label of a variable without a name goes first, since the
  // sentence above has it, then steps from the middle.
  static std::string chain_text(const std::vector<ChainStep>& chain, std::size_t width) {
    std::vector<std::string> parts = chain_parts(chain, false);
    std::string text = joined(parts);
    if (text_width(text) > width) {
      parts = chain_parts(chain, true);
      text = joined(parts);
    }
    for (std::size_t tail = parts.size(); text_width(text) > width && tail > 2; --tail)
      text = fmt::format("{} → … → {}", parts.front(), joined(std::span(parts).last(tail - 2)));
    return text;
  }

  static std::vector<std::string> chain_parts(const std::vector<ChainStep>& chain, bool brief) {
    std::vector<std::string> parts;
    bool in_map = false;
    for (std::size_t i = 0; i < chain.size(); ++i) {
      const ChainStep& step = chain[i];
      if (step.kind == StepKind::kGroup && i + 1 < chain.size()) continue;
      if (step.kind == StepKind::kContainer) {
        if (!in_map && !parts.empty()) parts.back() += fmt::format("{}{}", step.field, kSomeKey);
        in_map = true;
        continue;
      }
      if (in_map && !parts.empty() && !step.key.empty() && parts.back().ends_with(kSomeKey))
        parts.back().replace(parts.back().size() - kSomeKey.size(), kSomeKey.size(), fmt::format("[{}]", step.key));
      if (!in_map && !parts.empty() && !step.field.empty()) parts.back() += step.field;
      in_map = false;
      parts.push_back(short_names(brief ? step.brief : step.text));
      if (!step.place.empty()) parts.back() += fmt::format(" {}", step.place);
    }
    if (!chain.empty() && chain.back().kind == StepKind::kObject && !chain.back().type.empty())
      parts.back() += fmt::format(", {}", format_bytes(chain.back().bytes));
    return parts;
  }

  static std::string joined(std::span<const std::string> parts) {
    std::string text;
    for (const std::string& part : parts) {
      if (!text.empty()) text += " → ";
      text += part;
    }
    return text;
  }

  void add_types() {
    heading("TYPES", fmt::format("{:>12}{:>12}{:>14}   {:<44}{}", "retained", "own", "count", "type", "known by"));
    const std::size_t room = std::max<std::size_t>(width_ - 58, 20);
    for (std::size_t i = 0; i < std::min(report_.types.size(), options_.types); ++i) {
      const TypeTotals& row = report_.types[i];
      line(fmt::format("     {:>12}{:>12}{:>14}   {:<43} {}", format_bytes(row.retained_bytes), format_bytes(row.bytes),
                       format_count(row.count), fit(short_type(row.type), std::min<std::size_t>(room, 43)),
                       name_of(row.known_by)));
    }
    line(fmt::format("     {} of the live bytes have a known type",
                     format_share(report_.heap.typed_bytes, report_.heap.reachable_bytes)));
  }

  void add_goroutines() {
    const std::uint64_t places = report_.goroutine_places;
    heading("GOROUTINES", fmt::format("  {}, in {} {}", format_count(report_.goroutine_count), format_count(places),
                                      places == 1 ? "place" : "places"));
    std::size_t shown = 0;
    for (const GoroutineRow& row : report_.goroutines) {
      if (row.system) continue;
      if (++shown > options_.goroutines) break;
      const std::string_view reason = name_of(row.wait_reason);
      std::string text(reason.empty() ? name_of(row.state) : reason);
      if (!row.top.empty()) text += fmt::format(" at {}", short_names(row.top));
      if (row.longest_waiting_ns > 0)
        text += fmt::format(", since {} or longer", format_seconds(static_cast<double>(row.longest_waiting_ns) / 1e9));
      if (row.leaked()) text += ", leaked";
      wrapped(fmt::format("  {:>8} × ", format_count(row.count)), text);
      std::string more =
          fmt::format("holds {}, stacks {}", format_bytes(row.retained_bytes), format_bytes(row.stack_bytes));
      if (!row.created_by.empty()) more += fmt::format("; created by {}", short_names(row.created_by));
      wrapped("             ", more);
    }
    const SystemGoroutines& system = report_.system_goroutines;
    if (system.count == 0) return;
    line(fmt::format("  {:>8} {} of the runtime itself: holds {}, stacks {}", format_count(system.count),
                     system.count == 1 ? "goroutine" : "goroutines", format_bytes(system.retained_bytes),
                     format_bytes(system.stack_bytes)));
  }

  void add_truth() {
    heading("AUDIT");
    wrapped("  ", report_.audit_line);
    const auto harmless =
        static_cast<std::size_t>(std::count_if(report_.losses.begin(), report_.losses.end(), [](const Loss& loss) {
          return words_of(loss).severity == LossSeverity::kCosmetic;
        }));
    heading("LOSSES", harmless == report_.losses.size() ? "       none" : "");
    for (const Loss& loss : report_.losses) {
      if (words_of(loss).severity == LossSeverity::kCosmetic) continue;
      wrapped("  ", loss_text(loss));
      wrapped("    what to do: ", std::string(words_of(loss).remedy));
    }
  }

  void add_commands() {
    if (options_.target.empty()) return;
    out_ += "\n";
    line(fmt::format("more: holdfast types {0} · holdfast goroutines {0} · holdfast roots {0} · holdfast audit {0}",
                     options_.target));
  }

  const Report& report_;
  const TextOptions& options_;
  std::size_t width_;
  bool has_graph_ = true;
  std::uint64_t whole_ = 0;
  std::string out_;
};

}  // namespace

std::string first_screen(const heap::Snapshot& snapshot, std::size_t width) {
  Report report;
  report.target = snapshot.target;
  report.pause = snapshot.pause;
  report.account = snapshot.account;
  if (!report.account.known)
    for (const heap::Span& span : snapshot.spans) report.account.live += span.objects * span.slot_size;
  for (const heap::Goroutine& goroutine : snapshot.goroutines)
    if (goroutine.state != heap::GoroutineState::kDead && goroutine.state != heap::GoroutineState::kDeadExtra)
      ++report.goroutine_count;
  TextOptions options;
  options.width = width;
  return Text(report, options).run_first();
}

std::string report_text(const Report& report, const TextOptions& options) {
  return Text(report, options).run();
}

}  // namespace holdfast::report
