#include "query/tables.h"
#include "view/words.h"

namespace holdfast::query {
namespace {

const heap::Timer& timer_of(At& at) {
  return at.snapshot().timers[at.row];
}

constexpr Column kTimersColumns[] = {
    {.name = "id",
     .meaning = "number of the row",
     .get = [](At& at, Out& out) { out.integer(at.row); },
     .find = Find::kByRow,
     .expect = Expect::kOne},
    {.name = "object",
     .meaning = "a time.Timer, a time.Ticker or another object that it lies in; NULL outside of the heap",
     .get = [](At& at, Out& out) { out.id(timer_of(at).object); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "kind",
     .kind = Kind::kText,
     .meaning = "channel, function, sleep, or other: deadlines of connections, the runtime's own",
     .get = [](At& at, Out& out) { out.text(view::name_of(timer_of(at).kind)); }},
    {.name = "due_in",
     .kind = Kind::kNanoseconds,
     .meaning =
         "from the look on, negative if it is late; NULL if it was stopped, and where the time of the look is not "
         "known, as of a core",
     .get =
         [](At& at, Out& out) {
           if (timer_of(at).due_known) out.signed_integer(timer_of(at).due_in_ns);
         }},
    {.name = "period",
     .kind = Kind::kNanoseconds,
     .meaning = "of a ticker; NULL if it is due once",
     .get =
         [](At& at, Out& out) {
           if (timer_of(at).period_ns > 0) out.integer(timer_of(at).period_ns);
         }},
    {.name = "stopped",
     .kind = Kind::kFlag,
     .meaning = "whether it was, and only waits to be taken off the runtime's list",
     .get = [](At& at, Out& out) { out.flag(timer_of(at).stopped); }},
    {.name = "function",
     .kind = Kind::kText,
     .meaning = "that the runtime calls: time.sendTime, time.goFunc, ...",
     .get = [](At& at, Out& out) { out.text(at.snapshot().strings[timer_of(at).function]); }},
    {.name = "calls",
     .kind = Kind::kText,
     .meaning = "the program's function, of time.AfterFunc",
     .get = [](At& at, Out& out) { out.text(at.snapshot().strings[timer_of(at).calls]); }},
    {.name = "argument",
     .meaning = "the channel or the function value",
     .get = [](At& at, Out& out) { out.id(timer_of(at).argument); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
    {.name = "goroutine",
     .meaning = "that it wakes: its row in `goroutines`",
     .get = [](At& at, Out& out) { out.id(timer_of(at).goroutine); },
     .find = Find::kBySorting,
     .expect = Expect::kOne},
};

}  // namespace

const Table kTimers = {.name = "timers",
                       .meaning =
                           "Timers in the runtime's lists. Programs of Go 1.23 and later have timers with a channel "
                           "there only while a goroutine waits for it.",
                       .columns = kTimersColumns,
                       .count = [](Facts& facts) { return std::uint64_t{facts.snapshot().timers.size()}; },
                       .of_graph = false};

}  // namespace holdfast::query
