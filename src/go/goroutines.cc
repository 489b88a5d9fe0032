#include "go/goroutines.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "go/library_layouts.h"
#include "go/machine_record.h"
#include "go/runtime_lists.h"
#include "go/semaphores.h"

namespace holdfast::go {
namespace {

// No list of a damaged target is followed further than this.
constexpr std::uint64_t kMostMachines = 1 << 20;
constexpr std::uint64_t kMostSelectCases = 1 << 16;  // the runtime's own limit

WaiterLayout waiter_layout(const LayoutSource& layouts) {
  const auto waiter = read_library_layouts(layouts).waiter;
  if (!waiter) fail(ErrorCode::kUnsupported, "there is no runtime.sudog in the layouts of {}", layouts.name());
  return *waiter;
}

class SchedulerReader {
 public:
  SchedulerReader(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses)
      : runtime_(runtime),
        memory_(runtime.memory),
        layouts_(runtime.layouts),
        vars_(runtime.vars),
        functions_(functions),
        losses_(losses),
        reasons_(runtime.layouts, runtime.version) {}

  Scheduler read() {
    read_goroutines();
    read_semaphores();
    if (!vars_.allp)
      losses_.add(LossKind::kNoProcessors, Address());
    else
      out_.processors = read_processors(runtime_);
    read_machines();
    return std::move(out_);
  }

 private:
  void read_goroutines() {
    const auto list = list_goroutines(runtime_);
    Record record(memory_, g_.size);
    out_.goroutines.reserve(list.size());
    for (const Address at : list) {
      if (record.read(at))
        add_goroutine(at, record);
      else
        losses_.add(LossKind::kUnreadableGoroutine, at);
    }
  }

  void add_goroutine(Address at, const Record& r) {
    Goroutine g;
    g.g = at;
    g.goid = r.number(g_.goid);
    g.parent_goid = r.number(g_.parent_goid);
    g.status = g_.status_of(r);
    g.async_safe_point = r.flag(g_.async_safe_point);
    if (g.waits()) g.wait_reason = reasons_[static_cast<std::uint8_t>(r.number(g_.wait_reason))];
    g.wait_since = static_cast<std::int64_t>(r.number(g_.wait_since));
    g.stack = g_.stack_of(r);
    g.sched_pc = r.pointer(g_.sched_pc);
    g.sched_sp = r.pointer(g_.sched_sp);
    g.sched_ctxt = r.pointer(g_.sched_ctxt);
    g.syscall_pc = r.pointer(g_.syscall_pc);
    g.syscall_sp = r.pointer(g_.syscall_sp);
    g.stack_top_sp = r.pointer(g_.top_sp);
    g.go_pc = r.pointer(g_.go_pc);
    g.start_pc = r.pointer(g_.start_pc);
    g.m = r.pointer(g_.m);
    g.locked_m = r.pointer(g_.locked_m);
    g.defers = r.pointer(g_.defers);
    g.panics = r.pointer(g_.panics);
    g.labels = r.pointer(g_.labels);
    g.param = r.pointer(g_.param);
    g.waiting = r.pointer(g_.waiting);
    g.is_between = r.flag(g_.select_done) || r.flag(g_.parking);
    g.extended_registers = r.pointer(g_.extended_registers);
    g.running_cleanups = r.flag(g_.running_cleanups);
    g.system = is_system(g, functions_);
    if (g.waits()) add_waits(g, g.waiting);
    out_.goroutines.push_back(g);
  }

  void add_waits(Goroutine& g, Address sudog) {
    g.first_wait = static_cast<std::uint32_t>(out_.waits.size());
    for (std::uint64_t i = 0; sudog && i < kMostSelectCases && waiter_record_.read(sudog); ++i) {
      const Address channel = waiter_pointer(waiter_.channel);
      const Address elem = waiter_pointer(waiter_.elem);
      WaitTarget target;
      target.is_select = waiter_record_.flag(FieldLayout{waiter_.is_select, 1});
      target.sudog = sudog;
      target.object = channel ? channel : elem;
      if (channel) target.elem = elem;
      if (!channel)
        target.kind = g.wait_reason == WaitReason::kCondWait ? WaitTargetKind::kCond : WaitTargetKind::kSemaphore;
      if (target.object) out_.waits.push_back(target);
      if (!target.is_select) break;  // the list of a semaphore holds other goroutines that wait for it
      sudog = waiter_pointer(waiter_.wait_link);
    }
    g.wait_count = static_cast<std::uint32_t>(out_.waits.size()) - g.first_wait;
  }

  // Returns a pointer of the record that was read last.
  Address waiter_pointer(std::uint32_t offset) const { return waiter_record_.pointer(FieldLayout{offset, 8}); }

  // Before Go 1.26, g.waiting does not name the waiters for semaphores.
  void read_semaphores() {
    std::unordered_map<Address, std::uint32_t> rows;  // goroutines that may wait for one, and are not found yet
    for (std::uint32_t i = 0; i < out_.goroutines.size(); ++i) {
      const Goroutine& g = out_.goroutines[i];
      if (g.waits() && (g.wait_count == 0 || out_.waits[g.first_wait].kind == WaitTargetKind::kSemaphore))
        rows.emplace(g.g, i);
    }
    if (rows.empty()) return;
    for_each_semaphore_waiter(runtime_, out_.goroutines.size(),
                              [&](const SemaphoreWaiter& waiter) { add_semaphore(waiter, rows); });
  }

  void add_semaphore(const SemaphoreWaiter& waiter, std::unordered_map<Address, std::uint32_t>& rows) {
    const auto row = rows.find(waiter.goroutine);
    if (row == rows.end()) return;
    Goroutine& g = out_.goroutines[row->second];
    if (g.wait_count == 0) {
      g.first_wait = static_cast<std::uint32_t>(out_.waits.size());
      g.wait_count = 1;
      out_.waits.push_back({WaitTargetKind::kSemaphore, false, waiter.sudog, waiter.semaphore, Address(), true});
    } else if (WaitTarget& wait = out_.waits[g.first_wait]; wait.sudog == waiter.sudog) {
      wait.is_queued = true;
    }
    rows.erase(row);
  }

  // Threads are reached from the list's head and, in case that is not known, from whatever names one.
  void read_machines() {
    std::vector<Address> todo;
    const auto add = [&](Address m) {
      if (m) todo.push_back(m);
    };
    if (vars_.allm) add(memory_.try_pointer(vars_.allm).value_or(Address()));
    add(vars_.m0);
    for (const Processor& processor : out_.processors) add(processor.m);
    for (const Goroutine& g : out_.goroutines) {
      add(g.m);
      add(g.locked_m);
    }
    std::sort(todo.begin(), todo.end());
    todo.erase(std::unique(todo.begin(), todo.end()), todo.end());
    Record record(memory_, m_.size);
    std::unordered_set<Address> seen;
    while (!todo.empty() && seen.size() < kMostMachines) {
      const Address at = todo.back();
      todo.pop_back();
      if (!seen.insert(at).second || !record.read(at) || !add_machine(at, record)) continue;
      add(record.pointer(m_.link));
    }
    std::sort(out_.machines.begin(), out_.machines.end(), [](const auto& a, const auto& b) { return a.m < b.m; });
  }

  // False if there is no thread at `at`: every thread's system goroutine points back to the thread.
  bool add_machine(Address at, const Record& r) {
    Machine m;
    m.m = at;
    m.thread_id = r.number(m_.thread_id);
    m.g0 = r.pointer(m_.g0);
    if (!m.g0 || memory_.try_pointer(m.g0 + g_.m.offset) != at) return false;
    m.gsignal = r.pointer(m_.signal_g);
    m.curg = r.pointer(m_.current_g);
    m.processor = r.pointer(m_.processor);
    m.mallocing = static_cast<std::int32_t>(r.number(m_.mallocing));
    m.in_cgo = r.flag(m_.in_cgo);
    m.vdso_sp = r.pointer(m_.vdso_sp);
    m.vdso_pc = r.pointer(m_.vdso_pc);
    m.g0_stack = stack_of(m.g0);
    m.signal_stack = stack_of(m.gsignal);
    out_.machines.push_back(m);
    return true;
  }

  AddressRange stack_of(Address g) const {
    if (!g) return {};
    return {memory_.try_pointer(g + g_.stack_lo.offset).value_or(Address()),
            memory_.try_pointer(g + g_.stack_hi.offset).value_or(Address())};
  }

  const Runtime& runtime_;
  const MemorySource& memory_;
  const LayoutSource& layouts_;
  const Variables& vars_;
  const FunctionTables& functions_;
  LossLedger& losses_;
  const WaitReasons reasons_;
  const GoroutineFields g_{layouts_};
  const MachineFields m_{layouts_};
  const WaiterLayout waiter_ = waiter_layout(layouts_);
  Record waiter_record_{memory_, waiter_.bytes};
  Scheduler out_;
};

}  // namespace

const Machine* Scheduler::machine(Address m) const {
  const auto it =
      std::lower_bound(machines.begin(), machines.end(), m, [](const Machine& a, Address b) { return a.m < b; });
  return it != machines.end() && it->m == m ? &*it : nullptr;
}

Scheduler read_scheduler(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses) {
  return SchedulerReader(runtime, functions, losses).read();
}

namespace {

// The number in the first of these fields that the release has: none of them is a loss of all.
std::optional<std::uint64_t> first_count(const Runtime& runtime, Address record, std::string_view type,
                                         std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto field = runtime.layouts.find(type, name))
      return runtime.memory.try_integer<std::uint32_t>(record + field->offset);
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> number_of_goroutines(const Runtime& runtime) {
  if (!runtime.vars.sched || !runtime.vars.allp) return std::nullopt;
  // From 1.25 a list of ended goroutines has its length itself; before, the length stands beside the list.
  constexpr std::string_view kOwn[] = {"ngsys"}, kEnded[] = {"gFree.n", "gFree.stack.size"};
  constexpr std::string_view kEndedWithoutStack[] = {"gFree.noStack.size"}, kEndedAtP[] = {"gFree.n", "gFree.size"};
  const Address sched = runtime.vars.sched;
  const auto own = first_count(runtime, sched, "runtime.schedt", kOwn);
  const auto ended = first_count(runtime, sched, "runtime.schedt", kEnded);
  if (!own || !ended) return std::nullopt;
  std::uint64_t gone = *own + *ended;
  gone += first_count(runtime, sched, "runtime.schedt", kEndedWithoutStack).value_or(0);
  for (const Address p : list_processors(runtime)) {
    const auto ended_at_p = first_count(runtime, p, "runtime.p", kEndedAtP);
    if (!ended_at_p) return std::nullopt;
    gone += *ended_at_p;
  }
  const std::uint64_t all = goroutine_list_length(runtime);
  return all > gone ? all - gone : 1;  // there always is one
}

std::uint64_t count_goroutines(const Runtime& runtime) {
  const FieldLayout status = runtime.layouts.get("runtime.g", "atomicstatus");
  std::vector<AddressRange> words;
  for (const Address g : list_goroutines(runtime))
    words.push_back({g + status.offset, g + status.offset + sizeof(std::uint32_t)});
  std::sort(words.begin(), words.end(), [](const AddressRange& a, const AddressRange& b) { return a.begin < b.begin; });
  std::vector<std::byte> states(words.size() * sizeof(std::uint32_t));
  const bool all = runtime.memory.try_gather(words, states);
  std::uint64_t alive = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    // Some records may lie in memory that came after the look at a running process had begun.
    const std::optional<std::uint32_t> state = all ? load_le<std::uint32_t>(states.data() + i * sizeof(std::uint32_t))
                                                   : runtime.memory.try_integer<std::uint32_t>(words[i].begin);
    if (state && !is_dead(GoroutineFields::status_of(*state))) ++alive;
  }
  return alive;
}

std::vector<Address> waited_channels(const Runtime& runtime) {
  const auto waiter = read_library_layouts(runtime.layouts).waiter;
  const auto waiting = runtime.layouts.find("runtime.g", "waiting");
  if (!waiter || !waiting) return {};
  const MemorySource& memory = runtime.memory;
  const auto at = [&](Address from) { return from ? memory.try_pointer(from).value_or(Address()) : Address(); };
  const std::vector<Address> goroutines = try_list_goroutines(runtime);
  std::vector<Address> channels;
  // The target stands still meanwhile, so a list that goes round in circles must not be followed for long.
  std::uint64_t left = kMostSelectCases + 16 * goroutines.size();
  for (const Address g : goroutines) {
    Address sudog = g ? at(g + waiting->offset) : Address();
    for (; sudog && left > 0; --left) {
      if (const Address channel = at(sudog + waiter->channel)) channels.push_back(channel);
      if (memory.try_integer<std::uint8_t>(sudog + waiter->is_select).value_or(0) == 0) break;
      sudog = at(sudog + waiter->wait_link);
    }
  }
  std::sort(channels.begin(), channels.end());
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  return channels;
}

bool is_system(const Goroutine& goroutine, const FunctionTables& functions) {
  const auto start = functions.find(goroutine.start_pc);
  if (!start) return false;
  switch (start->special) {
    case SpecialFunction::kRuntimeMain:
    case SpecialFunction::kHandleAsyncEvent:
    case SpecialFunction::kCorostart:
      return false;
    // These two call the program's finalizers and cleanups. Between calls they wait with a reason of their own.
    case SpecialFunction::kFinalizerLoop:
      return goroutine.wait_reason == WaitReason::kFinalizerWait;
    case SpecialFunction::kCleanupLoop:
      return !goroutine.running_cleanups;
    default:
      return start->function.name.starts_with("runtime.");
  }
}

}  // namespace holdfast::go
