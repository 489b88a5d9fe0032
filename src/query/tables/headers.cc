#include "query/tables.h"

namespace holdfast::query {
namespace {

const heap::LargeHeader& header_of(At& at) {
  return at.snapshot().large_headers[at.row];
}

constexpr Column kHeadersColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "object",
     .meaning = "who has it; NULL if it is a package variable",
     .get = [](At& at, Out& out) { out.id(header_of(at).object); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "root",
     .meaning = "the package variable that has it, in `roots`",
     .get = [](At& at, Out& out) { out.id(header_of(at).variable); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "offset",
     .kind = Kind::kBytes,
     .meaning = "where it stands: from the start of the object's slot, or of the variable's part that the root is",
     .get = [](At& at, Out& out) { out.integer(header_of(at).at); }},
    {.name = "type",
     .kind = Kind::kText,
     .meaning = "of the slice, or string",
     .get =
         [](At& at, Out& out) {
           const std::uint32_t type = at.facts.types().of(header_of(at).type);
           if (type != TypeNames::kNone) out.text(at.facts.types().types()[type].name);
         },
     .expect = Expect::kMany,
     .numbers = types_named,
     .numbers_of = "type_id",
     .of_graph = true},
    {.name = "type_id",
     .meaning = "its row in `types`",
     .get =
         [](At& at, Out& out) {
           const std::uint32_t type = at.facts.types().of(header_of(at).type);
           if (type != TypeNames::kNone) out.integer(type);
         },
     .find = Find::kBySorting,
     .expect = Expect::kMany,
     .of_graph = true},
    {.name = "target",
     .meaning = "the object that it refers to",
     .get = [](At& at, Out& out) { out.id(header_of(at).into); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "begin",
     .kind = Kind::kBytes,
     .meaning = "where in that object",
     .get = [](At& at, Out& out) { out.integer(header_of(at).begin); }},
    {.name = "length",
     .kind = Kind::kBytes,
     .meaning = "what it covers",
     .get = [](At& at, Out& out) { out.integer(header_of(at).length); }},
    {.name = "capacity",
     .kind = Kind::kBytes,
     .meaning = "what it could cover; of a string its length",
     .get = [](At& at, Out& out) { out.integer(header_of(at).capacity); }},
};

}  // namespace

const Table kHeaders = {.name = "headers",
                        .meaning =
                            "Slices and strings in objects, garbage too, and in package variables that refer to "
                            "objects of 1 KiB or more, or to a quarter at most of one of 128 B or more that has no "
                            "pointers. Those in frames of stacks have no rows; `slices` has them.",
                        .columns = kHeadersColumns,
                        .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().large_headers.size()}; },
                        .small = false,
                        .of_graph = false};

}  // namespace holdfast::query
