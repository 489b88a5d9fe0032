#include "capture/content.h"

#include <algorithm>
#include <span>

#include "base/architecture.h"
#include "base/ranges.h"
#include "base/zeros.h"

namespace holdfast::capture {
namespace {

// Calls `visit` with each page of the range, or part of one at its ends.
template <class Visit>
void for_each_page(AddressRange range, Visit&& visit) {
  for (Address at = range.begin; at < range.end;) {
    const std::uint64_t to_page_end = kSystemPage - at.value % kSystemPage;
    const AddressRange page{at, at + std::min<std::uint64_t>(range.end - at, to_page_end)};
    visit(page);
    at = page.end;
  }
}

// Takes the pages of the range that hold anything. Programs ask for much memory that they never write to; it would take
// as much of ours.
void add_filled(const MemorySource& memory, AddressRange range, std::span<std::byte> scratch,
                std::vector<AddressRange>& out, LossLedger& losses) {
  for_each_page(range, [&](AddressRange page) {
    const auto bytes = scratch.first(page.size());
    if (!memory.try_read(page.begin, bytes))
      losses.add(LossKind::kUnreadableContent, page.begin);
    else if (!is_zero(bytes))
      append_range(out, page);
  });
}

}  // namespace

void add_content(const go::Runtime& runtime, const std::vector<AddressRange>& holes, heap::Snapshot& snapshot,
                 LossLedger& losses) {
  std::vector<AddressRange> wanted;
  wanted.reserve(snapshot.spans.size() + 4 * runtime.modules.size());
  for (const heap::Span& span : snapshot.spans) wanted.push_back({span.base, span.base + span.bytes()});
  for (const go::Module& module : runtime.modules)
    for (const AddressRange& range : module.variables()) wanted.push_back(range);
  std::vector<AddressRange> ranges;
  std::vector<std::byte> scratch(kSystemPage);
  for (const AddressRange& range : without(joined(std::move(wanted)), holes))
    add_filled(runtime.memory, range, scratch, ranges, losses);
  HugeArray<std::uint8_t> bytes(total_bytes(ranges));
  std::uint64_t at = 0;
  for (const AddressRange& range : ranges)
    for_each_page(range, [&](AddressRange page) {
      const auto to = bytes.span().subspan(at, page.size());
      HOLDFAST_CHECK(runtime.memory.try_read(page.begin, std::as_writable_bytes(to)));
      at += page.size();
    });
  snapshot.content.ranges = std::move(ranges);
  snapshot.content.bytes = std::move(bytes);
}

}  // namespace holdfast::capture
