#include "view/goroutine_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/parallel.h"
#include "base/text.h"
#include "base/units.h"
#include "view/goroutine_rows.h"
#include "view/label_table.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

struct TableRow {
  const heap::Snapshot* snapshot = nullptr;
  GoroutineGroup group;
  WaitedChannels channels;
  std::string channel, top, created_at, labels;
  std::uint64_t leaked = 0;

  const heap::Goroutine& one() const { return *group.first; }
  std::string_view text(StringId id) const { return snapshot->strings[id]; }
};

using GoroutineColumn = ColumnOf<TableRow>;

constexpr GoroutineColumn kCount = {{"count", Unit::kCount, "goroutines with this stack"},
                                    [](const TableRow& row) { return Cell(row.group.count); }};
constexpr GoroutineColumn kGoid = {{"goid", Unit::kId, "Go's number of it"},
                                   [](const TableRow& row) { return Cell(row.one().goid); }};
constexpr GoroutineColumn kRetained = {
    {"retained", Unit::kBytes, "what its stack alone keeps alive on the heap"},
    [](const TableRow& row) { return row.one().root ? Cell(row.group.retained_bytes) : Cell(); }};
constexpr GoroutineColumn kStack = {{"stack", Unit::kBytes, "size of its stack"},
                                    [](const TableRow& row) { return Cell(row.group.stack_bytes); }};
constexpr GoroutineColumn kTotal = {
    {"total", Unit::kBytes, "the two together", Shown::kIfRoom},
    [](const TableRow& row) { return Cell(row.group.retained_bytes + row.group.stack_bytes); }};
constexpr GoroutineColumn kUsed = {
    {"stack_used", Unit::kBytes, "of its stack, from the innermost frame on", Shown::kWhenAsked},
    [](const TableRow& row) { return row.group.stack_used > 0 ? Cell(row.group.stack_used) : Cell(); }};
constexpr GoroutineColumn kDepth = {
    {"depth", Unit::kCount, "functions on its stack, inlined ones too; of several stacks on the deepest",
     Shown::kIfRoom},
    [](const TableRow& row) { return Cell(row.group.depth); }};
constexpr GoroutineColumn kLargestFrame = {
    {"largest_frame", Unit::kBytes, "of its stack", Shown::kWhenAsked}, [](const TableRow& row) {
      return row.group.largest_frame_bytes > 0 ? Cell(row.group.largest_frame_bytes) : Cell();
    }};
constexpr GoroutineColumn kLargestOf = {
    {"largest_frame_of", Unit::kText, "the function that has the largest frame", Shown::kWhenAsked},
    [](const TableRow& row) {
      const FrameId frame = row.group.largest_frame;
      return text_cell(frame ? row.text(row.snapshot->frames[frame.row].function) : std::string_view());
    }};
std::vector<std::string_view> all_doings() {
  std::vector<std::string_view> words = words_up_to(heap::GoroutineState::kDeadExtra);
  for (const std::string_view reason : words_up_to(WaitReason::kUnknown))
    if (std::find(words.begin(), words.end(), reason) == words.end()) words.push_back(reason);
  return words;
}

constexpr GoroutineColumn kDoing = {
    {"doing", Unit::kText, "why it waits, in the runtime's words, or its state", Shown::kUsually, all_doings},
    [](const TableRow& row) {
      const std::string_view reason = name_of(row.one().wait_reason);
      return text_cell(reason.empty() ? name_of(row.one().state) : reason);
    }};
constexpr GoroutineColumn kLeaked = {
    {"leaked", Unit::kCount, "of them, proven to wait for ever: nothing that can act refers to what they wait for",
     Shown::kIfAny},
    [](const TableRow& row) { return row.leaked > 0 ? Cell(row.leaked) : Cell(); }};
constexpr GoroutineColumn kState = {{"state", Unit::kText, "what it does", Shown::kWhenAsked,
                                     [] { return words_up_to(heap::GoroutineState::kDeadExtra); }},
                                    [](const TableRow& row) { return text_cell(name_of(row.one().state)); }};
constexpr GoroutineColumn kReason = {{"wait_reason", Unit::kText, "the runtime's words", Shown::kWhenAsked,
                                      [] { return words_or_none_up_to(WaitReason::kUnknown); }},
                                     [](const TableRow& row) { return text_cell(name_of(row.one().wait_reason)); }};
constexpr GoroutineColumn kWaiting = {
    {"waiting", Unit::kNanoseconds, "how long at least; the runtime notes it at a collection", Shown::kIfRoom},
    [](const TableRow& row) { return row.group.waiting_ns ? Cell(*row.group.waiting_ns) : Cell(); }};
constexpr GoroutineColumn kWaitsOn = {
    {"waits_on", Unit::kAddress, "the channel or semaphore", Shown::kWhenAsked},
    [](const TableRow& row) { return row.one().waits_on ? Cell(row.one().waits_on.value) : Cell(); }};
constexpr GoroutineColumn kWaitedChannel = {
    {"channel", Unit::kText,
     "that it waits for: the variable that has it or its address, its type, how full it is, who waits at either end",
     Shown::kIfAny},
    [](const TableRow& row) { return text_cell(row.channel); }};
constexpr GoroutineColumn kFilled = {
    {"filled", Unit::kCount, "elements in the channel that it waits for, if that is a single one", Shown::kWhenAsked},
    [](const TableRow& row) { return row.channels.one ? Cell(row.channels.one->length) : Cell(); }};
constexpr GoroutineColumn kCapacity = {
    {"capacity", Unit::kCount, "elements that the channel has room for; 0: it has no buffer", Shown::kWhenAsked},
    [](const TableRow& row) { return row.channels.one ? Cell(row.channels.one->capacity) : Cell(); }};
constexpr GoroutineColumn kSenders = {
    {"senders", Unit::kCount, "goroutines that wait to send to the channel, those of a select as well",
     Shown::kWhenAsked},
    [](const TableRow& row) { return row.channels.one ? Cell(row.channels.one->senders) : Cell(); }};
constexpr GoroutineColumn kReceivers = {
    {"receivers", Unit::kCount, "goroutines that wait to receive from it", Shown::kWhenAsked},
    [](const TableRow& row) { return row.channels.one ? Cell(row.channels.one->receivers) : Cell(); }};
constexpr GoroutineColumn kTop = {
    {"top", Unit::kText, "innermost frame that is not of the runtime or of a package that blocks for others"},
    [](const TableRow& row) { return text_cell(row.top); }};
constexpr GoroutineColumn kCreatedBy = {{"created_by", Unit::kText, "function of the go statement", Shown::kIfRoom},
                                        [](const TableRow& row) { return text_cell(row.text(row.one().created_by)); }};
constexpr GoroutineColumn kCreatedAt = {{"created_at", Unit::kText, "file and line of it", Shown::kWhenAsked},
                                        [](const TableRow& row) { return text_cell(row.created_at); }};
constexpr GoroutineColumn kSystem = {{"system", Unit::kFlag, "whether it is the runtime's own", Shown::kWhenAsked},
                                     [](const TableRow& row) { return flag_cell(row.one().system); }};

constexpr GoroutineColumn kLabels = {{"labels", Unit::kText, "its pprof labels: key=value", Shown::kIfAny},
                                     [](const TableRow& row) { return text_cell(row.labels); }};

constexpr GoroutineColumn kSingle[] = {kTotal,   kRetained,  kStack,     kGoid,          kDepth,     kDoing,
                                       kLeaked,  kState,     kReason,    kWaitedChannel, kWaiting,   kTop,
                                       kLabels,  kCreatedBy, kCreatedAt, kWaitsOn,       kFilled,    kCapacity,
                                       kSenders, kReceivers, kUsed,      kLargestFrame,  kLargestOf, kSystem};
constexpr GoroutineColumn kGrouped[] = {kTotal,     kRetained,  kStack,        kCount,         kDepth,    kDoing,
                                        kLeaked,    kState,     kReason,       kWaitedChannel, kWaiting,  kTop,
                                        kLabels,    kCreatedBy, kCreatedAt,    kFilled,        kCapacity, kSenders,
                                        kReceivers, kUsed,      kLargestFrame, kLargestOf,     kSystem};

std::span<const GoroutineColumn> columns_for(bool group) {
  if (group) return kGrouped;
  return kSingle;
}

// "main.queue, main.pool.done and 88 others": of several channels those that have names and that all wait for.
std::string names_text(const WaitedChannels& channels) {
  std::string text;
  std::uint64_t others = channels.count;
  for (const ChannelFacts& channel : channels.common) {
    if (channel.name.empty()) continue;
    text += (text.empty() ? "" : ", ") + channel.name.full;
    --others;
  }
  if (!text.empty() && others > 0) text += fmt::format(" and {}", format_count(others, "other"));
  return text;
}

// "88 senders, no receiver": who waits in the channel.
std::string sides_text(const ChannelFacts& channel) {
  const auto side = [](std::uint64_t count, std::string_view who) {
    return count == 0 ? fmt::format("no {}", who) : format_count(count, who);
  };
  return fmt::format("{}, {}", side(channel.senders, "sender"), side(channel.receivers, "receiver"));
}

// "main.queue, chan *main.job, 512 of 512 filled, 88 senders, no receiver", "100 channels, chan int"
std::string channels_text(const WaitedChannels& channels) {
  if (channels.count == 0) return {};
  const std::string type = channels.element.empty() ? "" : ", " + channel_text(channels.element);
  if (!channels.one) {
    const std::string names = names_text(channels);
    return names.empty() ? fmt::format("{} channels{}", format_count(channels.count), type) : names;
  }
  const ChannelFacts& one = *channels.one;
  return fmt::format("{}{}, {}, {}", one.name.empty() ? hex(one.address) : one.name.full, type, filling_text(one),
                     sides_text(one));
}

std::vector<std::string> stack_of(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine) {
  std::vector<std::string> lines;
  for (std::uint32_t f = 0; f < goroutine.frame_count; ++f) {
    const heap::Frame& frame = snapshot.frames[goroutine.first_frame + f];
    std::string line = frame.function ? std::string(snapshot.strings[frame.function]) : hex(frame.pc);
    if (frame.file) line += "  " + line_text_with_path(snapshot.strings[frame.file], frame.line);
    lines.push_back(std::move(line));
  }
  if (!goroutine.unwound) lines.emplace_back("... its stack could not be walked further");
  if (goroutine.created_by)
    lines.push_back(fmt::format("created by {}  {}", snapshot.strings[goroutine.created_by],
                                line_text_with_path(snapshot.strings[goroutine.created_file], goroutine.created_line)));
  return lines;
}

}  // namespace

GoroutineFacts::GoroutineFacts(const heap::Snapshot& snapshot, const heap::OwnerRules& rules) {
  run_both(
      [&] {
        naming_.emplace(snapshot, rules);
        naming_->channels().find_names();
      },
      [&] { leaks_.emplace(snapshot); });
}

TableShape goroutine_shape(bool group) {
  return make_shape<TableRow>("goroutines", group ? "group of goroutines" : "goroutine", "total", columns_for(group),
                              "total");
}

Table goroutine_table(GoroutineFacts& facts, const graph::Dominators& dominators,
                      const GoroutineTableOptions& options) {
  const heap::Snapshot& snapshot = facts.snapshot();
  const std::vector<GoroutineId> all_leaked = facts.leaked(graph::reachability(dominators));
  std::vector<TableRow> rows;
  std::vector<const heap::Goroutine*> shown;
  std::vector<GoroutineGroup> groups = goroutine_groups(snapshot, dominators, options.group);
  const auto leaked = leaked_of(snapshot, all_leaked, groups);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    GoroutineGroup& group = groups[i];
    shown.push_back(group.first);
    const heap::Goroutine& one = *group.first;
    std::string created_at = line_text_with_path(snapshot.strings[one.created_file], one.created_line);
    std::string labels = labels_text(snapshot, group.members);
    WaitedChannels waited = facts.channels().waited_by(group.members);
    std::string channel = channels_text(waited);
    rows.push_back({&snapshot, std::move(group), std::move(waited), std::move(channel),
                    code_text(facts.names().top_frame(one)), std::move(created_at), std::move(labels),
                    leaked[i].size()});
  }
  Table table = make_table<TableRow>(goroutine_shape(options.group), columns_for(options.group), std::move(rows));
  table.command = [shown](std::uint32_t row) {
    return RowCommand{"goroutines", fmt::format("--goroutine {}", shown[row]->goid)};
  };
  if (options.stacks) {
    table.lines_name = "frames";
    table.lines = [&snapshot, shown = std::move(shown)](std::uint32_t row) { return stack_of(snapshot, *shown[row]); };
  }
  return table;
}

}  // namespace holdfast::view
