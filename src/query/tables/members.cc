#include "query/tables.h"

namespace holdfast::query {
namespace {

const Homes::Member& member_of(At& at) {
  return at.facts.homes().members()[at.row];
}

constexpr Column kMembersColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "home",
     .kind = Kind::kText,
     .meaning =
         "what is owned, as `owners` calls it in `owner`: one owner, which is its own member, or several together",
     .get = [](At& at, Out& out) { out.text(at.facts.homes().homes()[member_of(at).home].name); },
     .expect = Expect::kFew,
     .numbers = owners_named,
     .numbers_of = "home_id"},
    {.name = "home_id",
     .meaning = "its row in `owners`",
     .get = [](At& at, Out& out) { out.integer(member_of(at).home); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "owner",
     .kind = Kind::kText,
     .meaning = "one of those who have it",
     .get = [](At& at, Out& out) { out.text(at.facts.homes().homes()[member_of(at).owner].name); },
     .expect = Expect::kFew,
     .numbers = owners_named,
     .numbers_of = "owner_id"},
    {.name = "owner_id",
     .meaning = "the row in `owners` of what it has alone",
     .get = [](At& at, Out& out) { out.integer(member_of(at).owner); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "gave_way",
     .kind = Kind::kFlag,
     .meaning = "it reaches some of it and has it for the moment only, or weakly: others own it",
     .get = [](At& at, Out& out) { out.integer(std::uint64_t{member_of(at).gave_way}); }},
    {.name = "reaches",
     .kind = Kind::kBytes,
     .meaning = "how much of it: all of it, unless the owner gave way",
     .get = [](At& at, Out& out) { out.integer(member_of(at).bytes); }},
};

}  // namespace

const Table kMembers = {.name = "home_members",
                        .meaning =
                            "Who shares what: a row for each owner of each row of `owners`. A row that more "
                            "than 256 own together has none, since only the kinds of its owners are known.",
                        .columns = kMembersColumns,
                        .count = [](Facts& facts) { return std::uint64_t{facts.homes().members().size()}; }};

}  // namespace holdfast::query
