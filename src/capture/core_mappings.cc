#include "capture/core_mappings.h"

#include <algorithm>

#include "base/architecture.h"
#include "base/ranges.h"
#include "base/zeros.h"
#include "go/heap_model.h"
#include "go/page_allocator.h"
#include "go/runtime_records.h"

namespace holdfast::capture {
namespace {

using Parts = StoredParts::result_type;

// Adds the pages of a segment that hold anything. What the core does not have is nowhere, or zero.
void add_filled_pages(const binary::CoreSegment& segment, const Parts& stored, std::vector<AddressRange>& to) {
  const auto all = segment.bytes;
  std::uint64_t next = 0;  // pages before are looked at
  for (const auto& part : stored) {
    const auto begin = static_cast<std::uint64_t>(part.data() - all.data()), end = begin + part.size();
    for (next = std::max(next, begin / kSystemPage * kSystemPage); next < end; next += kSystemPage) {
      const auto page = all.subspan(next, std::min<std::uint64_t>(kSystemPage, all.size() - next));
      const Address at = segment.range.begin + next;
      if (!is_zero(page)) append_range(to, {at, at + page.size()});
    }
  }
}

// Adds the pages of a segment of which the file of the core stores nothing.
void add_holes(const binary::CoreSegment& segment, const Parts& stored, std::vector<AddressRange>& to) {
  const auto all = segment.bytes;
  std::vector<AddressRange> there;
  for (const auto& part : stored) {
    const Address begin = segment.range.begin + static_cast<std::uint64_t>(part.data() - all.data());
    append_range(there, {begin, begin + part.size()});
  }
  for (const AddressRange& hole : without({{segment.range.begin, segment.range.begin + all.size()}}, there)) {
    const Address begin((hole.begin.value + kSystemPage - 1) / kSystemPage * kSystemPage);
    const Address end(hole.end.value / kSystemPage * kSystemPage);
    if (begin < end) append_range(to, {begin, end});
  }
}

// Returns the parts of the Go heap that the runtime has not given back.
std::vector<AddressRange> kept_heap(const go::Runtime& runtime) {
  try {
    const auto arenas = go::HeapModel::list_arenas(runtime);
    return without(arenas, go::released_pages(runtime, arenas));
  } catch (const Error&) {  // building the snapshot will say why
    return {};
  }
}

// Returns the file that is mapped at an address; null if there is none.
const binary::CoreMapping* file_at(const binary::CoreFile& core, Address at) {
  const auto it =
      std::ranges::find_if(core.mappings(), [&](const binary::CoreMapping& m) { return m.range.contains(at); });
  return it == core.mappings().end() ? nullptr : &*it;
}

}  // namespace

Residency mappings_of_core(const binary::CoreFile& core, const StoredParts& stored, const go::Runtime& runtime,
                           const MemorySource& memory) {
  Residency residency;
  residency.of_mappings = true;
  residency.record_chunks = go::record_chunks(runtime);
  const auto of_go = memory_of_go(&runtime, residency.record_chunks);
  const auto kept = kept_heap(runtime);
  std::vector<const binary::CoreSegment*> segments;
  for (const binary::CoreSegment& segment : core.segments()) segments.push_back(&segment);
  std::ranges::sort(segments, {}, [](const binary::CoreSegment* s) { return s->range.begin; });
  for (const binary::CoreSegment* segment : segments) {
    os::MappingUsage usage;
    usage.mapping.range = segment->range;
    if (const binary::CoreMapping* file = file_at(core, segment->range.begin)) {
      usage.mapping.path = file->path;
      usage.mapping.file_offset = file->file_offset;
      usage.mapping.inode = 1;  // a core does not tell which; what counts is that it is a file
      usage.rss = segment->range.size();
    } else {
      std::vector<AddressRange> filled = within({segment->range}, kept);
      const Parts parts = stored(segment->bytes);
      if (filled.empty()) add_filled_pages(*segment, parts, filled);
      add_holes(*segment, parts, residency.holes);
      usage.rss = total_bytes(filled);
      residency.present.insert(residency.present.end(), filled.begin(), filled.end());
    }
    // gdb says of reserved address space that it can be read.
    if (usage.rss > 0 || segment->writable())
      usage.mapping.permissions = {(segment->flags & 4) != 0, segment->writable(), segment->executable(), false};
    residency.mappings.push_back(std::move(usage));
  }
  residency.present = joined(std::move(residency.present));
  residency.c_heap = read_c_heap(residency.mappings, residency.present, of_go, memory);
  return residency;
}

}  // namespace holdfast::capture
