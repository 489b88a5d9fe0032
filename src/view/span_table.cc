#include "view/span_table.h"

#include <algorithm>
#include <bit>
#include <map>

#include "view/row_commands.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

struct SpanRow {
  const heap::Span* span = nullptr;
  const heap::SpanRecord* record = nullptr;  // null if it is not known
  std::uint64_t reached = 0;
  std::uint64_t marked = 0;
};

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
    {{"freeindex", Unit::kCount, "slots below it are taken, those from it on as their allocation bits say",
      Shown::kWhenAsked},
     [](const SpanRow& row) { return row.record ? Cell(std::uint64_t{row.record->free_index}) : Cell(); }},
    {{"sweep", Unit::kText, "how far the sweep after the last collection has come with it", Shown::kWhenAsked,
      [] { return words_or_none_up_to(heap::SweepState::kBeingSwept); }},
     [](const SpanRow& row) { return text_cell(row.record ? name_of(row.record->sweep) : std::string_view()); }},
    {{"p", Unit::kId, "the P that has it in its cache and allocates from it", Shown::kWhenAsked},
     [](const SpanRow& row) {
       const bool is_cached = row.record && row.record->processor != heap::SpanRecord::kNobody;
       return is_cached ? Cell(std::uint64_t{row.record->processor}) : Cell();
     }},
};

// The spans of one size class.
struct ClassRow {
  std::uint64_t size_class = 0;
  std::uint64_t slot = 0;  // 0 of large objects, which differ
  bool has_pointers = false;
  std::uint64_t spans = 0, size = 0, slots = 0, objects = 0;
  std::uint64_t taken = 0, reached = 0, free = 0, sparse = 0, sparse_free = 0;  // bytes, but for `sparse`
};

constexpr ColumnOf<ClassRow> kClassColumns[] = {
    {{"class", Unit::kId, "the runtime's size class; 0 is one large object each"},
     [](const ClassRow& row) { return Cell(row.size_class); }},
    {{"slot", Unit::kBytes, "what an object takes; - of large objects, which differ"},
     [](const ClassRow& row) { return row.slot == 0 ? Cell() : Cell(row.slot); }},
    {{"pointers", Unit::kFlag, "whether its objects can hold pointers"},
     [](const ClassRow& row) { return flag_cell(row.has_pointers); }},
    {{"spans", Unit::kCount, "in use"}, [](const ClassRow& row) { return Cell(row.spans); }},
    {{"size", Unit::kBytes, "of all their pages: what the class has in use"},
     [](const ClassRow& row) { return Cell(row.size); }},
    {{"allocated", Unit::kBytes, "of slots with an object, reachable or not"},
     [](const ClassRow& row) { return Cell(row.taken); }},
    {{"reached", Unit::kBytes, "of these, what something holds"},
     [](const ClassRow& row) { return Cell(row.reached); }},
    {{"fragmentation", Unit::kBytes, "size less what is allocated: free slots, and what is left behind the last one"},
     [](const ClassRow& row) { return Cell(row.size - row.taken); }},
    {{"filled", Unit::kCount, "percent of the size that is allocated"},
     [](const ClassRow& row) { return row.size == 0 ? Cell() : Cell(100 * row.taken / row.size); }},
    {{"free", Unit::kBytes, "free slots alone", Shown::kWhenAsked}, [](const ClassRow& row) { return Cell(row.free); }},
    {{"slots", Unit::kCount, "room for that many objects", Shown::kIfRoom},
     [](const ClassRow& row) { return Cell(row.slots); }},
    {{"objects", Unit::kCount, "allocated, reachable or not", Shown::kIfRoom},
     [](const ClassRow& row) { return Cell(row.objects); }},
    {{"sparse", Unit::kCount, "spans of which at most a quarter of the slots has an object", Shown::kIfRoom},
     [](const ClassRow& row) { return Cell(row.sparse); }},
    {{"sparse_free", Unit::kBytes, "what is free in these", Shown::kWhenAsked},
     [](const ClassRow& row) { return Cell(row.sparse_free); }},
};

void add_span(const heap::Span& span, std::uint64_t reached, ClassRow& row) {
  row.size_class = span.size_class;
  row.has_pointers = span.has_pointers;
  row.slot = span.size_class == 0 ? 0 : span.slot_size;
  ++row.spans;
  row.size += span.bytes();
  row.slots += span.slots;
  row.objects += span.objects;
  row.taken += span.objects * span.slot_size;
  row.reached += reached * span.slot_size;
  const std::uint64_t free = (span.slots - std::min(span.slots, span.objects)) * span.slot_size;
  row.free += free;
  if (4 * std::uint64_t{span.objects} > span.slots) return;
  ++row.sparse;
  row.sparse_free += free;
}

}  // namespace

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

TableShape span_shape() {
  return make_shape<SpanRow>("spans", "span", "-address", kColumns, "size");
}

Table span_table(const heap::Snapshot& snapshot, const graph::Reachability& reached) {
  std::vector<SpanRow> rows;
  rows.reserve(snapshot.spans.size());
  for (std::size_t s = 0; s < snapshot.spans.size(); ++s) {
    const heap::Span& span = snapshot.spans[s];
    rows.push_back({&span, s < snapshot.span_records.size() ? &snapshot.span_records[s] : nullptr,
                    count_bits(reached.bits, span.first_object, span.objects),
                    count_bits(snapshot.marked, span.first_object, span.objects)});
  }
  Table table = make_table<SpanRow>(span_shape(), kColumns, std::move(rows));
  open_by(table, "address", "spans", "--span");
  return table;
}

TableShape span_class_shape() {
  return make_shape<ClassRow>("span-classes", "class of spans", "fragmentation", kClassColumns, "size");
}

Table span_class_table(const heap::Snapshot& snapshot, const graph::Reachability& reached) {
  std::map<std::pair<std::uint8_t, bool>, ClassRow> classes;
  for (const heap::Span& span : snapshot.spans)
    add_span(span, count_bits(reached.bits, span.first_object, span.objects),
             classes[{span.size_class, span.has_pointers}]);
  std::vector<ClassRow> rows;
  for (const auto& [key, row] : classes) rows.push_back(row);
  Table table = make_table<ClassRow>(span_class_shape(), kClassColumns, std::move(rows));
  open_by(table, "class", "spans", "--filter class=");
  return table;
}

}  // namespace holdfast::view
