#include <limits>

#include "base/cancel.h"
#include "heap/field_path.h"
#include "query/tables.h"

namespace holdfast::query {
namespace {

// References mostly come in the order of their sources.
ObjectId source_of(At& at) {
  const auto& begin = at.snapshot().edges.row_begin;
  if (!at.source || begin[at.source.row] > at.row || begin[at.source.row + std::uint64_t{1}] <= at.row) {
    const std::uint64_t next = at.source ? at.source.row + std::uint64_t{1} : 0;
    const bool is_next = next < at.snapshot().pointerful && begin[next] <= at.row && begin[next + 1] > at.row;
    at.source = is_next ? ObjectId(static_cast<std::uint32_t>(next)) : at.facts.references().source(at.row);
    at.offset_edge = std::numeric_limits<std::uint64_t>::max();
  }
  return at.source;
}

// The edges of a row are told apart by their distances, so the way goes on from the last one that was asked for.
std::uint64_t offset_of(At& at) {
  const heap::Edges& edges = at.snapshot().edges;
  const ObjectId source = source_of(at);
  if (at.offset_edge > at.row) {
    at.offset_edge = edges.row_begin[source.row];
    at.offset = heap::edge_step(edges, static_cast<std::uint32_t>(at.offset_edge));
  }
  while (at.offset_edge < at.row) {
    ++at.offset_edge;
    at.offset += heap::edge_step(edges, static_cast<std::uint32_t>(at.offset_edge));
  }
  return at.offset;
}

void get_offset(At& at, Out& out) {
  if (at.facts.references().is_edge(at.row))
    out.integer(offset_of(at));
  else
    out.integer(at.facts.references().root_target(at.row).offset);
}

void get_field(At& at, Out& out) {
  const heap::Snapshot& s = at.snapshot();
  if (at.facts.references().is_edge(at.row)) {
    out.copy(heap::edge_path(s, at.facts.index(), source_of(at), static_cast<std::uint32_t>(at.row)).text);
    return;
  }
  const heap::Root& root = s.roots[at.facts.references().root(at.row).row];
  if (!root.type) return;
  const std::uint64_t offset = std::uint64_t{root.type_offset} + at.facts.references().root_target(at.row).offset;
  out.copy(heap::field_path(s, root.type, offset).text);
}

constexpr Column kEdgesColumns[] = {
    {.name = "id",
     .meaning = "number of the reference",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "source",
     .meaning = "the object that has the pointer; NULL if a root has it",
     .get =
         [](At& at, Out& out) {
           if (at.facts.references().is_edge(at.row)) out.id(source_of(at));
         },
     .find = Find::kByRows,
     .expect = Expect::kFew,
     .rows = [](Facts& facts, const Bound& bound) { return facts.references().of_sources(bound); },
     .takes_range = true},
    {.name = "root",
     .meaning = "the root that has the pointer; NULL if an object has it",
     .get =
         [](At& at, Out& out) {
           if (!at.facts.references().is_edge(at.row)) out.id(at.facts.references().root(at.row));
         },
     .find = Find::kByRows,
     .expect = Expect::kFew,
     .rows = [](Facts& facts, const Bound& bound) { return facts.references().of_roots(bound); },
     .in_order = true,
     .takes_range = true},
    {.name = "target",
     .meaning = "the object that it leads to, or into",
     .get = [](At& at, Out& out) { out.id(at.facts.references().target(at.row)); },
     .find = Find::kByRows,
     .expect = Expect::kFew,
     .rows = [](Facts& facts, const Bound& bound) { return facts.incoming().rows(bound); },
     .in_order = true,
     .takes_range = true},
    {.name = "offset",
     .kind = Kind::kBytes,
     .meaning = "of the pointer, from the object's start or the root's address",
     .get = get_offset},
    {.name = "field",
     .kind = Kind::kText,
     .meaning = "the field or element that the pointer lies in, if the type tells",
     .get = get_field},
};

}  // namespace

const Table kEdges = {.name = "edges",
                      .meaning =
                          "Every pointer that leads to an object: from an object, or from a root. Two pointers "
                          "from one object to another are two rows.",
                      .columns = kEdgesColumns,
                      .count = [](Facts& facts) { return facts.references().count(); },
                      .small = false};

}  // namespace holdfast::query
