#include <array>

#include "query/tables.h"
#include "view/words.h"

namespace holdfast::query {
namespace {

const TypeNames::Named& named(At& at) {
  return at.facts.types().types()[at.row];
}

const heap::Type& type_of(At& at) {
  return at.snapshot().types[named(at).type.row];
}

// In Go's words.
std::string_view name_of_kind(heap::TypeKind kind) {
  constexpr std::array<std::string_view, 29> kNames = {
      "",        "bool",   "int",       "int8",    "int16",   "int32",   "int64",     "uint",       "uint8",
      "uint16",  "uint32", "uint64",    "uintptr", "float32", "float64", "complex64", "complex128", "array",
      "chan",    "func",   "interface", "map",     "pointer", "slice",   "string",    "struct",     "unsafe pointer",
      "closure", "opaque"};
  const auto at = static_cast<std::size_t>(kind);
  return at < kNames.size() ? kNames[at] : std::string_view();
}

void put_type(At& at, TypeId type, Out& out) {
  const std::uint32_t number = at.facts.types().of(type);
  if (number != TypeNames::kNone) out.integer(number);
}

constexpr Column kTypesColumns[] = {
    {.name = "id",
     .meaning = "number of the type, in the order of names; each target has its own",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "type",
     .kind = Kind::kText,
     .meaning = "full name; with a … if its objects hold a value of the type and something else",
     .get = [](At& at, Out& out) { out.text(named(at).name); },
     .expect = Expect::kOne,
     .numbers = types_named,
     .numbers_of = "id"},
    {.name = "kind",
     .kind = Kind::kText,
     .meaning = "struct, map, pointer, ...",
     .get = [](At& at, Out& out) { out.text(name_of_kind(type_of(at).kind)); }},
    {.name = "role",
     .kind = Kind::kText,
     .meaning = "what it is for, where the runtime gives it a part to play",
     .get = [](At& at, Out& out) { out.text(view::name_of(type_of(at).role)); }},
    {.name = "size",
     .kind = Kind::kBytes,
     .meaning = "of one value",
     .get = [](At& at, Out& out) { out.integer(type_of(at).size); }},
    {.name = "elem_id",
     .meaning = "the type of what an array, channel, map, pointer or slice has",
     .get = [](At& at, Out& out) { put_type(at, type_of(at).elem, out); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "key_id",
     .meaning = "the type of a map's keys",
     .get = [](At& at, Out& out) { put_type(at, type_of(at).key, out); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "removals",
     .kind = Kind::kText,
     .meaning = "of a map: whether some code deletes entries, never or somewhere; reflect could, in either case",
     .get =
         [](At& at, Out& out) {
           const heap::MapRemovals removals = type_of(at).removals;
           if (removals != heap::MapRemovals::kUnknown)
             out.text(removals == heap::MapRemovals::kNever ? "never" : "somewhere");
         }},
    {.name = "count",
     .meaning = "reachable objects of the type; a map has several",
     .get =
         [](At& at, Out& out) {
           const view::TypeTotals* const totals = at.facts.totals(static_cast<std::uint32_t>(at.row));
           out.integer(totals == nullptr ? 0 : totals->count);
         }},
    {.name = "own",
     .kind = Kind::kBytes,
     .meaning = "of their slots",
     .get =
         [](At& at, Out& out) {
           const view::TypeTotals* const totals = at.facts.totals(static_cast<std::uint32_t>(at.row));
           out.integer(totals == nullptr ? 0 : totals->bytes);
         }},
    {.name = "retained",
     .kind = Kind::kBytes,
     .meaning = "what they keep alive together, themselves included",
     .get =
         [](At& at, Out& out) {
           const view::TypeTotals* const totals = at.facts.totals(static_cast<std::uint32_t>(at.row));
           out.integer(totals == nullptr ? 0 : totals->retained_bytes);
         }},
};

}  // namespace

const Table kTypes = {.name = "types",
                      .meaning =
                          "Every type that is known, with and without objects. Objects whose type is not known "
                          "are in no row: `SELECT count(*), sum(size) FROM objects WHERE type IS NULL`.",
                      .columns = kTypesColumns,
                      .count = [](Facts& facts) { return std::uint64_t{facts.types().types().size()}; }};

}  // namespace holdfast::query
