#include "report/goroutine_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace holdfast::report {
namespace {

// One goroutine, or several with equal stacks; of these, `one` is the first.
struct GoroutineRow {
  const heap::Snapshot* snapshot = nullptr;
  const heap::Goroutine* one = nullptr;
  std::string top;
  std::uint64_t count = 1;
  std::uint64_t retained_bytes = 0;
  std::uint64_t stack_bytes = 0;
  std::optional<std::uint64_t> waiting_ns;  // of several the longest

  std::string_view text(StringId id) const { return snapshot->strings[id]; }
};

using GoroutineColumn = ColumnOf<GoroutineRow>;

constexpr GoroutineColumn kCount = {{"count", "count", Unit::kCount, "goroutines with this stack"},
                                    [](const GoroutineRow& row) { return Cell(row.count); }};
constexpr GoroutineColumn kGoid = {{"goid", "goid", Unit::kId, "Go's number of it"},
                                   [](const GoroutineRow& row) { return Cell(row.one->goid); }};
constexpr GoroutineColumn kRetained = {
    {"retained_bytes", "retained", Unit::kBytes, "what its stack alone keeps alive on the heap"},
    [](const GoroutineRow& row) { return row.one->root ? Cell(row.retained_bytes) : Cell(); }};
constexpr GoroutineColumn kStack = {{"stack_bytes", "stack", Unit::kBytes, "size of its stack"},
                                    [](const GoroutineRow& row) { return Cell(row.stack_bytes); }};
constexpr GoroutineColumn kDoing = {
    {"doing", "doing", Unit::kText, "why it waits, in the runtime's words, or its state"}, [](const GoroutineRow& row) {
      return text_cell(row.one->wait_reason ? row.text(row.one->wait_reason) : name_of(row.one->state));
    }};
constexpr GoroutineColumn kState = {{"state", "state", Unit::kText, "running, runnable, waiting, syscall, ...", false},
                                    [](const GoroutineRow& row) { return text_cell(name_of(row.one->state)); }};
constexpr GoroutineColumn kReason = {{"wait_reason", "wait reason", Unit::kText, "the runtime's words", false},
                                     [](const GoroutineRow& row) { return text_cell(row.text(row.one->wait_reason)); }};
constexpr GoroutineColumn kWaiting = {
    {"waiting_ns", "for", Unit::kNanoseconds, "how long at least; the runtime notes it at a collection"},
    [](const GoroutineRow& row) { return row.waiting_ns ? Cell(*row.waiting_ns) : Cell(); }};
constexpr GoroutineColumn kWaitsOn = {
    {"waits_on", "waits on", Unit::kAddress, "the channel or semaphore", false},
    [](const GoroutineRow& row) { return row.one->waits_on ? Cell(row.one->waits_on.value) : Cell(); }};
constexpr GoroutineColumn kTop = {
    {"top", "at", Unit::kText, "innermost frame that is not of the runtime or of a package that blocks for others"},
    [](const GoroutineRow& row) { return text_cell(row.top); }};
constexpr GoroutineColumn kCreatedBy = {
    {"created_by", "created by", Unit::kText, "function of the go statement"},
    [](const GoroutineRow& row) { return text_cell(row.text(row.one->created_by)); }};
constexpr GoroutineColumn kCreatedAt = {
    {"created_at", "created at", Unit::kText, "file and line of it", false},
    [](const GoroutineRow& row) { return text_cell(row.text(row.one->created_at)); }};
constexpr GoroutineColumn kSystem = {{"system", "system", Unit::kFlag, "whether it is the runtime's own", false},
                                     [](const GoroutineRow& row) { return flag_cell(row.one->system); }};

constexpr GoroutineColumn kSingle[] = {kRetained, kStack, kGoid,      kDoing,     kState,   kReason,
                                       kWaiting,  kTop,   kCreatedBy, kCreatedAt, kWaitsOn, kSystem};
constexpr GoroutineColumn kGrouped[] = {kRetained, kStack, kCount,     kDoing,     kState, kReason,
                                        kWaiting,  kTop,   kCreatedBy, kCreatedAt, kSystem};

std::span<const GoroutineColumn> columns_for(bool group) {
  if (group) return kGrouped;
  return kSingle;
}

std::string place(std::string_view file, std::uint32_t line) {
  return fmt::format("{}:{}", file.substr(file.rfind('/') + 1), line);
}

bool is_plumbing(std::string_view function) {
  static constexpr std::array<std::string_view, 7> kPackages = {"runtime.", "runtime/", "internal/", "sync.",
                                                                "syscall.", "time.",    "reflect."};
  return std::any_of(kPackages.begin(), kPackages.end(),
                     [&](std::string_view package) { return function.starts_with(package); });
}

GoroutineRow row_of(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                    const heap::Goroutine& goroutine) {
  GoroutineRow row;
  row.snapshot = &snapshot;
  row.one = &goroutine;
  if (const heap::Frame* frame = top_user_frame(snapshot, goroutine)) {
    row.top = snapshot.strings[frame->function];
    if (frame->file) row.top += fmt::format(" {}", place(snapshot.strings[frame->file], frame->line));
  }
  if (goroutine.root) row.retained_bytes = dominators.retained_bytes(goroutine.root);
  row.stack_bytes = goroutine.stack.size();
  row.waiting_ns = goroutine.waiting_ns;
  return row;
}

// Goroutines with equal stacks hang under one root, which retains what they share too.
std::vector<GoroutineRow> grouped(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                  std::vector<GoroutineRow> rows) {
  std::map<RootId, std::size_t> groups;
  std::vector<GoroutineRow> out;
  for (GoroutineRow& row : rows) {
    const RootId group = row.one->root ? snapshot.roots[row.one->root.row].parent : RootId();
    if (!group) {
      out.push_back(std::move(row));
      continue;
    }
    const auto [it, is_new] = groups.try_emplace(group, out.size());
    if (is_new) {
      row.retained_bytes = dominators.retained_bytes(group);
      out.push_back(std::move(row));
      continue;
    }
    GoroutineRow& sum = out[it->second];
    ++sum.count;
    sum.stack_bytes += row.stack_bytes;
    if (row.waiting_ns) sum.waiting_ns = std::max(sum.waiting_ns.value_or(0), *row.waiting_ns);
  }
  return out;
}

std::vector<std::string> stack_of(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine) {
  std::vector<std::string> lines;
  for (std::uint32_t f = 0; f < goroutine.frame_count; ++f) {
    const heap::Frame& frame = snapshot.frames[goroutine.first_frame + f];
    std::string line =
        frame.function ? std::string(snapshot.strings[frame.function]) : fmt::format("{:#x}", frame.pc.value);
    if (frame.file) line += fmt::format("  {}:{}", snapshot.strings[frame.file], frame.line);
    lines.push_back(std::move(line));
  }
  if (!goroutine.unwound) lines.emplace_back("... its stack could not be walked further");
  if (goroutine.created_by)
    lines.push_back(fmt::format("created by {}  {}", snapshot.strings[goroutine.created_by],
                                snapshot.strings[goroutine.created_at]));
  return lines;
}

}  // namespace

const heap::Frame* top_user_frame(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine) {
  for (std::uint32_t f = 0; f < goroutine.frame_count; ++f) {
    const heap::Frame& frame = snapshot.frames[goroutine.first_frame + f];
    if (!is_plumbing(snapshot.strings[frame.function])) return &frame;
  }
  return goroutine.frame_count > 0 ? &snapshot.frames[goroutine.first_frame] : nullptr;
}

std::string_view name_of(heap::GoroutineState state) {
  static constexpr std::array<std::string_view, 10> kNames = {"idle", "runnable",  "running",   "syscall", "waiting",
                                                              "dead", "copystack", "preempted", "leaked",  "dead"};
  return kNames.at(static_cast<std::size_t>(state));
}

TableShape goroutine_shape(bool group) {
  return make_shape<GoroutineRow>("goroutines", "retained_bytes", columns_for(group));
}

Table goroutine_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                      const GoroutineTableOptions& options) {
  std::vector<GoroutineRow> rows;
  for (const heap::Goroutine& goroutine : snapshot.goroutines)
    if (goroutine.state != heap::GoroutineState::kDead && goroutine.state != heap::GoroutineState::kDeadExtra)
      rows.push_back(row_of(snapshot, dominators, goroutine));
  if (options.group) rows = grouped(snapshot, dominators, std::move(rows));
  std::vector<const heap::Goroutine*> shown;
  shown.reserve(rows.size());
  for (const GoroutineRow& row : rows) shown.push_back(row.one);
  Table table = make_table<GoroutineRow>(goroutine_shape(options.group), columns_for(options.group), std::move(rows));
  if (options.stacks) {
    table.lines_name = "stack";
    table.lines = [&snapshot, shown = std::move(shown)](std::uint32_t row) { return stack_of(snapshot, *shown[row]); };
  }
  return table;
}

}  // namespace holdfast::report
