#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <span>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/growth_report.h"
#include "report/target_words.h"
#include "report/text_columns.h"

namespace holdfast::report {
namespace {

using graph::SlotFate;
using view::ChangeBy;
using view::ChangeList;
using view::ChangeRow;
using view::FoldedRows;
using view::Growth;
using view::Kinship;
using view::Moment;
using view::MomentSum;
using view::StepFlow;

constexpr std::string_view kRisesMark = "↑";
using Rows = std::vector<std::vector<std::string>>;

std::uint64_t size_of(std::int64_t change) {
  return static_cast<std::uint64_t>(std::llabs(change));
}

std::string_view sign_of(std::int64_t change) {
  return change < 0 ? "-" : change > 0 ? "+" : "";
}

std::string bytes_change(std::int64_t change) {
  return fmt::format("{}{}", sign_of(change), format_bytes(size_of(change)));
}

std::string bytes_change(std::uint64_t before, std::uint64_t after) {
  return bytes_change(static_cast<std::int64_t>(after - before));
}

std::string count_change(std::int64_t change) {
  return fmt::format("{}{}", sign_of(change), format_count(size_of(change)));
}

// Of bytes for each second or operation.
std::string rate_text(std::int64_t change, double parts) {
  const double rate = std::abs(static_cast<double>(change)) / parts;
  const std::string number =
      rate < 10 ? fmt::format("{:.2f} B", rate) : format_bytes(static_cast<std::uint64_t>(std::llround(rate)));
  return fmt::format("{}{}", sign_of(change), number);
}

std::string heading_of(ChangeBy by) {
  switch (by) {
    case ChangeBy::kType:
      return "BY TYPE";
    case ChangeBy::kOwner:
      return "BY OWNER";
    case ChangeBy::kPath:
      return "BY PATH";
    case ChangeBy::kSite:
      return "BY ALLOCATION SITE";
    case ChangeBy::kGoroutines:
      return "BY GOROUTINES";
  }
  return {};
}

// What the bytes of a list are.
std::string_view meaning_of(ChangeBy by) {
  switch (by) {
    case ChangeBy::kType:
      return "of the objects themselves";
    case ChangeBy::kOwner:
      return "what only these owners keep alive";
    case ChangeBy::kPath:
      return "what is kept alive there";
    case ChangeBy::kSite:
      return "estimated from the samples of the memory profile";
    case ChangeBy::kGoroutines:
      return "what they keep alive, and their stacks";
  }
  return {};
}

class GrowthText {
 public:
  GrowthText(const Growth& growth, const TextStyle& style, std::size_t rows)
      : growth_(growth), style_(style), limit_(rows), many_(growth.moments.size() > 2) {}

  std::string run() {
    add_head();
    for (const ChangeList& list : growth_.lists) add_list(list);
    for (const StepFlow& flow : growth_.flows) add_flow(flow);
    return std::move(out_);
  }

 private:
  void say(std::string_view text, std::size_t indent = 0) {
    out_ += wrapped(std::string(indent, ' '), text, style_.width);
  }

  void add_heading(const std::string& heading, std::string_view meaning) {
    const std::string text = wrapped(heading + "  ", meaning, style_.width);
    out_ += "\n" + style_.bold(heading) + text.substr(heading.size());
  }

  void add_rows(const Rows& rows, std::span<const TextColumn> columns) {
    const TextLayout layout = lay_out(rows, columns, style_.width);
    out_ += style_.bold(layout.lines.front()) + "\n";
    for (const std::string& line : std::span(layout.lines).subspan(1)) out_ += line + "\n";
    out_ += left_out_words(layout, rows.front(), style_.width);
  }

  // The names of looks in the headings of columns.
  std::string look_name(std::size_t look) const {
    if (many_) return std::to_string(look + 1);
    return look == 0 ? "before" : "after";
  }

  void add_head() {
    const Moment &first = growth_.moments.front(), &last = growth_.moments.back();
    std::string head =
        fmt::format("{}: {} looks at {}", cleaned(last.target.name), growth_.moments.size(), words_of(growth_.kinship));
    if (view::is_one_process(growth_.kinship)) head += fmt::format(", pid {}", last.target.pid);
    if (growth_.seconds) head += fmt::format(", {} from the first to the last", format_seconds(*growth_.seconds));
    if (growth_.operations > 0) head += fmt::format(", {}", format_count(growth_.operations, "operation"));
    say(head);
    static constexpr std::array kColumns = {TextColumn{},
                                            TextColumn{.right = true},
                                            TextColumn{.right = true},
                                            TextColumn{.right = true, .stays = Stays::kIfRoom},
                                            TextColumn{.right = true, .stays = Stays::kIfRoom},
                                            TextColumn{.right = true, .stays = Stays::kIfRoom},
                                            TextColumn{.gives_way = true, .stays = Stays::kAlways}};
    Rows rows = {{"look", "live", "objects", "garbage", "goroutines", "resident", "target"}};
    for (std::size_t look = 0; look < growth_.moments.size(); ++look) {
      const Moment& moment = growth_.moments[look];
      rows.push_back({look_name(look), format_bytes(moment.live.bytes), format_count(moment.live.count),
                      format_bytes(moment.garbage.bytes), format_count(moment.goroutines),
                      moment.rss == 0 ? "-" : format_bytes(moment.rss),
                      fmt::format("{}: {}", moment.name, target_words(moment.target))});
    }
    rows.push_back({"change", bytes_change(first.live.bytes, last.live.bytes),
                    count_change(static_cast<std::int64_t>(last.live.count - first.live.count)),
                    bytes_change(first.garbage.bytes, last.garbage.bytes),
                    count_change(static_cast<std::int64_t>(last.goroutines - first.goroutines)),
                    first.rss == 0 || last.rss == 0 ? "-" : bytes_change(first.rss, last.rss), ""});
    add_rows(rows, kColumns);
    add_remarks();
  }

  void add_remarks() {
    switch (growth_.kinship) {
      case Kinship::kOneProcess:
        break;
      case Kinship::kOneProcessAsItSeems:
        say("Pid and build are the same and nothing contradicts that this is one process; but one of the looks does "
            "not say where the first thread's stack is, which would prove it.");
        break;
      case Kinship::kOneBuild:
        say("The looks are at different processes of one build, so names are compared and no addresses.");
        break;
      case Kinship::kOneProgram:
        say(fmt::format("{}, so names are compared, without lines of code; what was renamed looks gone and new.",
                        std::ranges::any_of(growth_.moments, [](const Moment& m) { return m.target.build_id.empty(); })
                            ? "Nothing says that the looks are at one build"
                            : "The looks are at different builds"));
        break;
    }
    const std::string &first = growth_.moments.front().target.name, &last = growth_.moments.back().target.name;
    if (first != last)
      say(fmt::format("They are called {} and {}: names can be compared only as far as this is one program.",
                      cleaned(first), cleaned(last)));
    for (const Moment& moment : growth_.moments)
      if (moment.losses > 0)
        say(fmt::format("{} in {}: see `holdfast audit {}`", format_count(moment.losses, "kind of loss"), moment.name,
                        shell_word(moment.name)));
  }

  static bool has_retained(ChangeBy by) { return by == ChangeBy::kType || by == ChangeBy::kGoroutines; }

  // The cells of a row, without its text. `known` are its sums at the looks, null where they are not known.
  std::vector<std::string> cells(const ChangeList& list, const std::vector<const MomentSum*>& sums, bool rises,
                                 bool has_counts) const {
    const MomentSum *const first = sums.front(), *const last = sums.back();
    const bool known = first != nullptr && last != nullptr;
    const std::int64_t change = known ? static_cast<std::int64_t>(last->bytes - first->bytes) : 0;
    std::vector<std::string> out;
    if (many_) out.emplace_back(rises ? kRisesMark : "");
    out.push_back(known ? bytes_change(change) : "-");
    for (const MomentSum* const sum : sums) out.push_back(sum == nullptr ? "-" : format_bytes(sum->bytes));
    out.push_back(known && has_counts ? count_change(static_cast<std::int64_t>(last->count - first->count)) : "-");
    if (has_retained(list.by)) out.push_back(known ? bytes_change(first->retained, last->retained) : "-");
    if (growth_.seconds) out.push_back(known ? rate_text(change, *growth_.seconds) : "-");
    if (growth_.operations > 0) out.push_back(known ? rate_text(change, static_cast<double>(growth_.operations)) : "-");
    return out;
  }

  void add_folded(const ChangeList& list, const FoldedRows& folded, std::string text, Rows& rows) const {
    std::vector<const MomentSum*> sums;
    sums.reserve(folded.steps.size());
    for (const MomentSum& sum : folded.steps) sums.push_back(&sum);
    rows.push_back(cells(list, sums, false, true));
    rows.back().push_back(std::move(text));
  }

  // Paths count things, what is in none has no count.
  void add_all(const ChangeList& list, std::string text, const std::vector<MomentSum>& steps, Rows& rows) const {
    std::vector<const MomentSum*> sums;
    sums.reserve(steps.size());
    for (const MomentSum& sum : steps) sums.push_back(&sum);
    rows.push_back(cells(list, sums, false, list.by != ChangeBy::kPath));
    rows.back().push_back(std::move(text));
  }

  std::vector<std::string> headings(const ChangeList& list) const {
    std::vector<std::string> out;
    if (many_) out.emplace_back();
    out.emplace_back("change");
    for (std::size_t look = 0; look < growth_.moments.size(); ++look) out.push_back(look_name(look));
    out.emplace_back("count");
    if (has_retained(list.by)) out.emplace_back("retained");
    if (growth_.seconds) out.emplace_back("a second");
    if (growth_.operations > 0) out.emplace_back("an operation");
    out.emplace_back(list.by == ChangeBy::kGoroutines ? "goroutines"
                     : list.by == ChangeBy::kSite     ? "site"
                     : list.by == ChangeBy::kPath     ? "path"
                     : list.by == ChangeBy::kOwner    ? "owner"
                                                      : "type");
    return out;
  }

  std::vector<TextColumn> columns(const ChangeList& list) const {
    std::vector<TextColumn> out;
    if (many_) out.push_back({.stays = Stays::kAlways});
    out.push_back({.right = true, .stays = Stays::kAlways});
    for (std::size_t look = 0; look < growth_.moments.size(); ++look) out.push_back({.right = true});
    while (out.size() + 1 < headings(list).size()) out.push_back({.right = true, .stays = Stays::kIfRoom});
    out.push_back({.gives_way = true, .stays = Stays::kAlways});
    return out;
  }

  void add_list(const ChangeList& list) {
    add_heading(heading_of(list.by), meaning_of(list.by));
    if (list.absent) {
      say(fmt::format("There is no such list: {}.", list.absent->brief));
      return;
    }
    Rows rows = {headings(list)};
    for (std::size_t row = 0; row < std::min(limit_, list.rows.size()); ++row) {
      const ChangeRow& change = list.rows[row];
      std::vector<const MomentSum*> sums;
      sums.reserve(change.steps.size());
      for (const auto& step : change.steps) sums.push_back(step ? &*step : nullptr);
      rows.push_back(cells(list, sums, change.rises, true));
      rows.back().push_back(list.by == ChangeBy::kType ? change.text.full : change.text.brief);
    }
    if (const FoldedRows cut = sum_of_cut(list, limit_); cut.rows > 0)
      add_folded(list, cut, fmt::format("{} more, changed", format_count(cut.rows)), rows);
    if (list.settled.rows > 0)
      add_folded(list, list.settled, fmt::format("{} more, hardly changed (1)", format_count(list.settled.rows)), rows);
    if (list.unchanged.rows > 0)
      add_folded(list, list.unchanged, fmt::format("{} more, unchanged", format_count(list.unchanged.rows)), rows);
    if (has_rest(list)) add_all(list, "in no path of its own", list.rest.steps, rows);
    add_all(list, "all", list.all, rows);
    add_rows(rows, columns(list));
    add_notes(list);
  }

  static bool has_rest(const ChangeList& list) {
    return std::ranges::any_of(list.rest.steps, [](const MomentSum& sum) { return sum.bytes > 0; });
  }

  void add_notes(const ChangeList& list) {
    if (list.settled.rows > 0) {
      std::string note = fmt::format("(1) by less than {}, 0.1 % of all", format_bytes(list.settled_below));
      if (many_) note += ", and not up at every step";
      if (list.by == ChangeBy::kSite) note += "; or by no more than the samples may be wrong";
      say(note, 2);
    }
    const auto is_unknown = [](const auto& step) { return !step; };
    if (std::ranges::any_of(list.rows,
                            [&](const ChangeRow& row) { return std::ranges::any_of(row.steps, is_unknown); }))
      say(fmt::format("-: no path of its own at that look: less than {}, or told under another path",
                      format_bytes(list.smallest)),
          2);
    if (many_ && std::ranges::any_of(list.rows, &ChangeRow::rises))
      say(fmt::format("{}: up at every step", kRisesMark), 2);
    if (!list.rows.empty())
      say(fmt::format("open a row, as the first: `{}`", opening_command(growth_, list.by, list.rows.front())), 2);
  }

  void add_flow(const StepFlow& flow) {
    add_heading("OBJECT BY OBJECT",
                many_ ? fmt::format("from look {} to look {}: {}", flow.from + 1, flow.from + 2, proof_words(flow))
                      : proof_words(flow));
    static constexpr std::array kColumns = {TextColumn{.right = true, .stays = Stays::kAlways},
                                            TextColumn{.right = true, .stays = Stays::kAlways},
                                            TextColumn{.gives_way = true, .stays = Stays::kAlways}};
    Rows rows = {{"objects", "bytes", "of what was reachable"}};
    const auto add = [&](const MomentSum& sum, std::string what) {
      if (sum.count > 0) rows.push_back({format_count(sum.count), format_bytes(sum.bytes), std::move(what)});
    };
    const auto before = [&](SlotFate fate) { return flow.all.before[static_cast<std::size_t>(fate)]; };
    const auto after = [&](SlotFate fate) { return flow.all.after[static_cast<std::size_t>(fate)]; };
    add(flow.all.stayed(), "stayed: the same objects");
    add(flow.all.unclear(), "unclear: they stayed, or others took their slots");
    add(flow.all.dropped, "of these, no longer reachable and not freed yet");
    add(before(SlotFate::kAlone), "freed: the slots are free, or the spans are gone");
    add(before(SlotFate::kReplaced), "freed, and the slots have other objects");
    add(before(SlotFate::kRetyped), "freed, if the other types in the slots are right");
    add(after(SlotFate::kAlone), "allocated since, where no object was");
    add(after(SlotFate::kReplaced), "allocated since, in slots that were freed");
    add(after(SlotFate::kRetyped), "allocated since, if the other types in the slots are right");
    add(flow.all.revived, "stayed, and are reachable only now");
    add_rows(rows, kColumns);
    say(fmt::format("goroutines: {} stayed, {} ended, {} came", format_count(flow.goroutines_stayed),
                    format_count(flow.goroutines_ended), format_count(flow.goroutines_came)));
    add_type_flows(flow);
  }

  static std::string proof_words(const StepFlow& flow) {
    if (flow.frees_early)
      return "the program can free objects without a collection (runtimefreegc), so of a slot that has an object at "
             "both looks only the types tell whether it is the same";
    if (!flow.collections)
      return "how many collections there were between is not known, so of a slot that has an object at both looks "
             "only the types tell whether it is the same";
    if (*flow.collections == 0)
      return "no collection ended its mark between, so the collector has freed nothing that was reachable";
    if (*flow.collections == 1)
      return "one collection ended its mark between, so its bits tell what it freed and what came after it";
    return fmt::format(
        "{} collections ended their marks between: bits of the last one tell what came after it, and only types can "
        "tell apart what came before",
        format_count(*flow.collections));
  }

  void add_type_flows(const StepFlow& flow) {
    static constexpr std::array kColumns = {TextColumn{.right = true},
                                            TextColumn{.right = true},
                                            TextColumn{.right = true},
                                            TextColumn{.right = true},
                                            TextColumn{.right = true, .stays = Stays::kIfRoom},
                                            TextColumn{.right = true, .stays = Stays::kIfRoom},
                                            TextColumn{.gives_way = true, .stays = Stays::kAlways}};
    Rows rows = {{"allocated", "bytes", "freed", "bytes", "stayed", "unclear", "type"}};
    const auto add = [&](const view::Flow& sums, std::string text) {
      rows.push_back({format_count(sums.allocated().count), format_bytes(sums.allocated().bytes),
                      format_count(sums.freed().count), format_bytes(sums.freed().bytes),
                      format_count(sums.stayed().count), format_count(sums.unclear().count), std::move(text)});
    };
    // Types of which nothing came or went are one line; those in which nothing tells what did are not among them.
    view::Flow cut, still;
    std::size_t moved = 0, cut_rows = 0, still_rows = 0;
    for (const view::TypeFlow& row : flow.types) {
      const bool moves = row.flow.allocated().count + row.flow.freed().count + row.flow.dropped.count > 0;
      if (moves && moved++ < limit_)
        add(row.flow, row.type);
      else {
        (moves ? cut : still) += row.flow;
        ++(moves ? cut_rows : still_rows);
      }
    }
    if (cut_rows > 0) add(cut, fmt::format("{} more, came or went", format_count(cut_rows)));
    if (still_rows > 0) add(still, fmt::format("{} more, none seen to come or go", format_count(still_rows)));
    add(flow.all, "all");
    add_rows(rows, kColumns);
  }

  const Growth& growth_;
  const TextStyle& style_;
  std::size_t limit_;
  bool many_;  // more than two looks: they have numbers
  std::string out_;
};

}  // namespace

std::string_view words_of(ChangeBy by) {
  switch (by) {
    case ChangeBy::kType:
      return "type";
    case ChangeBy::kOwner:
      return "owner";
    case ChangeBy::kPath:
      return "path";
    case ChangeBy::kSite:
      return "site";
    case ChangeBy::kGoroutines:
      return "goroutines";
  }
  return {};
}

std::string_view words_of(Kinship kinship) {
  switch (kinship) {
    case Kinship::kOneProcess:
      return "one process";
    case Kinship::kOneProcessAsItSeems:
      return "what seems to be one process";
    case Kinship::kOneBuild:
      return "different processes of one build";
    case Kinship::kOneProgram:
      return "one program";
  }
  return {};
}

std::string opening_command(const Growth& growth, ChangeBy by, const ChangeRow& row) {
  const std::string target = shell_word(growth.moments[row.seen_at].name);
  const std::string filter = row.filter.empty() ? "" : fmt::format(" --filter {}", shell_word(row.filter));
  switch (by) {
    case ChangeBy::kType:
      return fmt::format("holdfast types {}{}", target, filter);
    case ChangeBy::kSite:
      return fmt::format("holdfast types {}{} --columns own,count,type,put_there_by", target, filter);
    case ChangeBy::kGoroutines:
      return fmt::format("holdfast goroutines {}{} --stacks", target, filter);
    case ChangeBy::kOwner:
      return fmt::format("holdfast owners {}{}", target, filter.empty() ? " --filter kind=shared" : filter);
    case ChangeBy::kPath:
      break;
  }
  if (row.subject.empty()) return fmt::format("holdfast owners {} --top 0", target);
  return row.is_above ? fmt::format("holdfast owners {} --under {}", target, shell_word(row.subject))
                      : fmt::format("holdfast why {} {}", target, shell_word(row.subject));
}

FoldedRows sum_of_cut(const ChangeList& list, std::size_t shown) {
  FoldedRows cut;
  cut.steps.resize(list.all.size());
  for (std::size_t row = shown; row < list.rows.size(); ++row) {
    ++cut.rows;
    for (std::size_t look = 0; look < cut.steps.size(); ++look)
      if (list.rows[row].steps[look]) cut.steps[look] += *list.rows[row].steps[look];
  }
  return cut;
}

std::string growth_text(const Growth& growth, const TextStyle& style, std::size_t rows) {
  return GrowthText(growth, style, rows).run();
}

}  // namespace holdfast::report
