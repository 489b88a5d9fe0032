#include "view/address_map.h"

#include <algorithm>
#include <bit>
#include <span>

#include "base/architecture.h"
#include "base/cancel.h"
#include "view/span_table.h"

namespace holdfast::view {
namespace {

using heap::Span;

class MapMaker {
 public:
  MapMaker(const heap::Snapshot& snapshot, const graph::Reachability& reached, std::span<const Span> spans,
           std::size_t most)
      : snapshot_(snapshot), reached_(reached), spans_(spans) {
    const std::uint64_t first = spans.front().base.value;
    const std::uint64_t end = spans.back().base.value + spans.back().bytes();
    std::uint64_t size = std::max(std::bit_ceil((end - first + most - 1) / most), kGoPage);
    // Where the first cell begins before the first span, one more may be needed.
    while ((end + size - 1) / size - first / size > most) size *= 2;
    map_.cell_bytes = size;
    map_.range = {Address(first / size * size), Address((end + size - 1) / size * size)};
    map_.residency_known = snapshot.account.known && snapshot.target.kind == heap::TargetKind::kLive;
  }

  AddressMap run() {
    std::uint32_t steps = 0;
    for (const Span& span : spans_) {
      if (++steps % 4096 == 0) throw_if_cancelled();
      add(span);
    }
    for (const AddressRange& range : snapshot_.absent) add_absent(range);
    return std::move(map_);
  }

 private:
  std::uint64_t number_of(std::uint64_t address) const { return (address - map_.range.begin.value) / map_.cell_bytes; }

  // Spans come in the order of their addresses, so a cell is the last one or a new one.
  std::size_t row_of(std::uint64_t cell) {
    if (map_.cell.empty() || map_.cell.back() < cell) {
      map_.cell.push_back(cell);
      for (auto* column : {&map_.live, &map_.garbage, &map_.free, &map_.absent}) column->push_back(0);
      map_.spans.push_back(0);
      return map_.cell.size() - 1;
    }
    return static_cast<std::size_t>(std::ranges::lower_bound(map_.cell, cell) - map_.cell.begin());
  }

  void add(const Span& span) {
    const std::uint64_t live = count_bits(reached_.bits, span.first_object, span.objects) * span.slot_size;
    const std::uint64_t garbage = span.objects * span.slot_size - live;
    map_.live_bytes += live;
    map_.garbage_bytes += garbage;
    map_.free_bytes += span.bytes() - live - garbage;
    ++map_.span_count;
    const std::uint64_t begin = span.base.value, end = begin + span.bytes();
    ++map_.spans[row_of(number_of(begin))];
    // What a span has is spread evenly over its cells; what is rounded off goes to the last.
    std::uint64_t given_live = 0, given_garbage = 0;
    for (std::uint64_t at = begin; at < end;) {
      const std::uint64_t cell = number_of(at);
      const std::uint64_t next = std::min(end, map_.range.begin.value + (cell + 1) * map_.cell_bytes);
      const std::size_t row = row_of(cell);
      const auto part = [&](std::uint64_t whole, std::uint64_t& given) {
        __extension__ using Wide = unsigned __int128;
        const auto until = static_cast<std::uint64_t>(static_cast<Wide>(whole) * (next - begin) / (end - begin));
        const std::uint64_t own = until - given;
        given = until;
        return own;
      };
      const std::uint64_t of_live = part(live, given_live), of_garbage = part(garbage, given_garbage);
      map_.live[row] += of_live;
      map_.garbage[row] += of_garbage;
      map_.free[row] += next - at - of_live - of_garbage;
      at = next;
    }
  }

  void add_absent(const AddressRange& range) {
    const std::uint64_t begin = std::max(range.begin.value, map_.range.begin.value);
    const std::uint64_t end = std::min(range.end.value, map_.range.end.value);
    for (std::uint64_t at = begin; at < end;) {
      const std::uint64_t cell = number_of(at);
      const std::uint64_t next = std::min(end, map_.range.begin.value + (cell + 1) * map_.cell_bytes);
      const auto row = std::ranges::lower_bound(map_.cell, cell);
      if (row != map_.cell.end() && *row == cell) {
        map_.absent[static_cast<std::size_t>(row - map_.cell.begin())] += next - at;
        map_.absent_bytes += next - at;
      }
      at = next;
    }
  }

  const heap::Snapshot& snapshot_;
  const graph::Reachability& reached_;
  std::span<const Span> spans_;
  AddressMap map_;
};

}  // namespace

AddressMap address_map(const heap::Snapshot& snapshot, const graph::Reachability& reached, AddressRange part,
                       std::size_t most) {
  std::span<const Span> spans(snapshot.spans);
  if (!part.empty()) {
    const auto from = std::ranges::lower_bound(spans, part.begin, {}, &Span::base);
    const auto to = std::ranges::lower_bound(spans, part.end, {}, &Span::base);
    spans = {from, to};
  }
  if (spans.empty()) return {};
  return MapMaker(snapshot, reached, spans, std::max<std::size_t>(most, 1)).run();
}

}  // namespace holdfast::view
