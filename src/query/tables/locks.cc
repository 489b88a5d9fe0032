#include "query/tables.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::query {
namespace {

const heap::AwaitedLock& lock_of(At& at) {
  return at.snapshot().awaited_locks[at.row];
}

constexpr Column kLocksColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "lock",
     .kind = Kind::kAddress,
     .meaning = "where it begins; NULL if that is not known",
     .get =
         [](At& at, Out& out) {
           if (lock_of(at).at) out.integer(lock_of(at).at.value);
         }},
    {.name = "semaphore",
     .kind = Kind::kAddress,
     .meaning = "its word that goroutines wait for: their `waits_on`",
     .get = [](At& at, Out& out) { out.integer(lock_of(at).semaphore.value); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "object",
     .meaning = "in which it lies; NULL outside of the heap",
     .get = [](At& at, Out& out) { out.id(lock_of(at).object); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "variable",
     .kind = Kind::kText,
     .meaning = "in which it lies, or what uses that; NULL in the heap",
     .get =
         [](At& at, Out& out) {
           if (const LabelId label = lock_of(at).label)
             out.copy(view::variable_text(at.snapshot(), at.snapshot().labels[label.row]));
         }},
    {.name = "kind",
     .kind = Kind::kText,
     .meaning = "sync.Mutex, sync.RWMutex, sync.WaitGroup, or unknown",
     .get = [](At& at, Out& out) { out.text(view::name_of(lock_of(at).kind)); }},
    {.name = "locked",
     .kind = Kind::kFlag,
     .meaning =
         "whether somebody has it; of a sync.RWMutex a writer has it, or waits for the readers; NULL if its words "
         "could not be read",
     .get =
         [](At& at, Out& out) {
           if (lock_of(at).known) out.flag(lock_of(at).locked);
         }},
    {.name = "readers",
     .meaning = "of a sync.RWMutex, those that have it to read",
     .get =
         [](At& at, Out& out) {
           if (lock_of(at).known) out.integer(lock_of(at).readers);
         }},
    {.name = "missing",
     .meaning = "of a sync.WaitGroup, calls of Done",
     .get =
         [](At& at, Out& out) {
           if (lock_of(at).known) out.integer(lock_of(at).missing);
         }},
};

}  // namespace

const Table kLocks = {.name = "locks",
                      .meaning = "Locks and wait groups that goroutines wait for, and what their own words say.",
                      .columns = kLocksColumns,
                      .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().awaited_locks.size()}; },
                      .of_graph = false};

}  // namespace holdfast::query
