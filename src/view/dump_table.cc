#include "view/dump_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/units.h"
#include "heap/owner_rules.h"
#include "heap/plumbing.h"

namespace holdfast::view {
namespace {

using dumps::Dump;
using dumps::Frame;
using dumps::Goroutine;
using dumps::Stack;

constexpr std::uint64_t kMinute = 60'000'000'000;
constexpr std::size_t kMostLabelSets = 3;     // that a row names
constexpr std::string_view kPanic = "panic";  // what the runtime calls the function behind the statement

// What the goroutines of a row have together.
struct Group {
  const Goroutine* first = nullptr;
  const Stack* stack = nullptr;
  std::uint64_t count = 0, least_minutes = ~std::uint64_t{0}, most_minutes = 0;
  std::uint64_t leaked = 0, durable = 0, locked = 0, in_bubble = 0;
  bool one_maker = true;
  std::map<std::string_view, std::uint64_t> label_texts;  // as they stand in the dump

  void add(const Goroutine& one) {
    if (first == nullptr) first = &one;
    ++count;
    least_minutes = std::min(least_minutes, one.header.minutes);
    most_minutes = std::max(most_minutes, one.header.minutes);
    leaked += one.header.leaked;
    durable += one.header.durable;
    locked += one.header.locked;
    in_bubble += one.header.bubble > 0;
    one_maker = one_maker && one.made_in == first->made_in;
    if (!one.header.labels.empty()) ++label_texts[one.header.labels];
  }
};

struct DumpRow {
  Group group;
  std::string_view function, place, made_by, made_at;
  std::string labels;

  const dumps::Header& header() const { return group.first->header; }
};

using DumpColumn = ColumnOf<DumpRow>;

Cell count_cell(std::uint64_t count) {
  return count > 0 ? Cell(count) : Cell();
}

constexpr DumpColumn kCount = {{"goroutines", Unit::kCount, "with this stack and in this status"},
                               [](const DumpRow& row) { return Cell(row.group.count); }};
constexpr DumpColumn kGoid = {{"goid", Unit::kId, "Go's number of it"},
                              [](const DumpRow& row) { return row.header().id > 0 ? Cell(row.header().id) : Cell(); }};
constexpr DumpColumn kState = {{"status", Unit::kText, "why it waits or what it does, in the runtime's words"},
                               [](const DumpRow& row) { return text_cell(row.header().state); }};
constexpr DumpColumn kWaits = {
    {"waits", Unit::kNanoseconds, "how long already, in whole minutes; nothing below one", Shown::kIfAny},
    [](const DumpRow& row) { return row.header().minutes > 0 ? Cell(row.header().minutes * kMinute) : Cell(); }};
constexpr DumpColumn kLeast = {
    {"waits_least", Unit::kNanoseconds, "the one that waits for the shortest time, in whole minutes", Shown::kIfAny},
    [](const DumpRow& row) { return row.group.most_minutes > 0 ? Cell(row.group.least_minutes * kMinute) : Cell(); }};
constexpr DumpColumn kMost = {
    {"waits_most", Unit::kNanoseconds, "the one that waits for the longest time; nothing below one minute",
     Shown::kIfAny},
    [](const DumpRow& row) { return row.group.most_minutes > 0 ? Cell(row.group.most_minutes * kMinute) : Cell(); }};
constexpr DumpColumn kLeaked = {
    {"leaked", Unit::kCount, "of them, proven to wait for ever by the runtime's own search", Shown::kIfAny},
    [](const DumpRow& row) { return count_cell(row.group.leaked); }};
constexpr DumpColumn kDurable = {
    {"durable", Unit::kCount, "of them, that only their bubble of testing/synctest can wake", Shown::kIfAny},
    [](const DumpRow& row) { return count_cell(row.group.durable); }};
constexpr DumpColumn kInBubble = {
    {"in_bubble", Unit::kCount, "of them, in a bubble of testing/synctest", Shown::kIfAny},
    [](const DumpRow& row) { return count_cell(row.group.in_bubble); }};
constexpr DumpColumn kBubble = {{"bubble", Unit::kId, "of testing/synctest, that it is in", Shown::kIfAny},
                                [](const DumpRow& row) { return count_cell(row.header().bubble); }};
constexpr DumpColumn kLocked = {{"locked", Unit::kCount, "of them, locked to a thread", Shown::kIfAny},
                                [](const DumpRow& row) { return count_cell(row.group.locked); }};
constexpr DumpColumn kFunction = {
    {"function", Unit::kText, "innermost frame that is not of the runtime or of a package that blocks for others"},
    [](const DumpRow& row) { return text_cell(row.function); }};
constexpr DumpColumn kPlace = {{"place", Unit::kText, "file and line of it", Shown::kIfRoom},
                               [](const DumpRow& row) { return text_cell(row.place); }};
constexpr DumpColumn kLabels = {
    {"labels", Unit::kText, "the keys of their pprof labels; with --labels their values, too", Shown::kIfAny},
    [](const DumpRow& row) { return text_cell(row.labels); }};
constexpr DumpColumn kCreatedBy = {{"created_by", Unit::kText, "function of the go statement", Shown::kIfRoom},
                                   [](const DumpRow& row) { return text_cell(row.made_by); }};
constexpr DumpColumn kCreatedAt = {{"created_at", Unit::kText, "file and line of it", Shown::kWhenAsked},
                                   [](const DumpRow& row) { return text_cell(row.made_at); }};
constexpr DumpColumn kCreatedIn = {
    {"created_in", Unit::kId, "the goroutine that did it, if all were made by one", Shown::kWhenAsked},
    [](const DumpRow& row) { return row.group.one_maker ? count_cell(row.group.first->made_in) : Cell(); }};
constexpr DumpColumn kDepth = {
    {"depth", Unit::kCount, "frames, with those that the dump leaves out", Shown::kWhenAsked},
    [](const DumpRow& row) { return Cell(row.group.stack->frames + row.group.stack->left_out); }};
constexpr DumpColumn kLeftOut = {{"left_out", Unit::kCount, "frames that the dump leaves out", Shown::kIfAny},
                                 [](const DumpRow& row) { return count_cell(row.group.stack->left_out); }};
constexpr DumpColumn kLine = {{"line", Unit::kId, "where the first of them begins in the text", Shown::kWhenAsked},
                              [](const DumpRow& row) { return Cell(row.group.first->line); }};

constexpr DumpColumn kGrouped[] = {kCount,     kState,     kLeast,    kMost,    kLeaked, kDurable,
                                   kInBubble,  kLocked,    kFunction, kPlace,   kLabels, kCreatedBy,
                                   kCreatedAt, kCreatedIn, kDepth,    kLeftOut, kLine};
constexpr DumpColumn kSingle[] = {kGoid,  kState,  kWaits,     kLeaked,    kDurable,   kBubble, kLocked,  kFunction,
                                  kPlace, kLabels, kCreatedBy, kCreatedAt, kCreatedIn, kDepth,  kLeftOut, kLine};

std::span<const DumpColumn> columns_for(bool each) {
  if (each) return kSingle;
  return kGrouped;
}

std::string labels_of(std::string_view text, bool values) {
  const std::optional<std::vector<dumps::Label>> labels = dumps::read_labels(text);
  if (!labels) return values ? std::string(text) : "(of an unknown form)";
  std::string out;
  for (const dumps::Label& label : *labels) {
    out += fmt::format("{}{}", out.empty() ? "" : ", ", label.key);
    if (values) out += "=" + label.value;
  }
  return out;
}

// "tenant=acme; tenant=b; and 98 others"
std::string labels_of(const Group& group, bool values) {
  std::set<std::string> sets;
  for (const auto& [text, count] : group.label_texts) {
    sets.insert(labels_of(text, values));
    if (!values && sets.size() > kMostLabelSets) break;
  }
  std::string out;
  std::size_t named = 0;
  for (const std::string& one : sets) {
    if (named == kMostLabelSets) {
      out += fmt::format("; and {}", format_count(sets.size() - named, "other"));
      break;
    }
    out += (named++ == 0 ? "" : "; ") + one;
  }
  return out;
}

// The innermost that tells something; the innermost of all if none does.
const Frame* told_frame(const Dump& dump, const Stack& stack) {
  const std::span<const std::uint32_t> frames = dump.frames(stack);
  for (const std::uint32_t frame : frames)
    if (const Frame& one = dump.places()[frame];
        one.function != kPanic && !heap::is_plumbing(heap::OwnerRules::built_in(), one.function))
      return &one;
  return frames.empty() ? nullptr : &dump.places()[frames.front()];
}

std::vector<Group> groups_of(const Dump& dump, bool each) {
  std::vector<Group> groups;
  std::unordered_map<std::string_view, std::uint64_t> states;
  std::unordered_map<std::uint64_t, std::size_t> rows;  // of stack and state
  for (const Goroutine& one : dump.goroutines()) {
    const std::uint64_t state = states.try_emplace(one.header.state, states.size()).first->second;
    const std::size_t row =
        each ? groups.size() : rows.try_emplace(state << 32 | one.stack, groups.size()).first->second;
    if (row == groups.size()) groups.emplace_back().stack = &dump.stacks()[one.stack];
    groups[row].add(one);
  }
  return groups;
}

DumpRow row_of(const Dump& dump, Group group, bool values) {
  DumpRow row;
  row.labels = labels_of(group, values);
  if (const Frame* const told = told_frame(dump, *group.stack)) {
    row.function = told->function;
    row.place = told->place;
  }
  if (group.stack->made_by != Stack::kNobody) {
    row.made_by = dump.places()[group.stack->made_by].function;
    row.made_at = dump.places()[group.stack->made_by].place;
  }
  row.group = std::move(group);
  return row;
}

std::vector<std::string> lines_of(const Dump& dump, const Stack& stack) {
  std::vector<std::string> lines;
  for (const std::uint32_t frame : dump.frames(stack))
    lines.push_back(fmt::format("{}  {}", dump.places()[frame].function, dump.places()[frame].place));
  if (stack.unavailable) lines.emplace_back("... it ran on another thread, whose stack the runtime did not print");
  if (stack.left_out > 0)
    lines.push_back(fmt::format("... {} between them that the runtime did not print",
                                stack.left_out > 1 ? format_count(stack.left_out, "frame") : "frames"));
  if (stack.made_by != Stack::kNobody)
    lines.push_back(
        fmt::format("created by {}  {}", dump.places()[stack.made_by].function, dump.places()[stack.made_by].place));
  return lines;
}

std::string lines_text(const dumps::UnreadLines& lines, std::string_view noun) {
  std::string out = format_count(lines.count, noun) + (lines.count == 1 ? ", line " : ", the first in line ");
  return out + std::to_string(lines.first.front().number);
}

// What everybody has to know of all rows.
std::string remark_on(const Dump& dump) {
  std::string remark = fmt::format("{} in all", format_count(dump.goroutines().size(), "goroutine"));
  if (dump.threads() > 0)
    remark += fmt::format(", and {} of threads that run none", format_count(dump.threads(), "stack"));
  remark += ".";
  if (dump.is_full()) remark += " The runtime ends such a dump after 64 MiB: there are more goroutines than it has.";
  if (dump.is_cut()) remark += " The text ends in the middle of a goroutine.";
  if (dump.repeated() > 0)
    remark += fmt::format(" {} more than once: the text may have several dumps, and all are counted.",
                          dump.repeated() == 1 ? "One number comes" : format_count(dump.repeated()) + " numbers come");
  if (dump.unknown_headers().count > 0)
    remark += fmt::format(" Of a form that is not known: {}; these goroutines have neither number nor state here.",
                          lines_text(dump.unknown_headers(), "header"));
  if (dump.empty_headers().count > 0)
    remark += fmt::format(" Without any frame, so no goroutine is made of it: {}.",
                          lines_text(dump.empty_headers(), "header"));
  if (dump.other_lines().count > 0)
    remark += fmt::format(" Written by others: {}.", lines_text(dump.other_lines(), "line"));
  return remark;
}

}  // namespace

TableShape dump_shape(bool each) {
  return make_shape<DumpRow>("dump", each ? "goroutine" : "group of goroutines", each ? "waits" : "goroutines",
                             columns_for(each));
}

Table dump_table(std::shared_ptr<const Dump> dump, const DumpTableOptions& options) {
  std::vector<DumpRow> rows;
  std::vector<const Stack*> stacks;
  for (Group& group : groups_of(*dump, options.each)) {
    stacks.push_back(group.stack);
    rows.push_back(row_of(*dump, std::move(group), options.label_values));
  }
  Table table = make_table<DumpRow>(dump_shape(options.each), columns_for(options.each), std::move(rows));
  table.remark = remark_on(*dump);
  table.lines_name = "frames";
  table.lines = [dump, stacks = std::move(stacks)](std::uint32_t row) { return lines_of(*dump, *stacks[row]); };
  return table;
}

}  // namespace holdfast::view
