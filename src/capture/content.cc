#include "capture/content.h"

#include <algorithm>
#include <span>

#include "base/architecture.h"
#include "base/ranges.h"

namespace holdfast::capture {
namespace {

// Splits the range into pieces that are readable or not, page by page only where that is needed.
void add_readable(const MemorySource& memory, AddressRange range, std::span<std::byte> scratch,
                  std::vector<AddressRange>& out, LossLedger& losses) {
  for (Address at = range.begin; at < range.end;) {
    const std::uint64_t to_page_end = kSystemPage - at.value % kSystemPage;
    const std::uint64_t bytes = std::min<std::uint64_t>(range.end - at, to_page_end);
    if (memory.try_read(at, scratch.first(bytes)))
      out.push_back({at, at + bytes});
    else
      losses.add(LossKind::kUnreadableContent, at);
    at += bytes;
  }
}

}  // namespace

void add_content(const go::Runtime& runtime, heap::Snapshot& snapshot, LossLedger& losses) {
  std::vector<AddressRange> wanted;
  wanted.reserve(snapshot.spans.size() + 4 * runtime.modules.size());
  for (const heap::Span& span : snapshot.spans) wanted.push_back({span.base, span.base + span.bytes()});
  for (const go::Module& module : runtime.modules)
    for (const AddressRange& range : module.variables()) wanted.push_back(range);
  std::vector<AddressRange> ranges;
  std::vector<std::byte> scratch(kSystemPage);
  for (const AddressRange& range : joined(std::move(wanted)))
    add_readable(runtime.memory, range, scratch, ranges, losses);
  ranges = joined(std::move(ranges));
  HugeArray<std::uint8_t> bytes(total_bytes(ranges));
  std::uint64_t at = 0;
  for (const AddressRange& range : ranges) {
    for (Address from = range.begin; from < range.end;) {
      const std::uint64_t size = std::min<std::uint64_t>(range.end - from, kSystemPage - from.value % kSystemPage);
      HOLDFAST_CHECK(runtime.memory.try_read(from, std::as_writable_bytes(bytes.span().subspan(at, size))));
      at += size;
      from += size;
    }
  }
  snapshot.content.ranges = std::move(ranges);
  snapshot.content.bytes = std::move(bytes);
}

}  // namespace holdfast::capture
