#include "query/tables.h"

namespace holdfast::query {
namespace {

const heap::MapFill& map_of(At& at) {
  return at.snapshot().map_fills[at.row];
}

constexpr Column kMapsColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "object",
     .meaning = "the map's header: its type and who holds it are there",
     .get = [](At& at, Out& out) { out.id(map_of(at).header); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "entries", .meaning = "what len() says", .get = [](At& at, Out& out) { out.integer(map_of(at).entries); }},
    {.name = "slots",
     .meaning = "entries that it has room for, without buckets that others overflow into",
     .get = [](At& at, Out& out) { out.integer(map_of(at).slots); }},
    {.name = "bytes",
     .kind = Kind::kBytes,
     .meaning = "of the objects that hold its tables or buckets",
     .get = [](At& at, Out& out) { out.integer(map_of(at).bytes); }},
    {.name = "was_deleted_from",
     .meaning = "whether its tables show that entries were deleted; each growth wipes that out, part by part",
     .get =
         [](At& at, Out& out) {
           if (map_of(at).deletes != heap::DeleteTraces::kUnknown)
             out.flag(map_of(at).deletes == heap::DeleteTraces::kSome);
         }},
    {.name = "nan_keys",
     .meaning = "keys that are NaN, or have one: no lookup finds them; NULL if they have no floating-point numbers",
     .get =
         [](At& at, Out& out) {
           if (map_of(at).nan_keys) out.integer(*map_of(at).nan_keys);
         }},
};

}  // namespace

const Table kMaps = {.name = "maps",
                     .meaning =
                         "How full maps are that have room for 64 entries or more, garbage too. A map does not give "
                         "room back when entries are deleted.",
                     .columns = kMapsColumns,
                     .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().map_fills.size()}; },
                     .of_graph = false};

}  // namespace holdfast::query
