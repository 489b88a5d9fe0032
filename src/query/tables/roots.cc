#include "query/tables.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::query {
namespace {

const heap::Root& root_of(At& at) {
  return at.snapshot().roots[at.row];
}

RootId root_id(const At& at) {
  return RootId(static_cast<std::uint32_t>(at.row));
}

const heap::Label& label_at(At& at) {
  return view::label_of(at.snapshot(), root_of(at));
}

std::string_view string_at(At& at, StringId id) {
  return at.snapshot().strings[id];
}

constexpr Column kRootsColumns[] = {
    {.name = "id",
     .meaning = "number of the root",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "kind",
     .kind = Kind::kText,
     .meaning = "what sort of root it is: global, goroutine, frame, ...",
     .get = [](At& at, Out& out) { out.text(view::name_of(root_of(at).kind)); }},
    {.name = "name",
     .kind = Kind::kText,
     .meaning = "of the variable, the goroutine, the frame",
     .get = [](At& at, Out& out) { out.text(at.facts.root_names()[at.row]); }},
    {.name = "parent",
     .meaning = "the root that it is a part of",
     .get = [](At& at, Out& out) { out.id(root_of(at).parent); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "address",
     .kind = Kind::kAddress,
     .meaning = "of the variable or the stack slot, if it has one",
     .get =
         [](At& at, Out& out) {
           if (root_of(at).where) out.integer(root_of(at).where.value);
         },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "type",
     .kind = Kind::kText,
     .meaning = "of the variable, if it is known",
     .get =
         [](At& at, Out& out) {
           const std::uint32_t type = at.facts.types().of(root_of(at).type);
           if (type != TypeNames::kNone) out.text(at.facts.types().types()[type].name);
         },
     .expect = Expect::kFew,
     .numbers = types_named,
     .numbers_of = "type_id"},
    {.name = "type_id",
     .meaning = "its row in `types`",
     .get =
         [](At& at, Out& out) {
           const std::uint32_t type = at.facts.types().of(root_of(at).type);
           if (type != TypeNames::kNone) out.integer(type);
         },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "targets",
     .meaning = "pointers to objects that it has itself: its rows in `edges`",
     .get = [](At& at, Out& out) { out.integer(root_of(at).target_count); }},
    {.name = "retained",
     .kind = Kind::kBytes,
     .meaning = "what it alone keeps alive, with all that stands under it",
     .get = [](At& at, Out& out) { out.integer(at.facts.dominators().retained_bytes(root_id(at))); }},
    {.name = "retained_objects",
     .meaning = "as many objects are that",
     .get = [](At& at, Out& out) { out.integer(at.facts.dominators().retained_count(root_id(at))); }},
    {.name = "owner",
     .kind = Kind::kText,
     .meaning = "the owner that it is a part of, as its row in `owners` is called",
     .get = [](At& at, Out& out) { out.text(at.facts.homes().homes()[at.facts.homes().of(root_id(at))].name); },
     .expect = Expect::kFew,
     .numbers = owners_named,
     .numbers_of = "owner_id"},
    {.name = "owner_id",
     .meaning = "that row",
     .get = [](At& at, Out& out) { out.integer(at.facts.homes().of(root_id(at))); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "goroutine",
     .meaning = "the row in `goroutines` that it belongs to",
     .get = [](At& at, Out& out) { out.id(root_of(at).goroutine); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "about",
     .meaning = "the object that a finalizer, cleanup or weak handle is about; the root does not hold it",
     .get = [](At& at, Out& out) { out.id(root_of(at).about); },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "basis",
     .kind = Kind::kText,
     .meaning = "what the name rests on",
     .get = [](At& at, Out& out) { out.text(view::name_of(label_at(at).basis)); }},
    {.name = "variable",
     .kind = Kind::kText,
     .meaning = "the package variable, if its name is known",
     .get = [](At& at, Out& out) { out.text(string_at(at, label_at(at).variable)); }},
    {.name = "function",
     .kind = Kind::kText,
     .meaning = "of the frame or special, or one that uses the variable",
     .get =
         [](At& at, Out& out) {
           const heap::Label& label = label_at(at);
           out.text(string_at(at, label.code.function ? label.code.function : label.user));
         }},
    {.name = "file",
     .kind = Kind::kText,
     .meaning = "of the frame's line",
     .get = [](At& at, Out& out) { out.text(string_at(at, label_at(at).code.file)); }},
    {.name = "line",
     .meaning = "of the frame",
     .get =
         [](At& at, Out& out) {
           if (label_at(at).code.line > 0) out.integer(label_at(at).code.line);
         }},
    {.name = "conservative",
     .kind = Kind::kFlag,
     .meaning = "1: its words may be no pointers at all",
     .get = [](At& at, Out& out) { out.flag(root_of(at).conservative); }},
};

}  // namespace

const Table kRoots = {.name = "roots",
                      .meaning =
                          "What holds memory from outside the heap. A row can be a part of another one, which "
                          "then retains what it retains: rows with `parent IS NULL` are parts of none. What "
                          "only several of these hold together is in no `retained` of theirs.",
                      .columns = kRootsColumns,
                      .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().roots.size()}; }};

}  // namespace holdfast::query
