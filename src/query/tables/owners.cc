#include "query/tables.h"

namespace holdfast::query {
namespace {

const view::Home& home_of(At& at) {
  const Homes& homes = at.facts.homes();
  return homes.owners().homes()[homes.homes()[at.row].home];
}

// Null if several own it together.
const view::OwnerRow* owner_of(At& at) {
  const view::Home& home = home_of(at);
  return home.is_one() ? &at.facts.homes().owners().rows()[home.owners.front()] : nullptr;
}

std::string_view kind_of(const view::OwnerRow* owner) {
  if (owner == nullptr) return "shared";
  switch (owner->kind) {
    case view::OwnerKind::kRuntime:
      return "runtime";
    case view::OwnerKind::kSpecials:
      return "specials";
    case view::OwnerKind::kGoroutines:
      return "goroutines";
    case view::OwnerKind::kVariable:
      return "variable";
  }
  return {};
}

constexpr Column kOwnersColumns[] = {
    {.name = "id",
     .meaning = "number of the owner, in the order of names; each target has its own",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "owner",
     .kind = Kind::kText,
     .meaning = "the variable, the goroutines, ...; of several together all names, of more than 8 the first ones",
     .get = [](At& at, Out& out) { out.text(at.facts.homes().homes()[at.row].name); },
     .expect = Expect::kOne,
     .numbers = owners_named,
     .numbers_of = "id"},
    {.name = "kind",
     .kind = Kind::kText,
     .meaning = "variable, goroutines, runtime, specials (finalizers and the like); shared if several own it together",
     .get = [](At& at, Out& out) { out.text(kind_of(owner_of(at))); }},
    {.name = "owners",
     .meaning = "how many own it together; NULL if there are too many to tell",
     .get =
         [](At& at, Out& out) {
           if (!home_of(at).owners.empty()) out.integer(home_of(at).owners.size());
         }},
    {.name = "bytes",
     .kind = Kind::kBytes,
     .meaning = "of the objects that it owns",
     .get = [](At& at, Out& out) { out.integer(home_of(at).bytes); }},
    {.name = "objects",
     .meaning = "how many these are",
     .get = [](At& at, Out& out) { out.integer(at.facts.by_home().count(static_cast<std::uint32_t>(at.row))); }},
    {.name = "with_others",
     .kind = Kind::kBytes,
     .meaning = "what it reaches as well and does not have for itself; NULL for several together",
     .get =
         [](At& at, Out& out) {
           if (owner_of(at) != nullptr)
             out.integer(at.facts.homes().owners().bytes_with_others(home_of(at).owners.front()));
         }},
    {.name = "goroutines",
     .meaning = "how many goroutines it is; NULL for several together",
     .get =
         [](At& at, Out& out) {
           if (owner_of(at) != nullptr) out.integer(owner_of(at)->goroutines);
         }},
};

}  // namespace

const Table kOwners = {.name = "owners",
                       .meaning =
                           "Whose the heap is: every reachable object is in one row, so `sum(bytes)` is what "
                           "lives. Garbage is in none. Something that several hold has a row of its own.",
                       .columns = kOwnersColumns,
                       .count = [](Facts& facts) { return std::uint64_t{facts.homes().homes().size()}; }};

}  // namespace holdfast::query
