#include "capture/wake_ups.h"

#include <algorithm>
#include <optional>
#include <span>

#include "base/architecture.h"
#include "go/timers.h"
#include "go/unwind.h"
#include "go/wake_ups.h"

namespace holdfast::capture {
namespace {

using heap::ActorKind;

// Of a stack that is not the runtime's, such as one of C, where its end is not known: as much as is copied of it.
constexpr std::uint64_t kMostForeignStack = 256 << 10;

template <typename Row>
void make_set(std::vector<Row>& rows) {
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
}

// Tells on which goroutine's stack an address lies.
class Stacks {
 public:
  explicit Stacks(const std::vector<heap::Goroutine>& goroutines) {
    for (std::uint32_t row = 0; row < goroutines.size(); ++row)
      if (!goroutines[row].stack.empty()) stacks_.emplace_back(goroutines[row].stack, GoroutineId(row));
    std::ranges::sort(stacks_, {}, [](const Stack& stack) { return stack.first.begin; });
  }

  GoroutineId find(Address at) const {
    const auto after = std::ranges::upper_bound(stacks_, at, {}, [](const Stack& stack) { return stack.first.begin; });
    if (after == stacks_.begin() || !std::prev(after)->first.contains(at)) return {};
    return std::prev(after)->second;
  }

 private:
  using Stack = std::pair<AddressRange, GoroutineId>;

  std::vector<Stack> stacks_;  // by address
};

class ActorPass {
 public:
  ActorPass(const FrozenTarget& target, const go::HeapModel& heap, const go::Scheduler& scheduler,
            const heap::ObjectIndex& index, heap::Snapshot& snapshot)
      : target_(target),
        runtime_(*target.identified->runtime),
        heap_(heap),
        scheduler_(scheduler),
        index_(index),
        snapshot_(snapshot),
        stacks_(snapshot.goroutines),
        unwinder_(runtime_, *target.identified->functions, scheduler, target.threads) {}

  // Returns the id of a thread whose words could not be read, if there is one.
  std::optional<std::uint64_t> run() {
    for (const go::ThreadRegisters& thread : target_.threads)
      if (!add_thread(thread)) return thread.thread_id;
    for (const go::Machine& machine : scheduler_.machines)
      if (machine.thread_id != 0 && machine.curg && !has_thread(machine.thread_id)) return machine.thread_id;
    add_timers();
    add_pinned();
    make_set(snapshot_.actors);
    return std::nullopt;
  }

 private:
  void add(Address value, ActorKind kind) {
    if (const ObjectId object = index_.find_object(value)) snapshot_.actors.push_back({object, kind});
  }

  bool has_thread(std::uint64_t id) const {
    return std::ranges::find(target_.threads, id, &go::ThreadRegisters::thread_id) != target_.threads.end();
  }

  const go::Machine* machine_of(std::uint64_t thread_id) const {
    const auto found = std::ranges::find(scheduler_.machines, thread_id, &go::Machine::thread_id);
    return found == scheduler_.machines.end() ? nullptr : &*found;
  }

  // Without a processor and a goroutine a thread of the runtime sleeps, waits for the network or watches over the
  // others: what its registers and its stack have is left over. So are the registers of one in a system call, before
  // which Go's code saves what it needs.
  bool has_nothing_in_hand(const go::Machine& machine, const Registers& registers) const {
    if (!machine.curg) return !machine.processor && machine.g0_stack.contains(registers.sp());
    const GoroutineId stands_on = stacks_.find(registers.sp());
    return stands_on && snapshot_.goroutines[stands_on.row].g == machine.curg &&
           snapshot_.goroutines[stands_on.row].state == heap::GoroutineState::kSyscall;
  }

  bool add_thread(const go::ThreadRegisters& thread) {
    const go::Machine* machine = machine_of(thread.thread_id);
    if (machine != nullptr && has_nothing_in_hand(*machine, thread.registers)) return true;
    if (!add_registers(thread.registers, machine)) return false;
    if (machine == nullptr || !machine->signal_stack.contains(thread.registers.sp())) return true;
    const auto interrupted = unwinder_.registers_of(*machine);
    return interrupted && add_registers(*interrupted, machine);
  }

  // The words of a goroutine's stack are that goroutine's: one that a thread stands on waits for nobody.
  bool add_registers(const Registers& registers, const go::Machine* machine) {
    for (const std::uint64_t value : registers.general) add(Address(value), ActorKind::kThread);
    const Address sp = registers.sp();
    if (stacks_.find(sp)) return true;
    Address end = sp + kMostForeignStack;
    if (machine != nullptr)
      for (const AddressRange& stack : {machine->g0_stack, machine->signal_stack})
        if (stack.contains(sp)) end = std::min(end, stack.end);
    const Address begin(sp.value / kWord * kWord);
    if (!runtime_.memory.try_pointer(begin)) return false;
    for (Address at = begin; at < end; at += kWord) {
      const auto word = runtime_.memory.try_pointer(at);
      if (!word) break;  // the end of a stack of C
      add(*word, ActorKind::kThread);
    }
    return true;
  }

  void add_timers() {
    const go::Timers timers = go::read_timers(runtime_, scheduler_.processors);
    for (const go::Timer& timer : timers.all)
      if (!timer.stopped)
        for (const Address used : {timer.record, timer.closure, timer.argument}) add(used, ActorKind::kTimer);
    for (const Address list : timers.lists) add(list, ActorKind::kTimerList);
  }

  // Which slots of a span are pinned does not matter: one actor too many only acquits.
  void add_pinned() {
    for (std::uint32_t row = 0; row < heap_.in_use().size(); ++row) {
      if (!heap_.in_use()[row].pinned) continue;
      const heap::Span& span = snapshot_.spans[row];
      for (std::uint32_t object = 0; object < span.objects; ++object)
        snapshot_.actors.push_back({ObjectId(span.first_object + object), ActorKind::kPinned});
    }
  }

  const FrozenTarget& target_;
  const go::Runtime& runtime_;
  const go::HeapModel& heap_;
  const go::Scheduler& scheduler_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  const Stacks stacks_;
  const go::Unwinder unwinder_;
};

}  // namespace

void add_wake_ups(const FrozenTarget& target, const go::Scheduler& scheduler, const go::ChannelQueues& queues,
                  const heap::ObjectIndex& index, const FrameWords& words_of, heap::Snapshot& snapshot) {
  go::WakeUpReader reader(*target.identified->runtime, scheduler, queues);
  const Stacks stacks(snapshot.goroutines);
  for (std::uint32_t g = 0; g < scheduler.goroutines.size(); ++g) {
    if (!scheduler.goroutines[g].waits()) continue;
    const auto words = words_of(g);
    if (!words) continue;
    const auto awaited = reader.read(scheduler.goroutines[g], *words);
    if (!awaited) continue;
    std::vector<heap::WakeUp> rows;
    if (awaited->empty()) rows.push_back({GoroutineId(g), {}, {}, {}});
    for (const go::AwaitedObject& each : *awaited) {
      heap::WakeUp row{GoroutineId(g), index.find_object(each.object), {}, index.find_object(each.record)};
      if (!row.object) row.stack = stacks.find(each.object);
      if (!row.object && !row.stack) {  // a package variable, or memory of C: anybody can use it
        rows.clear();
        break;
      }
      if (row.stack == row.goroutine) row.stack = {};  // nobody else can
      rows.push_back(row);
    }
    snapshot.wake_ups.insert(snapshot.wake_ups.end(), rows.begin(), rows.end());
  }
  make_set(snapshot.wake_ups);
}

void add_actors(const FrozenTarget& target, const go::HeapModel& heap, const go::Scheduler& scheduler,
                const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses) {
  const auto unread = ActorPass(target, heap, scheduler, index, snapshot).run();
  if (!unread) return;
  losses.add(LossKind::kUnknownActor, Address(*unread));
  snapshot.wake_ups.clear();
  snapshot.actors.clear();
}

}  // namespace holdfast::capture
