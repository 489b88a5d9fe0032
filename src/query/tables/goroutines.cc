#include "query/tables.h"
#include "view/label_table.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::query {
namespace {

const heap::Goroutine& goroutine_of(At& at) {
  return at.snapshot().goroutines[at.row];
}

constexpr Column kGoroutinesColumns[] = {
    {.name = "id",
     .meaning = "number of the row; `goid` is Go's own",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "goid",
     .meaning = "Go's number of it",
     .get = [](At& at, Out& out) { out.integer(goroutine_of(at).goid); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "state",
     .kind = Kind::kText,
     .meaning = "what it does: running, waiting, dead, ...",
     .get = [](At& at, Out& out) { out.text(view::name_of(goroutine_of(at).state)); }},
    {.name = "wait_reason",
     .kind = Kind::kText,
     .meaning = "why it waits, in the runtime's words",
     .get = [](At& at, Out& out) { out.text(view::name_of(goroutine_of(at).wait_reason)); }},
    {.name = "waiting",
     .kind = Kind::kNanoseconds,
     .meaning = "how long at least; the runtime notes it at a collection",
     .get =
         [](At& at, Out& out) {
           if (goroutine_of(at).waiting_ns) out.integer(*goroutine_of(at).waiting_ns);
         }},
    {.name = "waits_on",
     .kind = Kind::kAddress,
     .meaning = "the channel or semaphore, if it is known",
     .get =
         [](At& at, Out& out) {
           if (goroutine_of(at).waits_on) out.integer(goroutine_of(at).waits_on.value);
         },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "root",
     .meaning = "its row in `roots`; NULL if it holds nothing",
     .get = [](At& at, Out& out) { out.id(goroutine_of(at).root); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "retained",
     .kind = Kind::kBytes,
     .meaning = "what its stack alone keeps alive on the heap",
     .get =
         [](At& at, Out& out) {
           if (goroutine_of(at).root) out.integer(at.facts.dominators().retained_bytes(goroutine_of(at).root));
         }},
    {.name = "stack",
     .kind = Kind::kBytes,
     .meaning = "size of its stack, which is no heap",
     .get = [](At& at, Out& out) { out.integer(goroutine_of(at).stack.size()); }},
    {.name = "stack_used",
     .kind = Kind::kBytes,
     .meaning = "of its stack, from the innermost frame on",
     .get =
         [](At& at, Out& out) {
           if (goroutine_of(at).stack_used > 0) out.integer(goroutine_of(at).stack_used);
         }},
    {.name = "depth",
     .meaning = "functions on its stack, inlined ones too: its rows in `frames`",
     .get = [](At& at, Out& out) { out.integer(goroutine_of(at).frame_count); }},
    {.name = "top",
     .kind = Kind::kText,
     .meaning = "innermost frame that is not of the runtime or of a package that blocks for others",
     .get = [](At& at, Out& out) { out.copy(view::code_text(at.facts.names().top_frame(goroutine_of(at)))); }},
    {.name = "created_by",
     .kind = Kind::kText,
     .meaning = "function of the go statement",
     .get = [](At& at, Out& out) { out.text(at.snapshot().strings[goroutine_of(at).created_by]); }},
    {.name = "created_at",
     .kind = Kind::kText,
     .meaning = "file and line of it",
     .get =
         [](At& at, Out& out) {
           const heap::Goroutine& one = goroutine_of(at);
           out.copy(view::line_text_with_path(at.snapshot().strings[one.created_file], one.created_line));
         }},
    {.name = "parent",
     .meaning = "the goid of the goroutine that started it, from Go 1.21 on",
     .get =
         [](At& at, Out& out) {
           if (goroutine_of(at).parent_goid > 0) out.integer(goroutine_of(at).parent_goid);
         },
     .find = Find::kBySorting,
     .expect = Expect::kFew},
    {.name = "labels",
     .kind = Kind::kText,
     .meaning = "its pprof labels: key=value",
     .get =
         [](At& at, Out& out) {
           const GoroutineId id(static_cast<std::uint32_t>(at.row));
           out.copy(view::labels_text(at.snapshot(), std::span(&id, 1)));
         }},
    {.name = "system",
     .kind = Kind::kFlag,
     .meaning = "whether it is the runtime's own",
     .get = [](At& at, Out& out) { out.flag(goroutine_of(at).system); }},
    {.name = "address",
     .kind = Kind::kAddress,
     .meaning = "of its runtime.g",
     .get =
         [](At& at, Out& out) {
           if (goroutine_of(at).g) out.integer(goroutine_of(at).g.value);
         },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
};

}  // namespace

const Table kGoroutines = {.name = "goroutines",
                           .meaning =
                               "Every goroutine that the runtime has a record of, also those that have ended "
                               "(`state = 'dead'`), whose records are used again.",
                           .columns = kGoroutinesColumns,
                           .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().goroutines.size()}; }};

}  // namespace holdfast::query
