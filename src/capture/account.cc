#include "capture/account.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "base/architecture.h"
#include "base/ranges.h"
#include "go/mem_stats.h"
#include "go/page_allocator.h"
#include "go/runtime_records.h"
#include "heap/resident.h"
#include "os/process_memory.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kMallocArena = 64 << 20;  // HEAP_MAX_SIZE of glibc on 64-bit machines
constexpr std::uint64_t kThreadBlock = 2304;      // bytes of glibc's struct pthread (2.36), which begins at the FS base

enum Line : std::uint8_t {
  kObjects,
  kFreeSlots,
  kFreePages,
  kReleased,
  kManual,
  kGlobals,
  kFiles,
  kStacks,
  kCHeap,
  kRecords,
  kMappings,
  kLines
};
using Lines = std::array<std::uint64_t, kLines>;

// Memory whose address tells what it is for. Some of kObjects is in objects, the rest is kFreeSlots.
struct Claim {
  AddressRange range;
  Line line = kFreePages;
  const heap::Span* objects = nullptr;
};

std::uint64_t share(std::uint64_t part, std::uint64_t of, std::uint64_t whole) {
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(part) * of / whole);
}

std::vector<AddressRange>::const_iterator first_behind(const std::vector<AddressRange>& ranges, Address at) {
  return std::partition_point(ranges.begin(), ranges.end(), [&](const AddressRange& r) { return r.end <= at; });
}

bool any_overlaps(const std::vector<AddressRange>& ranges, const AddressRange& with) {
  const auto it = first_behind(ranges, with.begin);
  return it != ranges.end() && it->begin < with.end;
}

std::uint64_t bytes_within(const std::vector<AddressRange>& ranges, const AddressRange& window) {
  std::uint64_t bytes = 0;
  for (auto it = first_behind(ranges, window.begin); it != ranges.end() && it->begin < window.end; ++it)
    bytes += std::min(it->end, window.end) - std::max(it->begin, window.begin);
  return bytes;
}

bool is_guard(const os::ProcessMapping& mapping) {
  return mapping.permissions == os::Permissions{} && !mapping.is_file();
}

// Returns a C thread's stack, which has a guard below it and the thread's own block at its top. Memory behind that
// block belongs to a neighbour that the system joined to it.
std::optional<AddressRange> thread_stack(const std::vector<os::MappingUsage>& mappings, Address thread_block) {
  const auto it = std::partition_point(mappings.begin(), mappings.end(), [&](const os::MappingUsage& usage) {
    return usage.mapping.range.end <= thread_block;
  });
  if (it == mappings.begin() || it == mappings.end()) return std::nullopt;
  const AddressRange& range = it->mapping.range;
  const os::ProcessMapping& below = std::prev(it)->mapping;
  if (!range.contains(thread_block) || it->mapping.is_file() || below.range.end != range.begin || !is_guard(below))
    return std::nullopt;
  const Address end((thread_block.value + kThreadBlock + kSystemPage - 1) / kSystemPage * kSystemPage);
  return AddressRange{range.begin, std::min(end, range.end)};
}

// Adds pages in no span.
void add_free(const AddressRange& pages, const std::vector<AddressRange>& released, std::vector<Claim>& claims) {
  Address at = pages.begin;
  for (auto it = first_behind(released, at); it != released.end() && it->begin < pages.end; ++it) {
    const AddressRange part{std::max(it->begin, at), std::min(it->end, pages.end)};
    if (at < part.begin) claims.push_back({{at, part.begin}, kFreePages, nullptr});
    claims.push_back({part, kReleased, nullptr});
    at = part.end;
  }
  if (at < pages.end) claims.push_back({{at, pages.end}, kFreePages, nullptr});
}

// Returns everything whose address tells what it is for, sorted and disjoint.
std::vector<Claim> claims_of(const Residency& residency, const AccountFacts& facts) {
  std::vector<Claim> claims;
  claims.reserve(2 * facts.spans.size() + facts.globals.size() + facts.thread_blocks.size() + 16);
  auto span = facts.spans.begin();
  for (const AddressRange& arena : facts.arenas) {
    Address at = arena.begin;
    for (; span != facts.spans.end() && span->range.begin < arena.end; ++span) {
      if (at < span->range.begin) add_free({at, span->range.begin}, facts.released_pages, claims);
      claims.push_back({span->range, span->objects != nullptr ? kObjects : kManual, span->objects});
      at = span->range.end;
    }
    if (at < arena.end) add_free({at, arena.end}, facts.released_pages, claims);
  }
  for (const AddressRange& range : facts.globals) claims.push_back({range, kGlobals, nullptr});
  std::vector<AddressRange> stacks;
  for (const Address block : facts.thread_blocks)
    if (const auto stack = thread_stack(residency.mappings, block)) stacks.push_back(*stack);
  for (const AddressRange& stack : joined(std::move(stacks)))
    if (!any_overlaps(facts.arenas, stack) && !any_overlaps(facts.globals, stack))
      claims.push_back({stack, kStacks, nullptr});
  std::vector<AddressRange> claimed;
  for (const Claim& claim : claims) claimed.push_back(claim.range);
  for (const AddressRange& part : without(residency.c_heap.ranges, joined(std::move(claimed))))
    claims.push_back({part, kCHeap, nullptr});
  std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.range.begin < b.range.begin; });
  return claims;
}

class Accounting {
 public:
  Accounting(const Residency& residency, const AccountFacts& facts, StringTable& strings)
      : residency_(residency),
        facts_(facts),
        strings_(strings),
        claims_(claims_of(residency, facts)),
        has_malloc_(std::ranges::any_of(residency.mappings, is_of_malloc)),
        most_records_(facts.record_bytes + bytes_within(residency.present, facts.arena_table)) {}

  heap::Account run() {
    for (std::size_t i = 0; i < residency_.mappings.size(); ++i) add_mapping(i);
    const std::uint64_t records = std::min(lines_[kRecords], most_records_);
    const std::uint64_t buffers = std::min(lines_[kManual], facts_.work_buffer_bytes);
    heap::Account account;
    account.rss = rss_;
    account.swapped = swapped_;
    account.live = lines_[kObjects];
    account.free = lines_[kFreeSlots] + lines_[kFreePages] + lines_[kReleased];
    account.free_pages = lines_[kFreePages] + lines_[kReleased];
    account.released_resident = lines_[kReleased];
    account.huge = huge_;
    account.lazy_free = lazy_free_;
    account.of_mappings = residency_.of_mappings;
    account.released = facts_.released;
    account.stacks = lines_[kStacks] + lines_[kManual] - buffers;
    account.runtime = records + buffers;
    account.globals = lines_[kGlobals];
    account.c_heap = lines_[kCHeap];
    account.mappings = lines_[kMappings] + lines_[kRecords] - records;
    account.files = lines_[kFiles];
    account.rest = rest_;
    account.known = true;
    return account;
  }

  // In the order of the mappings; to be taken after run().
  std::vector<heap::Mapping> take_rows() { return std::move(rows_); }

 private:
  void add_mapping(std::size_t index) {
    const os::MappingUsage& usage = residency_.mappings[index];
    swapped_ += usage.swap;
    if (usage.rss == 0) return;
    rss_ += usage.rss;
    const Lines before = lines_;
    add_parts(index);
    heap::Mapping& row = rows_.emplace_back();
    row.range = usage.mapping.range;
    row.use = largest_use(before);
    if (!usage.mapping.path.empty()) row.name = strings_.add(usage.mapping.path);
    row.resident = usage.rss;
    row.huge = usage.huge;
    row.writable = usage.mapping.permissions.write;
    row.shared = usage.mapping.permissions.shared;
    if (!any_overlaps(facts_.arenas, usage.mapping.range)) return;
    huge_ += std::min(usage.huge, usage.rss);
    lazy_free_ += std::min(usage.lazy_free, usage.rss);
  }

  // Says what most of the bytes are that have come since.
  heap::MappingUse largest_use(const Lines& before) const {
    using heap::MappingUse;
    constexpr std::array<MappingUse, kLines> kUses = {MappingUse::kGoHeap,  MappingUse::kGoHeap, MappingUse::kGoHeap,
                                                      MappingUse::kGoHeap,  MappingUse::kGoHeap, MappingUse::kGlobals,
                                                      MappingUse::kFile,    MappingUse::kStack,  MappingUse::kCHeap,
                                                      MappingUse::kRuntime, MappingUse::kOther};
    std::array<std::uint64_t, static_cast<std::size_t>(MappingUse::kGoHeap) + 1> bytes{};
    for (std::size_t line = 0; line < kLines; ++line)
      bytes[static_cast<std::size_t>(kUses[line])] += lines_[line] - before[line];
    std::uint64_t& records = bytes[static_cast<std::size_t>(MappingUse::kRuntime)];
    bytes[static_cast<std::size_t>(MappingUse::kOther)] += records - std::min(records, most_records_);
    records = std::min(records, most_records_);
    return static_cast<MappingUse>(std::max_element(bytes.begin(), bytes.end()) - bytes.begin());
  }

  // Splits the resident bytes of a mapping.
  void add_parts(std::size_t index) {
    const os::MappingUsage& usage = residency_.mappings[index];
    const AddressRange& range = usage.mapping.range;
    const Line line = line_of(index);
    const auto claim = std::partition_point(claims_.begin(), claims_.end(),
                                            [&](const Claim& c) { return c.range.end <= range.begin; });
    if (line == kGlobals || line == kFiles || claim == claims_.end() || claim->range.begin >= range.end) {
      lines_[line] += usage.rss;
      return;
    }
    Lines parts{};
    std::uint64_t claimed = 0;
    for (auto it = claim; it != claims_.end() && it->range.begin < range.end; ++it) {
      const AddressRange window{std::max(it->range.begin, range.begin), std::min(it->range.end, range.end)};
      const std::uint64_t present = bytes_within(residency_.present, window);
      claimed += present;
      if (it->line == kObjects) {
        const std::uint64_t objects = object_bytes(*it->objects, window, present);
        parts[kObjects] += objects;
        parts[kFreeSlots] += present - objects;
      } else {
        parts[it->line] += present;
      }
    }
    const std::uint64_t present = bytes_within(residency_.present, range);
    parts[line] += present - claimed;
    fit(parts, present, usage.rss);
  }

  // Returns how many resident bytes in the part of a span belong to objects.
  std::uint64_t object_bytes(const heap::Span& span, const AddressRange& window, std::uint64_t present) const {
    if (present == span.bytes()) return span.objects * span.slot_size;
    std::uint64_t bytes = 0;
    for (auto it = first_behind(residency_.present, window.begin);
         it != residency_.present.end() && it->begin < window.end; ++it) {
      const AddressRange part{std::max(it->begin, window.begin), std::min(it->end, window.end)};
      heap::for_each_object_in(span, *facts_.allocated, part,
                               [&](ObjectId, std::uint64_t in_part) { bytes += in_part; });
    }
    return bytes;
  }

  // Adds the parts of a mapping of which `rss` bytes were resident. Pages may have come since, or nobody may say which
  // are there: then each part counts in proportion.
  void fit(const Lines& parts, std::uint64_t present, std::uint64_t rss) {
    std::uint64_t added = 0;
    for (std::size_t i = 0; i < kLines; ++i) {
      const std::uint64_t bytes = present > rss ? share(parts[i], rss, present) : parts[i];
      lines_[i] += bytes;
      added += bytes;
    }
    rest_ += rss - added;
  }

  // Says what a mapping is, except for the parts of it that are claimed.
  Line line_of(std::size_t index) const {
    const os::ProcessMapping& mapping = residency_.mappings[index].mapping;
    if (mapping.is_file()) {
      // What the dynamic linker has made read-only after it had moved addresses there (.data.rel.ro) lies among the
      // data, but nobody keeps variables in it.
      if (mapping.permissions.write && any_overlaps(facts_.globals, mapping.range)) return kGlobals;
      for (const std::string_view memory : {"/dev/zero", "/memfd:", "/SYSV"})
        if (mapping.path.starts_with(memory)) return kMappings;
      return kFiles;
    }
    if (mapping.path == "[stack]") return kStacks;
    if (mapping.path == "[heap]" || is_malloc_arena(index)) return kCHeap;
    if (mapping.path.starts_with("[anon: Go: ")) return kRecords;
    const bool plain = mapping.path.empty() && !mapping.permissions.shared;
    const bool records =
        any_overlaps(facts_.records, mapping.range) || any_overlaps(residency_.record_chunks, mapping.range);
    return plain && records ? kRecords : kMappings;
  }

  // Whether the mapping shows that the program has a malloc: the break that it moves, or glibc. Go alone has neither.
  static bool is_of_malloc(const os::MappingUsage& usage) {
    const std::string& path = usage.mapping.path;
    return path == "[heap]" || path.find("/libc.so") != std::string::npos || path.find("/libc-") != std::string::npos;
  }

  // glibc reserves an arena as a whole, aligned, and makes its used part accessible.
  bool is_malloc_arena(std::size_t index) const {
    const os::ProcessMapping& mapping = residency_.mappings[index].mapping;
    const Address end = mapping.range.begin + kMallocArena;
    if (!has_malloc_ || !mapping.path.empty() || !mapping.permissions.write ||
        mapping.range.begin.value % kMallocArena != 0)
      return false;
    if (mapping.range.end == end) return true;
    if (index + 1 == residency_.mappings.size()) return false;
    const os::ProcessMapping& next = residency_.mappings[index + 1].mapping;
    return next.range.begin == mapping.range.end && next.range.end >= end && is_guard(next);
  }

  const Residency& residency_;
  const AccountFacts& facts_;
  StringTable& strings_;
  std::vector<Claim> claims_;
  bool has_malloc_ = false;
  // The system joins neighbouring mappings, so what the runtime did not take is the program's own.
  std::uint64_t most_records_ = 0;
  Lines lines_{};
  std::uint64_t rss_ = 0;
  std::uint64_t swapped_ = 0;
  std::uint64_t rest_ = 0;
  std::uint64_t huge_ = 0;
  std::uint64_t lazy_free_ = 0;
  std::vector<heap::Mapping> rows_;
};

}  // namespace

std::vector<AddressRange> memory_of_go(const go::Runtime* runtime, std::vector<AddressRange> record_chunks) {
  if (runtime != nullptr) {
    try {
      const auto arenas = go::HeapModel::list_arenas(*runtime);
      record_chunks.insert(record_chunks.end(), arenas.begin(), arenas.end());
    } catch (const Error&) {  // building the snapshot will say why
    }
  }
  return joined(std::move(record_chunks));
}

std::optional<Residency> read_residency(pid_t pid, const go::Runtime* runtime, LossLedger& losses) {
  try {
    Residency residency;
    residency.mappings = os::read_smaps(pid);
    const os::ProcessMemory memory(pid);
    for (const os::MappingUsage& usage : residency.mappings) {
      if (usage.rss == 0 || usage.mapping.is_file()) continue;
      const auto present = memory.resident_ranges(usage.mapping.range, usage.rss);
      residency.present.insert(residency.present.end(), present.begin(), present.end());
    }
    if (runtime != nullptr) residency.record_chunks = go::record_chunks(*runtime);
    residency.c_heap =
        read_c_heap(residency.mappings, residency.present, memory_of_go(runtime, residency.record_chunks), memory);
    return residency;
  } catch (const Error& error) {
    losses.add(LossKind::kNoAccount, error.what());
    return std::nullopt;
  }
}

AccountFacts account_facts(const go::Runtime& runtime, const go::HeapModel& heap, const heap::Snapshot& snapshot,
                           std::vector<AddressRange> globals, const std::vector<go::ThreadRegisters>& threads) {
  AccountFacts facts;
  facts.arenas = heap.arena_ranges();
  facts.allocated = &snapshot.allocated;
  for (const heap::Span& span : snapshot.spans) facts.spans.push_back({{span.base, span.base + span.bytes()}, &span});
  const auto middle = static_cast<std::ptrdiff_t>(facts.spans.size());
  for (const go::MSpan& span : heap.manual()) facts.spans.push_back({{span.base, span.base + span.bytes()}, nullptr});
  std::inplace_merge(facts.spans.begin(), facts.spans.begin() + middle, facts.spans.end(),
                     [](const auto& a, const auto& b) { return a.range.begin < b.range.begin; });
  for (AddressRange& range : globals)
    range = {Address(range.begin.value / kSystemPage * kSystemPage),
             Address((range.end.value + kSystemPage - 1) / kSystemPage * kSystemPage)};
  facts.globals = joined(std::move(globals));
  for (const go::ThreadRegisters& thread : threads)
    if (thread.registers.thread_pointer) facts.thread_blocks.push_back(thread.registers.thread_pointer);
  go::RuntimeRecords records = go::find_runtime_records(runtime, heap);
  facts.arena_table = records.arena_table;
  facts.records = std::move(records.ranges);
  const go::MemStats stats = go::read_mem_stats(runtime);
  const auto counter = [&](std::string_view name) { return stats.find(name).value_or(0); };
  const std::uint64_t stack_spans = counter("StackInuse");
  facts.work_buffer_bytes = stats.manual_bytes.value_or(stack_spans) - stack_spans;
  facts.record_bytes = counter("MSpanSys") + counter("MCacheSys") + counter("BuckHashSys") + counter("OtherSys") +
                       counter("GCSys") - facts.work_buffer_bytes + counter("StackSys") - stack_spans;
  facts.released = counter("HeapReleased");
  facts.released_pages = go::released_pages(runtime, facts.arenas);
  return facts;
}

Accounted account_of(const Residency& residency, const AccountFacts& facts, StringTable& strings) {
  Accounting accounting(residency, facts, strings);
  const heap::Account account = accounting.run();
  return {account, accounting.take_rows()};
}

std::vector<AddressRange> absent_of(const Residency& residency, const std::vector<heap::Span>& spans) {
  std::vector<AddressRange> ranges;
  ranges.reserve(spans.size());
  for (const heap::Span& span : spans) ranges.push_back({span.base, span.base + span.bytes()});
  return without(joined(std::move(ranges)), residency.present);
}

}  // namespace holdfast::capture
