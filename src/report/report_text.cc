#include "report/report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/chain.h"
#include "report/memory_report.h"
#include "report/target_words.h"
#include "report/text_columns.h"
#include "view/names.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using view::ChainStep;
using view::code_text;
using view::Detail;
using view::GoroutineRow;
using view::GoroutineSums;
using view::HeapTotals;
using view::Holder;
using view::kNoCollection;
using view::name_of;
using view::Report;
using view::short_type;
using view::StepKind;
using view::TypeTotals;

constexpr std::size_t kBar = 20;  // columns of a full bar

std::string predicted_words(const heap::Pause& pause) {
  if (pause.predicted_most_ms == 0) return format_seconds(pause.predicted_ms / 1e3);  // written by an older version
  std::string least = format_seconds(pause.predicted_least_ms / 1e3);
  const std::string most = format_seconds(pause.predicted_most_ms / 1e3);
  const std::string unit = most.substr(most.find(' '));
  if (least.ends_with(unit)) least.resize(least.size() - unit.size());
  return fmt::format("{} to {}", least, most);
}

class Text {
 public:
  Text(const Report& report, const TextOptions& options)
      : report_(report), options_(options), width_(std::max<std::size_t>(options.style.width, 60)) {}

  // Leaves out what only the graph tells.
  std::string run_first() {
    has_graph_ = false;
    add_head();
    add_account();
    return std::move(out_);
  }

  std::string run() {
    add_head();
    add_since();
    add_findings();
    add_account();
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
  void wrapped(const std::string& prefix, std::string_view sentence) {
    out_ += holdfast::wrapped(prefix, sentence, width_);
  }
  void heading(const std::string& title, const std::string& rest = {}) {
    out_ += fmt::format("\n{}{}\n", options_.style.bold(title), fit(rest, width_ - std::min(width_, title.size())));
  }
  // Says how much a list leaves out.
  void and_more(std::uint64_t count, const std::string& what) {
    if (count > 0) and_more(fmt::format("{} more{}", format_count(count), what));
  }
  void and_more(const std::string& rest) {
    wrapped("     ", fmt::format("and {}; `holdfast report --top 0` shows all", rest));
  }

  void add_head() {
    const heap::TargetInfo& target = report_.target;
    std::string head = target_words(target);
    head += fmt::format(" · {} linux/{}{}", release_words(target), cleaned(target.goarch),
                        target.has_symbols ? "" : ", stripped");
    const heap::Pause& pause = report_.pause;
    if (pause.measured_ms > 0)
      head += fmt::format(" · held still for {} (predicted {})", format_seconds(pause.measured_ms / 1e3),
                          predicted_words(pause));
    if (pause.bytes_read > 0) head += fmt::format(" · read {}", format_bytes(pause.bytes_read));
    double took = 0;
    for (const auto& [pass, ms] : report_.took_ms) took += ms;
    if (took > 0) head += fmt::format(" · {}", format_seconds(took / 1e3));
    out_ += wrapped_at(" · ", head, width_, 2, Parts::kPhrases);
    if (const std::string others = runtimes_words(target.runtimes, target.from_file); !others.empty())
      out_ += wrapped_at("; ", others, width_, 2, Parts::kPhrases);
  }

  // "since before.hold, 12 s and 5 collections earlier: 34.1 MiB live then, 50.2 MiB now"
  void add_since() {
    if (!report_.since) return;
    const view::Since& since = *report_.since;
    std::string when;
    if (since.seconds) when = format_seconds(*since.seconds);
    if (since.collections)
      when += fmt::format("{}{}", when.empty() ? "" : " and ", format_count(*since.collections, "collection"));
    wrapped("  ",
            fmt::format("since {}{}: {} live then, {} now{}", cleaned(since.name),
                        when.empty() ? "" : fmt::format(", {} earlier", when), format_bytes(since.live_before.bytes),
                        format_bytes(since.live_now.bytes), since.is_one_process ? "" : "; it was another process"));
  }

  void add_account() {
    const heap::Account& a = report_.account;
    const std::uint64_t heap = a.live + a.garbage;
    whole_ = a.known ? a.rss : heap;
    const std::uint64_t limit = report_.target.memory_limit;
    std::string rest = a.known ? fmt::format("{} {}", format_bytes(a.rss), a.of_mappings ? "in use" : "resident")
                               : fmt::format("{} of heap objects", format_bytes(heap));
    if (a.swapped > 0) rest += fmt::format(", {} swapped out", format_bytes(a.swapped));
    if (limit > 0) rest += fmt::format(", limit {}", format_bytes(limit));
    const std::string title = "WHERE THE MEMORY IS";
    const std::size_t free = width_ - std::min(width_, title.size() + text_width(rest));
    heading(title, std::string(std::clamp<std::size_t>(free, 2, 26), ' ') + rest);
    const bool off = a.next_gc >= kNoCollection;
    const std::string next = off             ? "collections are switched off"
                             : a.next_gc > 0 ? fmt::format("next collection at {}", format_bytes(a.next_gc))
                                             : "";
    std::vector<AccountRow> rows;
    if (has_graph_) {
      rows.push_back({"live objects", a.live, live_note()});
      rows.push_back({"garbage", a.garbage, next});
    } else {
      rows.push_back({"objects", heap, next});
    }
    if (a.known) {
      rows.push_back({"free in the heap", a.free, free_note(report_.memory)});
      rows.push_back({"stacks", a.stacks, stacks_note(report_)});
      rows.push_back({"runtime", a.runtime, ""});
      rows.push_back({"globals", a.globals, "package variables"});
      rows.push_back({"C heap", a.c_heap, c_heap_note(report_.memory)});
      rows.push_back({"mappings", a.mappings,
                      report_.target.runtimes.size() > 1 ? "with the other Go heaps"
                                                         : mapping_note(report_.memory, heap::MappingUse::kOther)});
      rows.push_back({"files", a.files, mapping_note(report_.memory, heap::MappingUse::kFile)});
      rows.push_back({"rest", a.rest, ""});
    }
    account_rows(rows);
    if (!a.known) wrapped("  ", "what of this was resident, and what else was, is not known here");
    if (a.known && a.of_mappings) wrapped("  ", kOfCore);
    if (has_graph_)
      if (const std::string pace = pace_text(report_); !pace.empty()) wrapped("  ", pace);
  }

  // Says how much of the live objects is not in memory: pages that were never written to, or are swapped out.
  std::string live_note() const {
    const HeapTotals& heap = report_.heap;
    std::string note = format_count(heap.reachable_objects, "object");
    const std::uint64_t absent = heap.reachable_bytes - std::min(report_.account.live, heap.reachable_bytes);
    return absent > heap.reachable_bytes / 100 ? fmt::format("{}; {} more not in memory", note, format_bytes(absent))
                                               : note;
  }

  struct AccountRow {
    std::string_view name;
    std::uint64_t bytes;
    std::string note;

    std::uint64_t bar(std::uint64_t whole, std::size_t full) const {
      return whole == 0 ? 0 : std::min<std::uint64_t>((bytes * full + whole / 2) / whole, full);
    }
  };

  // Draws all bars to the scale at which no note has to go to the next line, but for long ones, which may; if that
  // would leave stumps, no bars are drawn.
  void account_rows(const std::vector<AccountRow>& rows) {
    constexpr std::size_t kFront = 39;  // columns before the bar
    constexpr std::size_t kStump = 6;
    constexpr std::size_t kLong = 48;
    const std::size_t room = width_ - std::min(width_, kFront);
    std::size_t full = kBar;
    for (const AccountRow& row : rows)
      while (full > 0 && text_width(row.note) < kLong && row.bar(whole_, full) + 2 + text_width(row.note) > room)
        --full;
    if (full < kStump) full = 0;
    for (const AccountRow& row : rows) {
      std::string bar;
      for (std::uint64_t i = 0; i < row.bar(whole_, full); ++i) bar += "█";
      if (!bar.empty() && !row.note.empty()) bar += "  ";
      wrapped(fmt::format("  {:<18}{:>11}{:>6}  {}", row.name, format_bytes(row.bytes), format_share(row.bytes, whole_),
                          bar),
              row.note);
    }
  }

  void add_findings() {
    std::size_t number = 0, possible = 0;
    std::uint64_t possible_bytes = 0;
    bool any_minor = false;
    for (const view::Finding& finding : report_.findings) {
      if (is_told_briefly(finding)) {
        ++possible;
        any_minor = any_minor || finding.is_minor;
        possible_bytes += finding.bytes;
        if (!wants_all()) continue;
      }
      if (number == 0) heading("FINDINGS");
      add_finding(++number, finding);
    }
    if (number == 0) {
      add_calm_line(any_minor      ? "NOTHING LARGE IS WRONG"
                    : possible > 0 ? "NOTHING IS CLEARLY WRONG"
                                   : "NOTHING LOOKS WRONG");
      add_largest_holder();
    }
    if (possible > 0 && !wants_all()) add_possible(possible, possible_bytes);
    and_more(report_.finding_count - report_.findings.size(),
             fmt::format(", at most {}", format_bytes(report_.cut_finding_bytes)));
  }

  static bool is_told_briefly(const view::Finding& finding) {
    return finding.confidence == view::Confidence::kPossible || finding.is_minor;
  }

  // Where no detector has a word for it, most of the memory may still be what somebody looks for.
  void add_largest_holder() {
    constexpr std::uint64_t kLeastShare = 3;  // a third
    if (report_.holders.empty() || report_.detectors == 0) return;
    const view::Holder& holder = report_.holders.front();
    const bool is_told = std::ranges::any_of(
        report_.findings, [&](const view::Finding& finding) { return finding.bytes >= holder.total_bytes() / 2; });
    if (is_told || !holder.explained_by.empty() || holder.total_bytes() < report_.whole_bytes() / kLeastShare) return;
    wrapped("     ",
            fmt::format("most is held by {}: {} ({}); {}", holder.what.brief, format_bytes(holder.total_bytes()),
                        format_share(holder.total_bytes(), report_.whole_bytes()),
                        "`holdfast report --since` an earlier capture tells whether it grows"));
    // Who these several are does not say where in them it lies.
    if (holder.owners.size() > 1 && !holder.chain.empty())
      line(fmt::format("     {}", chain_text(holder.chain, width_ - 5)));
  }

  void add_calm_line(std::string_view words) {
    if (report_.detectors == 0) return;  // nobody looked for any
    const bool misses = std::ranges::any_of(
        report_.losses, [](const Loss& loss) { return words_of(loss).severity != LossSeverity::kCosmetic; });
    out_ += "\n";
    wrapped("", fmt::format("{}: {} looked, {}`holdfast detectors` says for what", options_.style.bold(words),
                            format_count(report_.detectors, "detector"),
                            misses ? "and not everything could be read; " : ""));
  }

  // A line each, of the largest.
  void add_possible(std::size_t count, std::uint64_t bytes) {
    constexpr std::size_t kMost = 3;
    std::size_t shown = 0;
    for (const view::Finding& finding : report_.findings) {
      if (!is_told_briefly(finding) || shown == kMost) continue;
      ++shown;
      bytes -= std::min(bytes, finding.bytes);
      wrapped("     ", fmt::format("{}: {} ({}) {}", name_of(finding.confidence), format_bytes(finding.bytes),
                                   format_share(finding.bytes, report_.whole_bytes()), finding.title.brief));
    }
    const std::string rest =
        count > shown ? fmt::format("{} more, at most {}; ", format_count(count - shown), format_bytes(bytes)) : "";
    wrapped("     ", fmt::format("{}`holdfast report --top 0` says what shows it, and what to change", rest));
  }

  void add_finding(std::size_t number, const view::Finding& finding) {
    wrapped(fmt::format("{:>3}  {:>10} ({})  ", number, format_bytes(finding.bytes),
                        format_share(finding.bytes, report_.whole_bytes())),
            finding.title.brief);
    wrapped("     ", fmt::format("{}: {}", name_of(finding.confidence), finding.because.brief));
    if (finding.known) {
      const view::KnownLeak& known = *finding.known;
      wrapped("     ", fmt::format("known: {} {}: {}; {}, {}", known.library, known.version, known.words,
                                   known.fixed_in.empty() ? "no version has it mended"
                                                          : fmt::format("{} has it mended", known.fixed_in),
                                   known.issue));
    }
    wrapped("     change: ", finding.fix.brief);
    if (!finding.folded.empty()) wrapped("     ", fmt::format("explains: {}", folded_words(finding)));
    if (const std::string command = opening_command(finding, options_.target); !command.empty())
      wrapped("     more: ", fmt::format("`{}`", command));
  }

  static std::string folded_words(const view::Finding& finding) {
    std::string text;
    constexpr std::size_t kMost = 3;
    for (std::size_t i = 0; i < std::min(kMost, finding.folded.size()); ++i) {
      const view::FoldedFinding& folded = finding.folded[i];
      text += fmt::format("{}{} ({})", i == 0 ? "" : "; ", folded.title.brief, format_bytes(folded.bytes));
    }
    if (finding.folded.size() > kMost) text += fmt::format("; and {} more", finding.folded.size() - kMost);
    return text;
  }

  // One row of WHAT HOLDS IT: a holder of the live heap, or a part of the process beside it.
  struct ListedHolder {
    std::uint64_t bytes = 0;
    const Holder* holder = nullptr;
    const view::ProcessHolder* outside = nullptr;
  };

  // What is too small is counted in the last line, but for whoever asked for all.
  std::vector<ListedHolder> listed_holders() const {
    std::vector<ListedHolder> all;
    for (const Holder& holder : report_.holders)
      if (wants_all() || !is_small(holder.total_bytes())) all.push_back({holder.total_bytes(), &holder, nullptr});
    for (const view::ProcessHolder& outside : report_.outside)
      if (wants_all() || !is_small(outside.bytes)) all.push_back({outside.bytes, nullptr, &outside});
    std::ranges::stable_sort(all, std::greater(), &ListedHolder::bytes);
    return all;
  }

  bool wants_all() const { return options_.holders == TextOptions::kAll; }
  bool is_small(std::uint64_t bytes) const { return bytes < report_.whole_bytes() / 200; }

  void add_holders() {
    heading("WHAT HOLDS IT", whole_words());
    const std::uint64_t whole = report_.whole_bytes();
    if (report_.holders.empty()) wrapped("  ", "nothing stands out: no place holds as much as 0.5 % of the live bytes");
    const std::vector<ListedHolder> all = listed_holders();
    const std::size_t shown = std::min(all.size(), options_.holders);
    std::uint64_t left = 0, rest = whole;  // bytes of places that are listed and not shown, and that are not listed
    for (std::size_t i = 0; i < all.size(); ++i) {
      rest -= all[i].bytes;
      if (i < shown)
        add_holder(i + 1, all[i], whole);
      else
        left += all[i].bytes;
    }
    // The report has cut its list of holders: none of them was too small, so the next ones may not be either.
    std::uint64_t cut = report_.holder_count - report_.holders.size();
    if (!report_.holders.empty() && is_small(report_.holders.back().total_bytes())) cut = 0;
    if (cut > 0) {
      std::uint64_t bytes = report_.held_bytes;
      for (const Holder& holder : report_.holders) bytes -= holder.total_bytes();
      left += bytes;
      rest -= bytes;
    }
    and_more(all.size() - shown + cut, fmt::format(", {}", format_bytes(left)));
    if (!all.empty() && rest > 0)
      wrapped("     ", fmt::format("the rest, {} ({}), is in places that hold less than 0.5 % each", format_bytes(rest),
                                   format_share(rest, whole)));
    add_rules(std::span(all).first(shown));
    const std::string profile = report_.holders.empty() ? "" : profile_words(std::span(all).first(shown));
    if (!profile.empty()) wrapped("     ", profile);
  }

  // Says what the shares are of, where that is more than the heap.
  std::string whole_words() const {
    const heap::Account& a = report_.account;
    if (!a.known) return "";
    const std::uint64_t whole = report_.whole_bytes(), absent = whole - std::min(whole, a.rss);
    const std::string resident = fmt::format("{} {}", format_bytes(a.rss), a.of_mappings ? "in use" : "resident");
    return is_small(absent) ? fmt::format("  of {}", resident)
                            : fmt::format("  of {} and {} not in memory", resident, format_bytes(absent));
  }

  void add_holder(std::size_t number, const ListedHolder& listed, std::uint64_t whole) {
    const std::string front =
        fmt::format("{:>3}  {:>10} ({})  ", number, format_bytes(listed.bytes), format_share(listed.bytes, whole));
    if (listed.outside != nullptr) return wrapped(front, outside_words(report_, *listed.outside));
    const Holder& holder = *listed.holder;
    wrapped(front, holder.what.brief);
    if (holder.is_pool)
      wrapped("     ", "nobody uses it: the collector drops what is free there within two collections");
    if (!holder.chain.empty()) line(fmt::format("     {}", chain_text(holder.chain, width_ - 5)));
    if (!holder.explained_by.empty()) {
      const auto found = std::ranges::find(report_.findings, holder.explained_by, &view::Finding::fingerprint);
      if (found != report_.findings.end())
        wrapped("     ", fmt::format("finding {} is about it", found - report_.findings.begin() + 1));
    }
    if (holder.owners.size() == 1 && std::ranges::any_of(holder.chain, &ChainStep::several))
      wrapped("     ", "several ways lead there; this is a shortest one");
    if (!holder.created_by.empty()) {
      const std::string stacks =
          holder.stack_bytes > 0 ? fmt::format("; {} of it are their stacks", format_bytes(holder.stack_bytes)) : "";
      wrapped("     ", fmt::format("created by {}{}", code_text(holder.created_by, Detail::kBrief), stacks));
    }
    add_also(holder);
    add_allocation(holder.allocated_at);
  }

  // "° by owner rules: built-in lines 41, 43; my.rules line 3"
  void add_rules(std::span<const ListedHolder> shown) {
    std::map<std::string, std::set<std::uint32_t>> lines;
    const auto add = [&](const heap::OwnerRule& rule) { lines[rule.file].insert(rule.line); };
    for (const ListedHolder& listed : shown) {
      if (listed.holder == nullptr) continue;
      for (const ChainStep& step : listed.holder->chain) std::ranges::for_each(step.rules, add);
      for (const view::AlsoHolding& also : listed.holder->also)
        if (also.rule) add(*also.rule);
    }
    std::string text;
    for (const auto& [file, numbers] : lines)
      text += fmt::format("{}{} line{} {}", text.empty() ? "" : "; ", file.empty() ? "built-in" : file,
                          numbers.size() == 1 ? "" : "s", fmt::join(numbers, ", "));
    if (!text.empty()) wrapped("     ", fmt::format("{} by owner rules: {}", kRuleMark, text));
  }

  void add_allocation(const std::optional<view::AllocationSites>& sites) {
    const view::AllocationPlace* const place = place_of(sites);
    if (place == nullptr) return;
    std::string text = fmt::format("put there by {} ({} of {}", code_text(place->place, Detail::kBrief),
                                   format_count(place->sampled), format_count(sites->sampled, "sampled object"));
    if (place->estimate)
      text += fmt::format(": {} to {}", format_bytes(place->estimate->bytes.least),
                          format_bytes(place->estimate->bytes.most));
    wrapped("     ", text + ")");
  }

  // Returns the place that texts name, or null.
  static const view::AllocationPlace* place_of(const std::optional<view::AllocationSites>& sites) {
    return sites ? sites->agreed() : nullptr;
  }

  // Says once what of the holders the memory profile cannot tell, and why; empty if nothing is in its way.
  std::string profile_words(std::span<const ListedHolder> shown) const {
    const view::ProfileFacts& profile = report_.profile;
    constexpr std::string_view kNothing = "where it was allocated is not known: ";
    if (!profile.known)
      return profile.sampled > 0 ? "" : fmt::format("{}the runtime's memory profile was not found", kNothing);
    // The runtime itself may have been sampled before it looked at what the linker says.
    if (profile.rate == 0U && profile.switched_off)
      return fmt::format("{}no code of the program reads the memory profile, so the linker has switched it off",
                         kNothing);
    if (profile.rate == 0U && profile.sampled > 0)
      return "runtime.MemProfileRate is 0: only what was allocated before it was set has samples";
    if (profile.rate == 0U) return fmt::format("{}runtime.MemProfileRate is 0, so the profiler is off", kNothing);
    if (profile.rate_has_changed)
      return fmt::format(
          "runtime.MemProfileRate has changed while the program ran: of one object for each {} there would be about "
          "{}, not {}; how much a place allocated cannot be told",
          format_bytes(*profile.rate), format_count(profile.expected, "sample"), format_count(profile.sampled));
    return unsampled_words(shown);
  }

  std::string unsampled_words(std::span<const ListedHolder> shown) const {
    std::string numbers;
    std::size_t unsampled = 0;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      if (shown[i].holder == nullptr) continue;
      const auto& sites = shown[i].holder->allocated_at;
      if (!sites || sites->sampled > 0) continue;
      numbers += fmt::format("{}{}", unsampled++ == 0 ? "" : ", ", i + 1);
    }
    if (unsampled == 0) return "";
    return fmt::format("where {} was allocated is not known: the profiler takes one object for each {}, and none of {}",
                       numbers, format_bytes(*report_.profile.rate), unsampled == 1 ? "it" : "them");
  }

  // "12.0 MiB of it is also held, for the moment, by goroutine 7 at main.serve main.go:9 and 2 more"
  void add_also(const Holder& holder) {
    constexpr std::uint64_t kWorthALine = 10;  // a tenth of the holder's bytes
    if (holder.also.empty() || holder.also.front().bytes < holder.bytes / kWorthALine) return;
    const view::AlsoHolding& most = holder.also.front();
    const std::string more = holder.also.size() > 1 ? fmt::format(" and {} more", holder.also.size() - 1) : "";
    wrapped("     ", fmt::format("{} of it is also {} {}{}", format_bytes(most.bytes),
                                 most.for_the_moment ? "held, for the moment, by" : "known to", most.who.brief,
                                 fmt::format("{}{}", most.rule ? kRuleMark : "", more)));
  }

  void add_types() {
    const std::string title = "TYPES";
    std::vector<std::vector<std::string>> rows = {
        {title, "retained", "own", "count", "type", "known by", "put there by"}};
    bool any_place = false;
    const std::size_t shown = std::min(report_.types.size(), options_.types);
    std::uint64_t rest = report_.heap.reachable_bytes;
    for (const TypeTotals& row : std::span(report_.types).first(shown)) {
      rows.push_back({"", format_bytes(row.retained_bytes), format_bytes(row.bytes), format_count(row.count),
                      short_type(row.type), std::string(name_of(row.known_by)), ""});
      const view::AllocationPlace* const place = place_of(row.allocated_at);
      if (place != nullptr) rows.back().back() = code_text(place->place, Detail::kBrief);
      any_place = any_place || place != nullptr;
      rest -= std::min(rest, row.bytes);
    }
    static constexpr std::array kColumns = {
        TextColumn{.stays = Stays::kAlways}, TextColumn{.right = true, .stays = Stays::kAlways},
        TextColumn{.right = true},           TextColumn{.right = true},
        TextColumn{.gives_way = true},       TextColumn{.stays = Stays::kIfRoom},
        TextColumn{.stays = Stays::kIfRoom}};
    if (!any_place)
      for (std::vector<std::string>& row : rows) row.pop_back();
    TextLayout layout = lay_out(rows, std::span(kColumns).first(rows.front().size()), width_);
    layout.lines.front().replace(0, title.size(), options_.style.bold(title));
    out_ += "\n";
    for (const std::string& text : layout.lines) out_ += text + "\n";
    out_ += left_out_words(layout, rows.front(), width_, 5);
    and_more(report_.type_count - shown, fmt::format(", own {}", format_bytes(rest)));
    line(fmt::format("     {} of the live bytes have a known type",
                     format_share(report_.heap.typed_bytes, report_.heap.reachable_bytes)));
  }

  void add_goroutines() {
    const std::uint64_t places = report_.goroutine_places;
    heading("GOROUTINES",
            fmt::format("  {}, in {}", format_count(report_.goroutine_count), format_count(places, "place")));
    GoroutineSums rest = report_.user_goroutines;
    for (const GoroutineRow& row : report_.goroutines) {
      if (row.system) continue;
      if (report_.user_goroutines.places - rest.places == options_.goroutines) break;
      rest.take_away(row);
      const std::string_view reason = name_of(row.wait_reason);
      std::string text(reason.empty() ? name_of(row.state) : reason);
      text += view::waited_text(row.wait_reason, row.channels, row.count).brief;
      if (!row.top.empty()) text += fmt::format(" at {}", code_text(row.top, Detail::kBrief));
      if (row.longest_waiting_ns > 0)
        text += fmt::format(", since {} or longer", format_seconds(static_cast<double>(row.longest_waiting_ns) / 1e9));
      if (row.leaked == row.count) text += ", leaked";
      if (row.leaked > 0 && row.leaked < row.count) text += fmt::format(", {} leaked", format_count(row.leaked));
      wrapped(fmt::format("  {:>8} × ", format_count(row.count)), text);
      std::string more = sizes_text(row.retained_bytes, row.stack_bytes);
      if (row.shared_bytes > 0) more += fmt::format("; {} more together with others", format_bytes(row.shared_bytes));
      if (!row.created_by.empty()) more += fmt::format("; created by {}", code_text(row.created_by, Detail::kBrief));
      if (const view::AllocationPlace* const place = place_of(row.allocated_at))
        more += fmt::format("; the heap put there by {}", code_text(place->place, Detail::kBrief));
      wrapped("             ", more);
    }
    if (rest.places > 0)
      and_more(fmt::format("{}, {}, {}", format_count(rest.places, "more place"), format_count(rest.count, "goroutine"),
                           format_bytes(rest.retained_bytes + rest.stack_bytes)));
    const GoroutineSums& system = report_.system_goroutines;
    if (system.count == 0) return;
    wrapped(fmt::format("  {:>8} ", format_count(system.count)),
            fmt::format("{} of the runtime itself: {}", system.count == 1 ? "goroutine" : "goroutines",
                        sizes_text(system.retained_bytes, system.stack_bytes)));
  }

  // Rows are ordered by the sum, so it comes first.
  static std::string sizes_text(std::uint64_t retained, std::uint64_t stack) {
    return fmt::format("{}: {} of the heap, {} of stacks", format_bytes(retained + stack), format_bytes(retained),
                       format_bytes(stack));
  }

  void add_truth() {
    heading("AUDIT");
    wrapped("  ", report_.audit_line);
    heading("LOSSES", report_.losses.empty() ? "       none" : "");
    out_ += losses_text(report_.losses, width_);
  }

  void add_commands() {
    if (options_.target.empty()) return;
    out_ += "\n";
    out_ +=
        wrapped_at(" · ",
                   fmt::format("more: {1}holdfast types {0} · holdfast goroutines {0} · holdfast roots {0} · holdfast "
                               "account {0} · holdfast audit {0}",
                               options_.target, holder_commands()),
                   width_, 6, Parts::kCommands);
  }

  // That ask on about the largest holder: what is below it, and who holds what it has.
  std::string holder_commands() const {
    std::string out;
    if (report_.holders.empty() || report_.holders.front().chain.empty()) return out;
    const std::vector<ChainStep>& chain = report_.holders.front().chain;
    if (report_.holders.front().owners.size() == 1 && chain.front().root && !chain.front().root->variable.empty())
      out += fmt::format("holdfast owners --under global:{} {} · ", cleaned(chain.front().root->variable),
                         options_.target);
    if (!chain.back().root && chain.back().address)
      out += fmt::format("holdfast why {} {} · ", options_.target, hex(chain.back().address));
    return out;
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
  report.memory.account = snapshot.account;
  report.memory.c_heap = snapshot.c_heap;
  if (!report.account.known)
    for (const heap::Span& span : snapshot.spans) report.account.live += span.objects * span.slot_size;
  for (const heap::Goroutine& goroutine : snapshot.goroutines)
    if (!goroutine.has_ended()) ++report.goroutine_count;
  TextOptions options;
  options.style.width = width;
  return Text(report, options).run_first();
}

std::string report_text(const Report& report, const TextOptions& options) {
  return Text(report, options).run();
}

}  // namespace holdfast::report
