#include <bit>

#include "query/tables.h"

namespace holdfast::query {
namespace {

const heap::Span& span_at(At& at) {
  return at.snapshot().spans[at.row];
}

// Counts the bits of the span's objects.
std::uint64_t count_of(const heap::Span& span, const HugeArray<std::uint64_t>& bits) {
  std::uint64_t sum = 0;
  const std::uint64_t end = std::uint64_t{span.first_object} + span.objects;
  for (std::uint64_t at = span.first_object; at < end;) {
    const std::uint64_t taken = std::min<std::uint64_t>(64 - at % 64, end - at);
    const std::uint64_t mask = taken == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << taken) - 1;
    sum += static_cast<unsigned>(std::popcount(bits[at / 64] >> (at % 64) & mask));
    at += taken;
  }
  return sum;
}

constexpr Column kSpansColumns[] = {
    {.name = "id",
     .meaning = "number of the span, in the order of addresses",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "address",
     .kind = Kind::kAddress,
     .meaning = "where it begins",
     .get = [](At& at, Out& out) { out.integer(span_at(at).base.value); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "pages", .meaning = "of 8 KiB", .get = [](At& at, Out& out) { out.integer(span_at(at).pages); }},
    {.name = "size",
     .kind = Kind::kBytes,
     .meaning = "of all its pages",
     .get = [](At& at, Out& out) { out.integer(span_at(at).bytes()); }},
    {.name = "class",
     .meaning = "the runtime's size class; 0 is one large object",
     .get = [](At& at, Out& out) { out.integer(span_at(at).size_class); }},
    {.name = "slot",
     .kind = Kind::kBytes,
     .meaning = "of one slot: what an object takes",
     .get = [](At& at, Out& out) { out.integer(span_at(at).slot_size); }},
    {.name = "slots",
     .meaning = "room for that many objects",
     .get = [](At& at, Out& out) { out.integer(span_at(at).slots); }},
    {.name = "objects",
     .meaning = "allocated, reachable or not",
     .get = [](At& at, Out& out) { out.integer(span_at(at).objects); }},
    {.name = "reached",
     .meaning = "objects that something holds",
     .get = [](At& at, Out& out) { out.integer(count_of(span_at(at), at.facts.reached().bits)); },
     .of_graph = true},
    {.name = "marked",
     .meaning = "objects that the last collection marked; NULL while it is being swept",
     .get =
         [](At& at, Out& out) {
           if (span_at(at).has_marks) out.integer(count_of(span_at(at), at.snapshot().marked));
         }},
    {.name = "pointers",
     .kind = Kind::kFlag,
     .meaning = "whether its objects can hold pointers",
     .get = [](At& at, Out& out) { out.flag(span_at(at).has_pointers); }},
};

}  // namespace

const Table kSpans = {.name = "spans",
                      .meaning = "The runs of pages that have slots for objects. Free pages and stacks are in none.",
                      .columns = kSpansColumns,
                      .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().spans.size()}; },
                      .of_graph = false};

}  // namespace holdfast::query
