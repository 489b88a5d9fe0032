#include "capture/graph_estimate.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/architecture.h"
#include "base/ranges.h"
#include "capture/edges.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kPages = 1024;         // looked at, of all that is not huge
constexpr std::uint64_t kPagesOfOneHuge = 64;  // the same of one huge object

using Page = std::array<std::byte, kSystemPage>;

// Returns how many words of all pages of `ranges` count, if that is so many as of those that are looked at.
template <typename Count>
std::uint64_t sample(const MemorySource& memory, const std::vector<AddressRange>& ranges, std::uint64_t most_pages,
                     const Count& counts) {
  const std::uint64_t all = total_bytes(ranges);
  const std::uint64_t stride = std::max(kSystemPage, all / most_pages / kSystemPage * kSystemPage);
  Page page{};
  std::uint64_t pages = 0, found = 0, next = 0;
  for (const AddressRange& range : ranges) {
    for (; next < range.size(); next += stride) {
      if (!memory.try_read(range.begin + next, page)) continue;
      ++pages;
      for (std::size_t at = 0; at < page.size(); at += kWord)
        if (counts(Address(load_le<std::uint64_t>(page.data() + at)))) ++found;
    }
    next -= range.size();
  }
  return pages == 0 ? 0 : found * (all / kSystemPage) / pages;
}

// What a word refers to, if it is a reference.
enum class Hit : std::uint8_t { kBegin, kMiddle, kMiddleOfLeaf };

// The value of an object begins at its slot, or behind the slot's header.
Hit find_hit(const go::HeapModel& heap, Address at) {
  const auto after = std::upper_bound(heap.in_use().begin(), heap.in_use().end(), at,
                                      [](Address a, const go::MSpan& span) { return a < span.base; });
  if (after == heap.in_use().begin()) return Hit::kMiddle;
  const go::MSpan& span = *std::prev(after);
  if (span.slot_size > 0 && (at - span.base) % span.slot_size == heap.header_bytes(span)) return Hit::kBegin;
  return span.has_pointers() ? Hit::kMiddle : Hit::kMiddleOfLeaf;
}

}  // namespace

GraphSize estimate_graph(const go::Runtime& runtime, const go::HeapModel& heap,
                         const std::vector<AddressRange>& empty) {
  GraphSize graph;
  std::vector<AddressRange> plain, huge;
  AddressRange hull;
  for (const go::MSpan& span : heap.in_use()) {
    graph.objects += span.alloc_count;
    const AddressRange range{span.base, span.base + span.bytes()};
    hull = hull.empty() ? range : AddressRange{hull.begin, range.end};
    if (!span.has_pointers()) continue;
    graph.pointerful += span.alloc_count;
    const bool in_pieces = may_be_scanned_in_pieces(runtime, span);
    (in_pieces ? huge : plain).push_back(range);
    if (!in_pieces && span.size_class() == 0) graph.longest_row = std::max(graph.longest_row, span.bytes() / kWord);
  }
  const std::uint64_t from_plain = sample(runtime.memory, without(joined(std::move(plain)), empty), kPages,
                                          [&](Address word) { return hull.contains(word); });
  // Of a huge object, the first reference to the beginning of each target counts, and all to the middle of one. Those
  // to the middle of a pointer-free object are edges that no pass keeps, since they come from one holder.
  std::uint64_t to_begins = 0, to_middles = 0, to_leaves = 0;
  for (const AddressRange& range : huge) {
    const std::vector<AddressRange> filled = without({range}, empty);
    const auto count = [&](Hit hit) {
      return sample(runtime.memory, filled, kPagesOfOneHuge,
                    [&](Address word) { return hull.contains(word) && find_hit(heap, word) == hit; });
    };
    to_begins += std::min(count(Hit::kBegin), graph.objects);
    to_middles += count(Hit::kMiddle);
    to_leaves += count(Hit::kMiddleOfLeaf);
  }
  graph.longest_row = std::min(graph.longest_row, from_plain);
  graph.references = from_plain + to_begins + to_middles + to_leaves;
  graph.repeated = GraphSize::most_repeated(from_plain, graph.pointerful) + to_middles + to_begins -
                   std::min(to_begins, graph.objects);
  return graph;
}

}  // namespace holdfast::capture
