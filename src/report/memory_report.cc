#include "report/memory_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "report/audit_report.h"
#include "report/target_words.h"
#include "report/text_columns.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::code_text;
using view::Detail;
using view::FreeMemory;
using view::GoroutineRow;
using view::MappingGroup;
using view::MappingPointer;
using view::MemoryAccount;
using view::Report;
using view::short_type;
using view::SlotClass;

constexpr std::uint64_t kWorthAWord = 100;  // parts smaller than one in so many of their line are left out of notes

// Joins what is not empty.
std::string joined(std::initializer_list<std::string> parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string share_text(double share) {
  return share > 0 && share < 0.005 ? "<1 %" : fmt::format("{:.0f} %", share * 100);
}

std::string mapping_name(const MappingGroup& group) {
  if (!group.name.empty()) return cleaned(group.name);
  return fmt::format("plain memory at {}", hex(group.first));
}

// Returns "main.cache.data points to it": the first place that is known.
std::string pointing_text(const MappingGroup& group) {
  for (const MappingPointer& pointer : group.pointing) {
    if (pointer.place.empty()) continue;
    const std::string what = pointer.type.empty() ? "" : fmt::format(" ({})", short_type(pointer.type));
    return fmt::format("{}{} points to it", cleaned(pointer.place), cleaned(what));
  }
  return "";
}

const MappingGroup* largest_of(const MemoryAccount& memory, heap::MappingUse use) {
  const auto it = std::ranges::find(memory.mappings, use, &MappingGroup::use);
  return it == memory.mappings.end() || it->resident == 0 ? nullptr : &*it;
}

class AccountText {
 public:
  AccountText(const Report& report, const TextStyle& style, std::size_t rows)
      : report_(report),
        memory_(report.memory),
        style_(style),
        width_(std::max<std::size_t>(style.width, 60)),
        most_(rows == 0 ? static_cast<std::size_t>(-1) : rows) {}

  std::string run() {
    add_lines();
    add_pace();
    add_free();
    add_stacks();
    add_c_heap();
    add_mappings();
    add_losses();
    return std::move(out_);
  }

 private:
  using Row = std::vector<std::string>;

  void heading(const std::string& title) { out_ += fmt::format("\n{}\n", style_.bold(title)); }
  void sentence(const std::string& text) {
    if (!text.empty()) out_ += wrapped("  ", text, width_);
  }
  void table(const std::vector<Row>& rows, std::span<const TextColumn> columns) {
    const TextLayout layout = lay_out(rows, columns, width_);
    for (const std::string& line : layout.lines) out_ += line + "\n";
    out_ += left_out_words(layout, rows.front(), width_, 2);
  }
  void and_more(std::size_t all, std::uint64_t bytes) {
    if (all > most_)
      sentence(fmt::format("and {} more, {}; `--top 0` shows all", format_count(all - most_), format_bytes(bytes)));
  }

  void add_lines() {
    const heap::Account& a = memory_.account;
    out_ += wrapped("", target_words(report_.target), width_);
    heading("ACCOUNT");
    if (!a.known) {
      sentence("what was resident, or mapped, is not known here");
      return;
    }
    std::vector<Row> rows;
    const auto add = [&](std::string_view name, std::uint64_t bytes, bool part = false) {
      rows.push_back({"", (part ? "  " : "") + std::string(name), format_bytes(bytes), format_share(bytes, a.rss)});
    };
    add("live objects", a.live);
    add("garbage", a.garbage);
    add("free in the Go heap", a.free);
    add("slots of spans in use", a.free - a.free_pages, true);
    add("pages, not given back", a.free_pages - a.released_resident, true);
    add("given back, yet resident", a.released_resident, true);
    add("stacks", a.stacks);
    add("runtime", a.runtime);
    add("globals", a.globals);
    add("C heap", a.c_heap);
    add("mappings", a.mappings);
    add("files", a.files);
    add("rest", a.rest);
    add(a.of_mappings ? "in use in all" : "resident in all", a.rss);
    static constexpr std::array kColumns = {TextColumn{.stays = Stays::kAlways}, TextColumn{.stays = Stays::kAlways},
                                            TextColumn{.right = true, .stays = Stays::kAlways},
                                            TextColumn{.right = true}};
    table(rows, kColumns);
    if (a.of_mappings) sentence(std::string(kOfCore));
    if (a.huge > 0) sentence(fmt::format("{} of the Go heap are in huge pages", format_bytes(a.huge)));
    if (a.swapped > 0) sentence(fmt::format("{} are swapped out besides", format_bytes(a.swapped)));
    if (!a.of_mappings && a.released > a.released_resident)
      sentence(fmt::format("{} of the heap are given back to the system and not resident",
                           format_bytes(a.released - a.released_resident)));
  }

  void add_pace() {
    const std::string text = pace_text(report_);
    if (text.empty()) return;
    heading("LIMITS AND COLLECTIONS");
    sentence(text);
  }

  void add_free() {
    const FreeMemory& free = memory_.free;
    heading("FREE IN THE GO HEAP");
    sentence(fmt::format("{} in slots of spans in use, {} behind their last slots; {} in pages; {} given back",
                         format_bytes(free.slots), format_bytes(free.tails), format_bytes(free.pages),
                         format_bytes(free.released)));
    if (free.classes.empty()) return;
    std::vector<Row> rows = {{"", "free", "spans", "slot", "used", "sparse", "free there", "objects there"}};
    std::uint64_t rest = free.slots;
    for (const SlotClass& one : std::span(free.classes).first(std::min(most_, free.classes.size()))) {
      rest -= std::min(rest, one.free_bytes);
      std::string objects;
      if (one.sparse_objects > 0) objects = format_count(one.sparse_objects);
      if (!one.sparse_type.empty())
        objects += fmt::format(", {} × {}", format_count(one.sparse_type_objects), short_type(one.sparse_type));
      rows.push_back({"", format_bytes(one.free_bytes), format_count(one.spans), format_bytes(one.slot_size),
                      format_share(one.objects * one.slot_size, one.objects * one.slot_size + one.free_bytes),
                      format_count(one.sparse_spans), format_bytes(one.sparse_free_bytes), objects});
    }
    static constexpr std::array kColumns = {
        TextColumn{.stays = Stays::kAlways}, TextColumn{.right = true, .stays = Stays::kAlways},
        TextColumn{.right = true},           TextColumn{.right = true},
        TextColumn{.right = true},           TextColumn{.right = true},
        TextColumn{.right = true},           TextColumn{.gives_way = true}};
    table(rows, kColumns);
    and_more(free.classes.size(), rest);
    sentence("a span goes back to the free pages when none of its slots is used; sparse: at most a quarter is");
  }

  void add_stacks() {
    const view::StackMemory& stacks = memory_.stacks;
    heading("STACKS");
    sentence(fmt::format(
        "{} by the runtime's counter: {} of goroutines, of which {} are in use; {} kept ready, or of threads",
        format_bytes(stacks.in_use), format_bytes(stacks.goroutines), format_bytes(stacks.used),
        format_bytes(stacks.kept)));
    std::vector<const GoroutineRow*> sorted;
    for (const GoroutineRow& row : report_.goroutines) sorted.push_back(&row);
    std::ranges::stable_sort(sorted, std::greater(), [](const GoroutineRow* row) { return row->stack_bytes; });
    std::vector<Row> rows = {{"", "stacks", "in use", "goroutines", "depth", "largest frame", "at"}};
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      const GoroutineRow& row = *sorted[i];
      if (i >= most_) {
        rest += row.stack_bytes;
        continue;
      }
      const std::string frame =
          row.largest_frame_bytes == 0
              ? ""
              : fmt::format("{} {}", format_bytes(row.largest_frame_bytes), short_type(row.largest_frame.function));
      rows.push_back({"", format_bytes(row.stack_bytes), format_bytes(row.stack_used), format_count(row.count),
                      format_count(row.depth), frame, code_text(row.top, Detail::kBrief)});
    }
    static constexpr std::array kColumns = {TextColumn{.stays = Stays::kAlways},
                                            TextColumn{.right = true, .stays = Stays::kAlways},
                                            TextColumn{.right = true},
                                            TextColumn{.right = true, .stays = Stays::kAlways},
                                            TextColumn{.right = true},
                                            TextColumn{.gives_way = true},
                                            TextColumn{.gives_way = true, .stays = Stays::kAlways}};
    table(rows, kColumns);
    and_more(sorted.size(), rest);
  }

  void add_c_heap() {
    const heap::CHeap& c = memory_.c_heap;
    if (!c.recognised && memory_.account.c_heap == 0) return;
    heading("C HEAP");
    if (!c.recognised) {
      sentence(c_heap_note(memory_));
      return;
    }
    sentence(fmt::format("malloc of the GNU C library, by its own headers, resident or not: {} in {}{}; {} free in {}",
                         format_bytes(c.used_bytes), format_count(c.used_blocks, "block"),
                         c.largest > 0 ? fmt::format(", the largest {}", format_bytes(c.largest)) : "",
                         format_bytes(c.free_bytes), format_count(c.free_blocks, "block")));
    sentence(fmt::format("{} in {}; {} in {} with mappings of their own", format_bytes(c.heap_bytes),
                         format_count(c.arenas, "arena"), format_bytes(c.large_bytes),
                         format_count(c.large_blocks, "large block")));
  }

  // Whoever misses a part above sees here why.
  void add_losses() {
    if (report_.losses.empty()) return;
    heading("LOSSES");
    out_ += losses_text(report_.losses, width_);
  }

  void add_mappings() {
    if (memory_.mappings.empty()) return;
    heading("MAPPINGS");
    std::vector<Row> rows = {{"", memory_.account.of_mappings ? "in use" : "resident", "of", "use", "name"}};
    std::uint64_t rest = 0;
    for (std::size_t i = 0; i < memory_.mappings.size(); ++i) {
      const MappingGroup& group = memory_.mappings[i];
      if (i >= most_) {
        rest += group.resident;
        continue;
      }
      const std::string count = group.count > 1 ? fmt::format(" ({})", format_count(group.count, "mapping")) : "";
      rows.push_back({"", format_bytes(group.resident), format_bytes(group.bytes),
                      std::string(view::name_of(group.use)), mapping_name(group) + count});
    }
    static constexpr std::array kColumns = {
        TextColumn{.stays = Stays::kAlways}, TextColumn{.right = true, .stays = Stays::kAlways},
        TextColumn{.right = true}, TextColumn{}, TextColumn{.gives_way = true, .stays = Stays::kAlways}};
    table(rows, kColumns);
    and_more(memory_.mappings.size(), rest);
    for (std::size_t i = 0; i < std::min(most_, memory_.mappings.size()); ++i)
      if (const std::string pointing = pointing_text(memory_.mappings[i]); !pointing.empty())
        sentence(fmt::format("{}: {}; {} in all", mapping_name(memory_.mappings[i]), pointing,
                             format_count(memory_.mappings[i].pointers, "word of Go memory")));
  }

  const Report& report_;
  const MemoryAccount& memory_;
  TextStyle style_;
  std::size_t width_;
  std::size_t most_;
  std::string out_;
};

ordered_json pace_json(const heap::Pace& pace) {
  if (!pace.known) return nullptr;
  const auto share = pace.last_share();
  return {{"gc_percent", pace.gc_percent},
          {"memory_limit", pace.has_limit() ? ordered_json(pace.memory_limit) : ordered_json(nullptr)},
          {"counted_for_limit", pace.counted},
          {"marked", pace.marked},
          {"processors", pace.processors},
          {"last_collection_at_ns", pace.last_collection_at},
          {"collections_per_second", pace.collections_per_second()},
          {"share_since_start", pace.share_since_start},
          {"last_share", share ? ordered_json(*share) : ordered_json(nullptr)},
          {"spirals", view::spirals(pace)}};
}

ordered_json c_heap_json(const heap::CHeap& c) {
  if (!c.recognised) return {{"recognised", false}};
  return {{"recognised", true},          {"used_blocks", c.used_blocks}, {"used_bytes", c.used_bytes},
          {"largest", c.largest},        {"free_blocks", c.free_blocks}, {"free_bytes", c.free_bytes},
          {"arenas", c.arenas},          {"heap_bytes", c.heap_bytes},   {"large_blocks", c.large_blocks},
          {"large_bytes", c.large_bytes}};
}

ordered_json free_json(const FreeMemory& free) {
  ordered_json classes = ordered_json::array();
  for (const SlotClass& one : free.classes)
    classes.push_back({{"slot_size", one.slot_size},
                       {"spans", one.spans},
                       {"span_bytes", one.span_bytes},
                       {"objects", one.objects},
                       {"free_bytes", one.free_bytes},
                       {"sparse_spans", one.sparse_spans},
                       {"sparse_free_bytes", one.sparse_free_bytes},
                       {"sparse_objects", one.sparse_objects},
                       {"sparse_type", one.sparse_type},
                       {"sparse_type_objects", one.sparse_type_objects}});
  return {{"slots", free.slots},
          {"tails", free.tails},
          {"pages", free.pages},
          {"released", free.released},
          {"classes", classes}};
}

ordered_json mapping_json(const MappingGroup& group) {
  ordered_json pointing = ordered_json::array();
  for (const MappingPointer& pointer : group.pointing)
    pointing.push_back({{"value", hex(pointer.value)},
                        {"where", pointer.where ? ordered_json(hex(pointer.where)) : ordered_json(nullptr)},
                        {"place", pointer.place},
                        {"type", pointer.type}});
  return {{"use", view::name_of(group.use)},
          {"name", group.name},
          {"count", group.count},
          {"bytes", group.bytes},
          {"resident", group.resident},
          {"huge", group.huge},
          {"first", hex(group.first)},
          {"writable", group.writable},
          {"shared", group.shared},
          {"pointers", group.pointers},
          {"pointing", pointing}};
}

}  // namespace

std::string free_note(const MemoryAccount& memory) {
  const heap::Account& a = memory.account;
  const auto part = [&](std::uint64_t bytes, std::string_view what) {
    return bytes * kWorthAWord < a.free || bytes == 0 ? std::string() : fmt::format("{} {}", format_bytes(bytes), what);
  };
  const std::string released = a.huge > 0 ? "given back, yet resident in huge pages" : "given back, yet resident";
  return joined({part(a.free - a.free_pages, "in spans in use"), part(a.free_pages - a.released_resident, "in pages"),
                 part(a.released_resident, released)},
                ", ");
}

std::string stacks_note(const Report& report) {
  std::string note = format_count(report.goroutine_count, "goroutine");
  const GoroutineRow* largest = nullptr;
  for (const GoroutineRow& row : report.goroutines)
    if (largest == nullptr || row.stack_bytes > largest->stack_bytes) largest = &row;
  if (largest == nullptr || largest->stack_bytes * 3 < report.memory.account.stacks || largest->top.empty())
    return note;
  // Not all of a stack need be in memory.
  const bool is_in_memory = largest->stack_bytes <= report.memory.account.stacks;
  return fmt::format("{}; {} at {}, {} deep", note,
                     is_in_memory ? format_bytes(largest->stack_bytes) : std::string("most of it"),
                     code_text(largest->top, Detail::kBrief), format_count(largest->depth));
}

std::string c_heap_note(const MemoryAccount& memory) {
  const heap::CHeap& c = memory.c_heap;
  if (memory.account.c_heap == 0) return "";
  if (!c.recognised) return "only its size is known: the allocator's records were not recognised";
  return fmt::format("resident or not: {} in {}, {} free", format_bytes(c.used_bytes),
                     format_count(c.used_blocks, "block"), format_bytes(c.free_bytes));
}

std::string mapping_note(const MemoryAccount& memory, heap::MappingUse use) {
  const MappingGroup* largest = largest_of(memory, use);
  if (largest == nullptr) return "";
  return joined(
      {fmt::format("{} {}", format_bytes(largest->resident), mapping_name(*largest)), pointing_text(*largest)}, "; ");
}

std::string outside_words(const Report& report, const view::ProcessHolder& holder) {
  const MemoryAccount& memory = report.memory;
  const auto group = [&]() -> const MappingGroup& { return memory.mappings.at(holder.mapping); };
  const auto several = [&](std::string_view one, std::string_view more) {
    return group().count > 1 ? fmt::format("{} {}", format_count(group().count), more) : std::string(one);
  };
  switch (holder.part) {
    case view::ProcessPart::kGarbage:
      return "garbage, which the next collection frees";
    case view::ProcessPart::kFree:
      return joined({"free in the Go heap", free_note(memory)}, ": ");
    case view::ProcessPart::kStacks:
      return report.held_stack_bytes > 0 ? "other stacks" : joined({"stacks", stacks_note(report)}, ": ");
    case view::ProcessPart::kRuntime:
      return "records of the Go runtime";
    case view::ProcessPart::kGlobals:
      return "package variables";
    case view::ProcessPart::kCHeap:
      return joined({"the C heap", c_heap_note(memory)}, ": ");
    case view::ProcessPart::kMapping:
      return joined(
          {fmt::format("{} {}", several("a mapping,", "mappings,"), mapping_name(group())), pointing_text(group())},
          "; ");
    case view::ProcessPart::kMappings:
      return report.target.runtimes.size() > 1 ? "other mappings, with the other Go heaps" : "other mappings";
    case view::ProcessPart::kFile:
      return joined({fmt::format("{} {}", several("the file", "mappings of the file"), mapping_name(group())),
                     pointing_text(group())},
                    "; ");
    case view::ProcessPart::kFiles:
      return "other files";
    case view::ProcessPart::kRest:
      break;
  }
  return "what came or went while memory was counted";
}

std::string pace_text(const Report& report) {
  const heap::Pace& pace = report.memory.pace;
  if (!pace.known) return "";
  const std::string percent = pace.gc_percent < 0 ? "GOGC=off" : fmt::format("GOGC={}", pace.gc_percent);
  const std::string limit = pace.has_limit() ? fmt::format("GOMEMLIMIT {}, {} count for it",
                                                           format_bytes(pace.memory_limit), format_bytes(pace.counted))
                                             : "no GOMEMLIMIT";
  const std::string group =
      report.target.memory_limit > 0 ? fmt::format("control group {}", format_bytes(report.target.memory_limit)) : "";
  const std::uint64_t goal = report.account.next_gc;
  const std::string next =
      goal > 0 && goal < view::kNoCollection ? fmt::format("next collection at {}", format_bytes(goal)) : "";
  std::string last = "no collection until now";
  if (pace.last_collection_at > 0) {
    constexpr unsigned kFew = 3;  // intervals that make no pace
    const double rate = pace.recent_intervals < kFew ? 0 : pace.collections_per_second();
    const std::string pace_of_late = rate >= 1  ? fmt::format("{:.1f} collections a second", rate)
                                     : rate > 0 ? fmt::format("a collection every {}", format_seconds(1 / rate))
                                                : "";
    const double age =
        static_cast<double>(report.target.captured_at_ns - static_cast<std::int64_t>(pace.last_collection_at)) / 1e9;
    const bool is_known = report.target.kind == heap::TargetKind::kLive && age >= 0;
    const bool has_slowed = is_known && rate > 0 && age > kFew / rate;  // the pace was that, and is not any more
    last = has_slowed
               ? fmt::format("none for {}, {} before that", format_seconds(age), pace_of_late)
               : joined({pace_of_late, is_known ? fmt::format("the last {} before", format_seconds(age)) : ""}, ", ");
  }
  std::string share =
      fmt::format("the collector took {} of the processors up to its last cycle", share_text(pace.share_since_start));
  if (const auto recent = pace.last_share()) share += fmt::format(", and {} in that", share_text(*recent));
  if (pace.last_collection_at == 0) share.clear();
  return joined({joined({percent, limit, group}, ", "), joined({next, last, share}, ", ")}, "; ");
}

ordered_json memory_parts_json(const MemoryAccount& memory) {
  ordered_json mappings = ordered_json::array();
  for (const MappingGroup& group : memory.mappings) mappings.push_back(mapping_json(group));
  return {{"pace", pace_json(memory.pace)},
          {"c_heap", c_heap_json(memory.c_heap)},
          {"free", free_json(memory.free)},
          {"stacks",
           {{"in_use", memory.stacks.in_use},
            {"goroutines", memory.stacks.goroutines},
            {"used", memory.stacks.used},
            {"kept", memory.stacks.kept}}},
          {"mappings", mappings}};
}

ordered_json account_json(const heap::Account& account) {
  return {{"known", account.known},
          {"of_mappings", account.of_mappings},
          {"rss", account.rss},
          {"swapped", account.swapped},
          {"live", account.live},
          {"garbage", account.garbage},
          {"free", account.free},
          {"free_pages", account.free_pages},
          {"released_resident", account.released_resident},
          {"released", account.released},
          {"huge", account.huge},
          {"stacks", account.stacks},
          {"runtime", account.runtime},
          {"globals", account.globals},
          {"c_heap", account.c_heap},
          {"mappings", account.mappings},
          {"files", account.files},
          {"rest", account.rest},
          {"next_gc", account.next_gc},
          {"heap_sys", account.heap_sys}};
}

ordered_json memory_json(const Report& report) {
  ordered_json json = {{"schema", "holdfast.account/1"},
                       {"target", target_json(report.target)},
                       {"account", account_json(report.account)}};
  json.update(memory_parts_json(report.memory));
  json["losses"] = losses_json(report.losses);
  return json;
}

std::string memory_text(const Report& report, const TextStyle& style, std::size_t rows) {
  return AccountText(report, style, rows).run();
}

}  // namespace holdfast::report
