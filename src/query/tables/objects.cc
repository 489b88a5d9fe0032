#include <algorithm>
#include <bit>

#include "query/tables.h"
#include "view/words.h"

namespace holdfast::query {
namespace {

ObjectId object_of(const At& at) {
  return ObjectId(static_cast<std::uint32_t>(at.row));
}

// Neighbours mostly share a span.
const heap::Span& span_of(At& at) {
  if (at.span == nullptr || at.row - at.span->first_object >= at.span->objects) {
    at.span = &at.snapshot().spans[at.facts.index().find_span(object_of(at)).row];
    at.slot_object = {};
  }
  return *at.span;
}

// The slot of the next object is the next bit.
std::uint32_t slot_of(At& at) {
  const heap::Span& span = span_of(at);
  const ObjectId object = object_of(at);
  if (span.objects == span.slots) return object.row - span.first_object;
  if (at.slot_object == object) return at.slot;
  if (at.slot_object && at.slot_object.row + 1 == object.row) {
    const heap::Snapshot& s = at.snapshot();
    std::uint64_t slot = at.slot + std::uint64_t{1};
    std::uint64_t word = s.allocated[span.bits_at + slot / 64] >> (slot % 64) << (slot % 64);
    while (word == 0) {
      slot = (slot / 64 + 1) * 64;
      word = s.allocated[span.bits_at + slot / 64];
    }
    at.slot = static_cast<std::uint32_t>(slot / 64 * 64 + static_cast<unsigned>(std::countr_zero(word)));
  } else {
    at.slot = at.facts.index().slot_of(object);
  }
  at.slot_object = object;
  return at.slot;
}

std::uint64_t count_objects(Facts& facts) {
  return facts.snapshot().objects;
}

// Objects ascend with their addresses, first those that can hold pointers, then the others.
Rows at_addresses(Facts& facts, const Bound& bound) {
  const heap::Snapshot& s = facts.snapshot();
  if (bound.empty() || bound.most < 0) return {};
  const auto least = Address(bound.least < 0 ? 0 : static_cast<std::uint64_t>(bound.least));
  const auto most = Address(static_cast<std::uint64_t>(bound.most));
  if (least == most) {
    const ObjectId object = facts.index().find_object(least);
    return object && facts.index().address_of(object) == least ? Rows::range(object.row, object.row + std::uint64_t{1})
                                                               : Rows();
  }
  const auto first_from = [&](std::uint64_t begin, std::uint64_t end, const auto& is_below) {
    while (begin < end) {
      const std::uint64_t middle = begin + (end - begin) / 2;
      if (is_below(facts.index().address_of(ObjectId(static_cast<std::uint32_t>(middle)))))
        begin = middle + 1;
      else
        end = middle;
    }
    return begin;
  };
  Rows rows;
  const std::array<RowRange, 2> parts = {{{0, s.pointerful}, {s.pointerful, s.objects}}};
  for (std::size_t i = 0; i < parts.size(); ++i)
    rows.ranges[i] = {first_from(parts[i].begin, parts[i].end, [&](Address a) { return a < least; }),
                      first_from(parts[i].begin, parts[i].end, [&](Address a) { return a <= most; })};
  return rows;
}

Rows dominated_by(Facts& facts, const Bound& bound) {
  std::vector<std::uint32_t> rows;
  const auto [first, last] = bound.among(facts.snapshot().objects);
  for (std::uint64_t object = first; object < last; ++object)
    facts.tree().for_each_child(ObjectId(static_cast<std::uint32_t>(object)), [&](graph::NodeId child) {
      if (child.object()) rows.push_back(child.object().row);
    });
  return Rows::of(std::move(rows));
}

Rows dominated_by_root(Facts& facts, const Bound& bound) {
  std::vector<std::uint32_t> rows;
  const auto [first, last] = bound.among(facts.snapshot().roots.size());
  for (std::uint64_t root = first; root < last; ++root)
    facts.tree().for_each_child(RootId(static_cast<std::uint32_t>(root)), [&](graph::NodeId child) {
      if (child.object()) rows.push_back(child.object().row);
    });
  return Rows::of(std::move(rows));
}

void get_type(At& at, Out& out) {
  const std::uint32_t type = at.facts.types().of(at.snapshot().object_type[at.row]);
  if (type != TypeNames::kNone) out.text(at.facts.types().types()[type].name);
}

void get_type_id(At& at, Out& out) {
  const std::uint32_t type = at.facts.types().of(at.snapshot().object_type[at.row]);
  if (type != TypeNames::kNone) out.integer(type);
}

void get_owner(At& at, Out& out) {
  const std::uint32_t home = at.facts.homes().of(object_of(at));
  if (home != Homes::kNone) out.text(at.facts.homes().homes()[home].name);
}

void get_owner_id(At& at, Out& out) {
  const std::uint32_t home = at.facts.homes().of(object_of(at));
  if (home != Homes::kNone) out.integer(home);
}

void get_references(At& at, Out& out) {
  const heap::Snapshot& s = at.snapshot();
  out.integer(at.row < s.pointerful ? s.edges.row_begin[at.row + 1] - s.edges.row_begin[at.row] : 0);
}

constexpr Column kObjectsColumns[] = {
    {.name = "id",
     .meaning = "number of the object, the same in every look at one core or capture",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "address",
     .kind = Kind::kAddress,
     .meaning = "where its slot begins; object_at(address) finds it by any address inside",
     .get = [](At& at, Out& out) { out.integer((span_of(at).base + slot_of(at) * span_of(at).slot_size).value); },
     .find = Find::kByRows,
     .expect = Expect::kOne,
     .rows = at_addresses,
     .takes_range = true},
    {.name = "size",
     .kind = Kind::kBytes,
     .meaning = "of its slot",
     .get = [](At& at, Out& out) { out.integer(span_of(at).slot_size); }},
    {.name = "type",
     .kind = Kind::kText,
     .meaning = "as `holdfast types` calls it; the parts of a map have the map's. NULL if it is not known",
     .get = get_type,
     .numbers = types_named,
     .numbers_of = "type_id"},
    {.name = "type_id",
     .meaning = "its row in `types`",
     .get = get_type_id,
     .find = Find::kByRows,
     .rows = [](Facts& facts, const Bound& bound) { return facts.by_type().rows(bound); },
     .in_order = true,
     .takes_range = true},
    {.name = "known_by",
     .kind = Kind::kText,
     .meaning = "how the type is known",
     .get = [](At& at, Out& out) { out.text(view::name_of(at.snapshot().object_type[at.row].known_by())); }},
    {.name = "pointers",
     .kind = Kind::kFlag,
     .meaning = "whether it can hold pointers",
     .get = [](At& at, Out& out) { out.flag(at.row < at.snapshot().pointerful); }},
    {.name = "reachable",
     .kind = Kind::kFlag,
     .meaning = "whether something holds it; otherwise it is garbage",
     .get = [](At& at, Out& out) { out.flag(at.facts.reached().contains(object_of(at))); }},
    {.name = "marked",
     .kind = Kind::kFlag,
     .meaning = "whether the last collection marked it; NULL where that is not known any more",
     .get =
         [](At& at, Out& out) {
           if (span_of(at).has_marks) out.flag(heap::test_bit(at.snapshot().marked, at.row));
         }},
    {.name = "fresh",
     .kind = Kind::kFlag,
     .meaning = "whether it was allocated since that collection's mark",
     .get = [](At& at, Out& out) { out.flag(heap::test_bit(at.snapshot().fresh, at.row)); }},
    {.name = "retained",
     .kind = Kind::kBytes,
     .meaning = "what it alone keeps alive, itself included; NULL if nothing holds it",
     .get =
         [](At& at, Out& out) {
           if (at.facts.dominators().reachable(object_of(at)))
             out.integer(at.facts.dominators().retained_bytes(object_of(at)));
         }},
    {.name = "retained_objects",
     .meaning = "as many objects are that",
     .get =
         [](At& at, Out& out) {
           if (at.facts.dominators().reachable(object_of(at)))
             out.integer(at.facts.dominators().retained_count(object_of(at)));
         }},
    {.name = "dominator",
     .meaning = "the object through which every way to it goes, the nearest; NULL if that is no object",
     .get = [](At& at, Out& out) { out.id(at.facts.dominators().idom(object_of(at)).object()); },
     .find = Find::kByRows,
     .expect = Expect::kFew,
     .rows = dominated_by},
    {.name = "dominator_root",
     .meaning = "the row in `roots` through which every way to it goes, if no object is nearer",
     .get = [](At& at, Out& out) { out.id(at.facts.dominators().idom(object_of(at)).root()); },
     .find = Find::kByRows,
     .expect = Expect::kFew,
     .rows = dominated_by_root},
    {.name = "owner",
     .kind = Kind::kText,
     .meaning = "whose it is, as the row in `owners` is called; NULL if nothing holds it",
     .get = get_owner,
     .numbers = owners_named,
     .numbers_of = "owner_id"},
    {.name = "owner_id",
     .meaning = "that row",
     .get = get_owner_id,
     .find = Find::kByRows,
     .rows = [](Facts& facts, const Bound& bound) { return facts.by_home().rows(bound); },
     .in_order = true,
     .takes_range = true},
    {.name = "pointers_out", .meaning = "pointers in it that lead to objects", .get = get_references},
    {.name = "span",
     .meaning = "its row in `spans`",
     .get = [](At& at,
               Out& out) { out.integer(static_cast<std::uint64_t>(&span_of(at) - at.snapshot().spans.data())); },
     .find = Find::kByRows,
     .rows =
         [](Facts& facts, const Bound& bound) {
           const auto [first, last] = bound.among(facts.snapshot().spans.size());
           if (first >= last) return Rows();
           const heap::Span& span = facts.snapshot().spans[first];
           return Rows::range(span.first_object, std::uint64_t{span.first_object} + span.objects);
         }},
    {.name = "closed",
     .kind = Kind::kFlag,
     .meaning = "whether it is the descriptor of a connection, listener or file, and says that this was closed",
     .get =
         [](At& at, Out& out) {
           const auto& closed = at.snapshot().closed_files;
           out.flag(std::ranges::binary_search(closed, heap::ClosedFile{object_of(at)}));
         }},
};

}  // namespace

const Table kObjects = {.name = "objects",
                        .meaning =
                            "Every allocated object of the heap, garbage too. Stacks, package variables and "
                            "memory of C are no objects.",
                        .columns = kObjectsColumns,
                        .count = count_objects,
                        .small = false};

}  // namespace holdfast::query
