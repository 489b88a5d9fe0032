#include "view/span_table.h"

#include <bit>

namespace holdfast::view {
namespace {

struct SpanRow {
  const heap::Span* span = nullptr;
  std::uint64_t reached = 0;
  std::uint64_t marked = 0;
};

// Counts the bits set in [first, first + count).
std::uint64_t count_bits(const HugeArray<std::uint64_t>& bits, std::uint64_t first, std::uint64_t count) {
  std::uint64_t sum = 0;
  for (std::uint64_t at = first, end = first + count; at < end;) {
    const std::uint64_t n = std::min<std::uint64_t>(64 - at % 64, end - at);
    const std::uint64_t mask = n == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
    sum += static_cast<std::uint64_t>(std::popcount(bits[at / 64] >> (at % 64) & mask));
    at += n;
  }
  return sum;
}

constexpr ColumnOf<SpanRow> kColumns[] = {
    {{"address", Unit::kAddress, "where it begins"}, [](const SpanRow& row) { return Cell(row.span->base.value); }},
    {{"pages", Unit::kCount, "of 8 KiB", Shown::kIfRoom},
     [](const SpanRow& row) { return Cell(std::uint64_t{row.span->pages}); }},
    {{"size", Unit::kBytes, "of all its pages"}, [](const SpanRow& row) { return Cell(row.span->bytes()); }},
    {{"class", Unit::kId, "the runtime's size class; 0 is one large object", Shown::kIfRoom},
     [](const SpanRow& row) { return Cell(std::uint64_t{row.span->size_class}); }},
    {{"slot", Unit::kBytes, "of one slot: what an object takes"},
     [](const SpanRow& row) { return Cell(row.span->slot_size); }},
    {{"slots", Unit::kCount, "room for that many objects"},
     [](const SpanRow& row) { return Cell(std::uint64_t{row.span->slots}); }},
    {{"objects", Unit::kCount, "allocated, reachable or not"},
     [](const SpanRow& row) { return Cell(std::uint64_t{row.span->objects}); }},
    {{"reached", Unit::kCount, "objects that something holds"}, [](const SpanRow& row) { return Cell(row.reached); }},
    {{"marked", Unit::kCount, "objects that the last collection marked; - while it is being swept", Shown::kIfRoom},
     [](const SpanRow& row) { return row.span->has_marks ? Cell(row.marked) : Cell(); }},
    {{"pointers", Unit::kFlag, "whether its objects can hold pointers", Shown::kIfRoom},
     [](const SpanRow& row) { return flag_cell(row.span->has_pointers); }},
};

}  // namespace

TableShape span_shape() {
  return make_shape<SpanRow>("spans", "span", "-address", kColumns, "size");
}

Table span_table(const heap::Snapshot& snapshot, const graph::Reachability& reached) {
  std::vector<SpanRow> rows;
  rows.reserve(snapshot.spans.size());
  for (const heap::Span& span : snapshot.spans)
    rows.push_back({&span, count_bits(reached.bits, span.first_object, span.objects),
                    count_bits(snapshot.marked, span.first_object, span.objects)});
  return make_table<SpanRow>(span_shape(), kColumns, std::move(rows));
}

}  // namespace holdfast::view
