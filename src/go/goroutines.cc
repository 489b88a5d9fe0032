#include "go/goroutines.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "go/library_layouts.h"

namespace holdfast::go {
namespace {

// No list of a damaged target is followed further than this.
constexpr std::uint64_t kMostGoroutines = 1 << 28;
constexpr std::uint64_t kMostMachines = 1 << 20;
constexpr std::uint64_t kMostProcessors = 1 << 16;
constexpr std::uint64_t kMostSelectCases = 1 << 16;  // the runtime's own limit
constexpr std::uint64_t kSemTableRows = 251;         // runtime.semTabSize, Go 1.19-1.27
constexpr std::uint32_t kScanBit = 0x1000;           // runtime._Gscan

// A field that may be absent reads as 0.
using MaybeField = std::optional<FieldLayout>;

// One structure of the target, read as a whole.
class Record {
 public:
  Record(const MemorySource& memory, std::uint64_t size) : memory_(memory), copy_(size) {}

  bool read(Address at) {
    at_ = at;
    bytes_ = memory_.try_view(at, copy_.size());
    if (bytes_ != nullptr) return true;
    bytes_ = copy_.data();
    return memory_.try_read(at, copy_);
  }
  std::uint64_t number(const MaybeField& field) const {
    if (!field || field->offset > copy_.size() || copy_.size() - field->offset < field->size) return 0;
    const std::byte* p = bytes_ + field->offset;
    switch (field->size) {
      case 1:
        return load_le<std::uint8_t>(p);
      case 2:
        return load_le<std::uint16_t>(p);
      case 4:
        return load_le<std::uint32_t>(p);
      case 8:
        return load_le<std::uint64_t>(p);
      default:
        return 0;
    }
  }
  Address pointer(const MaybeField& field) const { return Address(number(field)); }
  bool flag(const MaybeField& field) const { return number(field) != 0; }

 private:
  const MemorySource& memory_;
  Address at_;
  const std::byte* bytes_ = nullptr;
  std::vector<std::byte> copy_;
};

struct GoroutineFields {
  explicit GoroutineFields(const LayoutSource& layouts) : layouts_(layouts) {}

  const LayoutSource& layouts_;
  const std::uint64_t size = layouts_.get_size("runtime.g");
  const FieldLayout stack_lo = need("stack.lo"), stack_hi = need("stack.hi");
  const FieldLayout sched_sp = need("sched.sp"), sched_pc = need("sched.pc"), sched_ctxt = need("sched.ctxt");
  const FieldLayout syscall_sp = need("syscallsp"), syscall_pc = need("syscallpc"), top_sp = need("stktopsp");
  const FieldLayout status = need("atomicstatus"), goid = need("goid"), wait_reason = need("waitreason");
  const FieldLayout wait_since = need("waitsince"), go_pc = need("gopc"), start_pc = need("startpc");
  const FieldLayout m = need("m"), locked_m = need("lockedm"), waiting = need("waiting"), param = need("param");
  const FieldLayout defers = need("_defer"), panics = need("_panic"), labels = need("labels");
  const FieldLayout async_safe_point = need("asyncSafePoint");
  const MaybeField parent_goid = find("parentGoid");            // 1.21+
  const MaybeField extended_registers = find("xRegs.state");    // 1.26+
  const MaybeField running_cleanups = find("runningCleanups");  // 1.25+

 private:
  FieldLayout need(std::string_view field) const { return layouts_.get("runtime.g", field); }
  MaybeField find(std::string_view field) const { return layouts_.find("runtime.g", field); }
};

struct SudogFields {
  explicit SudogFields(const LayoutSource& layouts)
      : size(layouts.get_size("runtime.sudog")),
        g(layouts.get("runtime.sudog", "g")),
        next(layouts.get("runtime.sudog", "next")),
        prev(layouts.get("runtime.sudog", "prev")),
        wait_link(layouts.get("runtime.sudog", "waitlink")),
        is_select(layouts.get("runtime.sudog", "isSelect")),
        elem(real_pointer(layouts, "elem")),
        channel(real_pointer(layouts, "c")) {}

  std::uint64_t size;
  FieldLayout g, next, prev, wait_link, is_select, elem, channel;

 private:
  // From Go 1.26 on two words: a traced pointer, null while the leak finder runs, and the address itself.
  static FieldLayout real_pointer(const LayoutSource& layouts, std::string_view field) {
    const FieldLayout layout = layouts.get("runtime.sudog", field);
    constexpr std::uint32_t kWord = 8;
    return layout.size == 2 * kWord ? FieldLayout{layout.offset + kWord, kWord} : layout;
  }
};

class SchedulerReader {
 public:
  SchedulerReader(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses)
      : memory_(runtime.memory),
        layouts_(runtime.layouts),
        vars_(runtime.vars),
        functions_(functions),
        losses_(losses),
        reasons_(runtime.layouts, runtime.version) {}

  Scheduler read() {
    read_goroutines();
    read_semaphores();
    read_processors();
    read_machines();
    return std::move(out_);
  }

 private:
  Slice all_goroutines() const {
    // The runtime stores allgptr before allglen, so a length read first is never beyond its array.
    if (vars_.allglen && vars_.allgptr) {
      const auto length = memory_.integer<std::uint64_t>(vars_.allglen);
      return {memory_.pointer(vars_.allgptr), length};
    }
    if (!vars_.allgs) fail(ErrorCode::kNotFound, "the list of goroutines, runtime.allgs, was not found");
    return {memory_.pointer(vars_.allgs), memory_.integer<std::uint64_t>(vars_.allgs + 8)};
  }

  std::vector<Address> pointers(const Slice& slice, std::uint64_t most, std::string_view what) const {
    if (slice.length > most) fail(ErrorCode::kDamaged, "{} claims {} entries, more than {}", what, slice.length, most);
    // Piece by piece, so that memory is only taken for what is there.
    std::array<std::byte, 4096 * sizeof(std::uint64_t)> bytes{};
    std::vector<Address> out;
    while (out.size() < slice.length) {
      const std::uint64_t count = std::min<std::uint64_t>(4096, slice.length - out.size());
      const Address at = slice.data + out.size() * sizeof(std::uint64_t);
      if (!memory_.try_read(at, std::span(bytes).first(count * sizeof(std::uint64_t))))
        fail(ErrorCode::kDamaged, "entries {} to {} of {} at {:#x} cannot be read", out.size(), out.size() + count,
             what, at.value);
      for (std::uint64_t i = 0; i < count; ++i)
        out.emplace_back(load_le<std::uint64_t>(bytes.data() + i * sizeof(std::uint64_t)));
    }
    return out;
  }

  void read_goroutines() {
    const auto list = pointers(all_goroutines(), kMostGoroutines, "runtime.allgs");
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
    const auto status = static_cast<std::uint32_t>(r.number(g_.status));
    Goroutine g;
    g.g = at;
    g.goid = r.number(g_.goid);
    g.parent_goid = r.number(g_.parent_goid);
    g.status = static_cast<GoroutineStatus>(status & ~kScanBit);
    g.scanning = (status & kScanBit) != 0;
    g.async_safe_point = r.flag(g_.async_safe_point);
    if (g.waits()) g.wait_reason = reasons_[static_cast<std::uint8_t>(r.number(g_.wait_reason))];
    g.wait_since = static_cast<std::int64_t>(r.number(g_.wait_since));
    g.stack = {r.pointer(g_.stack_lo), r.pointer(g_.stack_hi)};
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
    g.extended_registers = r.pointer(g_.extended_registers);
    g.running_cleanups = r.flag(g_.running_cleanups);
    g.system = is_system(g, functions_);
    if (g.waits()) add_waits(g, r.pointer(g_.waiting));
    out_.goroutines.push_back(g);
  }

  void add_waits(Goroutine& g, Address sudog) {
    g.first_wait = static_cast<std::uint32_t>(out_.waits.size());
    for (std::uint64_t i = 0; sudog && i < kMostSelectCases && sudog_record_.read(sudog); ++i) {
      const Address channel = sudog_record_.pointer(sudog_.channel);
      const Address elem = sudog_record_.pointer(sudog_.elem);
      WaitTarget target;
      target.is_select = sudog_record_.flag(sudog_.is_select);
      target.sudog = sudog;
      target.object = channel ? channel : elem;
      if (channel) target.elem = elem;
      if (!channel)
        target.kind = g.wait_reason == WaitReason::kCondWait ? WaitTarget::Kind::kCond : WaitTarget::Kind::kSemaphore;
      if (target.object) out_.waits.push_back(target);
      if (!target.is_select) break;  // of a semaphore, the list holds other goroutines that wait for it
      sudog = sudog_record_.pointer(sudog_.wait_link);
    }
    g.wait_count = static_cast<std::uint32_t>(out_.waits.size()) - g.first_wait;
  }

  // Before Go 1.26 g.waiting does not name semaphores: the waiters hang in runtime.semtable, a hash of trees of
  // addresses (left and right are prev and next), the waiters of one address in a list (reference 6.6).
  void read_semaphores() {
    const auto treap = layouts_.find("runtime.semaRoot", "treap");
    if (!vars_.semtable || !treap) return;
    std::unordered_map<Address, std::uint32_t> rows;  // those whose semaphore is not known yet
    for (std::uint32_t i = 0; i < out_.goroutines.size(); ++i)
      if (out_.goroutines[i].waits() && out_.goroutines[i].wait_count == 0) rows.emplace(out_.goroutines[i].g, i);
    if (rows.empty()) return;
    constexpr std::uint64_t kCacheLine = 64;
    const std::uint64_t stride =
        layouts_.size_of("runtime.semTable").value_or(kSemTableRows * kCacheLine) / kSemTableRows;
    std::vector<Address> todo;
    for (std::uint64_t i = 0; i < kSemTableRows; ++i) {
      const auto root = memory_.try_pointer(vars_.semtable + i * stride + treap->offset);
      if (root && *root) todo.push_back(*root);
    }
    // Each waiter is one goroutine, so a longer walk goes in circles.
    for (std::uint64_t left = out_.goroutines.size(); !todo.empty() && left > 0; --left) {
      const Address sudog = todo.back();
      todo.pop_back();
      if (!sudog_record_.read(sudog)) continue;
      add_semaphore(sudog, rows);
      for (const auto& link : {sudog_.prev, sudog_.next, sudog_.wait_link})
        if (const Address next = sudog_record_.pointer(link)) todo.push_back(next);
    }
  }

  void add_semaphore(Address sudog, std::unordered_map<Address, std::uint32_t>& rows) {
    const auto row = rows.find(sudog_record_.pointer(sudog_.g));
    if (row == rows.end()) return;
    Goroutine& g = out_.goroutines[row->second];
    g.first_wait = static_cast<std::uint32_t>(out_.waits.size());
    g.wait_count = 1;
    out_.waits.push_back({WaitTarget::Kind::kSemaphore, false, sudog, sudog_record_.pointer(sudog_.elem), Address()});
    rows.erase(row);
  }

  void read_processors() {
    if (!vars_.allp) {
      losses_.add(LossKind::kNoProcessors, Address());
      return;
    }
    Record record(memory_, layouts_.get_size("runtime.p"));
    const auto id = layouts_.get("runtime.p", "id");
    const auto status = layouts_.get("runtime.p", "status");
    const auto m = layouts_.get("runtime.p", "m");
    const auto mcache = layouts_.get("runtime.p", "mcache");
    const Slice list{memory_.pointer(vars_.allp), memory_.integer<std::uint64_t>(vars_.allp + 8)};
    for (const Address at : pointers(list, kMostProcessors, "runtime.allp"))
      if (at && record.read(at))
        out_.processors.push_back({at, static_cast<std::uint32_t>(record.number(id)),
                                   static_cast<std::uint32_t>(record.number(status)), record.pointer(m),
                                   record.pointer(mcache)});
  }

  // Threads are reached from the list's head and, in case that is not known, from whoever names one.
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
    Record record(memory_, layouts_.get_size("runtime.m"));
    const auto link = layouts_.get("runtime.m", "alllink");
    std::unordered_set<Address> seen;
    while (!todo.empty() && seen.size() < kMostMachines) {
      const Address at = todo.back();
      todo.pop_back();
      if (!seen.insert(at).second || !record.read(at) || !add_machine(at, record)) continue;
      add(record.pointer(link));
    }
    std::sort(out_.machines.begin(), out_.machines.end(), [](const auto& a, const auto& b) { return a.m < b.m; });
  }

  // False if there is no thread at `at`: every thread's system goroutine points back to it.
  bool add_machine(Address at, const Record& r) {
    const auto field = [&](std::string_view name) { return layouts_.find("runtime.m", name); };
    Machine m;
    m.m = at;
    m.thread_id = r.number(field("procid"));
    m.g0 = r.pointer(field("g0"));
    if (!m.g0 || memory_.try_pointer(m.g0 + g_.m.offset) != at) return false;
    m.gsignal = r.pointer(field("gsignal"));
    m.curg = r.pointer(field("curg"));
    m.processor = r.pointer(field("p"));
    m.mallocing = static_cast<std::int32_t>(r.number(field("mallocing")));
    m.in_cgo = r.flag(field("incgo"));
    m.vdso_sp = r.pointer(field("vdsoSP"));
    m.vdso_pc = r.pointer(field("vdsoPC"));
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

  const MemorySource& memory_;
  const LayoutSource& layouts_;
  const Variables& vars_;
  const FunctionTables& functions_;
  LossLedger& losses_;
  const WaitReasons reasons_;
  const GoroutineFields g_{layouts_};
  const SudogFields sudog_{layouts_};
  Record sudog_record_{memory_, sudog_.size};
  Scheduler out_;
};

}  // namespace

const Machine* Scheduler::machine(Address m) const {
  const auto it =
      std::lower_bound(machines.begin(), machines.end(), m, [](const Machine& a, Address b) { return a.m < b; });
  return it != machines.end() && it->m == m ? &*it : nullptr;
}

const Machine* Scheduler::machine_of_thread(std::uint64_t thread_id) const {
  for (const Machine& machine : machines)
    if (machine.thread_id == thread_id) return &machine;
  return nullptr;
}

Scheduler read_scheduler(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses) {
  return SchedulerReader(runtime, functions, losses).read();
}

std::vector<Address> waited_channels(const Runtime& runtime) {
  const auto waiter = read_library_layouts(runtime.layouts).waiter;
  const auto waiting = runtime.layouts.find("runtime.g", "waiting");
  const auto link = runtime.layouts.find("runtime.sudog", "waitlink");
  if (!waiter || !waiting || !link || !runtime.vars.allgs) return {};
  const MemorySource& memory = runtime.memory;
  const auto at = [&](Address from) { return from ? memory.try_pointer(from).value_or(Address()) : Address(); };
  const Address list = at(runtime.vars.allgs);
  const std::uint64_t count = memory.try_integer<std::uint64_t>(runtime.vars.allgs + 8).value_or(0);
  std::vector<Address> channels;
  // The target stands still: a list that ends or goes in circles must not be followed for long.
  std::uint64_t left = kMostSelectCases + 16 * std::min<std::uint64_t>(count, kMostGoroutines);
  for (std::uint64_t i = 0; list && i < std::min<std::uint64_t>(count, kMostGoroutines); ++i) {
    const auto g = memory.try_pointer(list + 8 * i);
    if (!g) break;
    Address sudog = *g ? at(*g + waiting->offset) : Address();
    for (; sudog && left > 0; --left) {
      if (const Address channel = at(sudog + waiter->channel)) channels.push_back(channel);
      if (memory.try_integer<std::uint8_t>(sudog + waiter->is_select).value_or(0) == 0) break;
      sudog = at(sudog + link->offset);
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
    // These two call the program's finalizers and cleanups; between calls they wait with a reason of their own.
    case SpecialFunction::kFinalizerLoop:
      return goroutine.wait_reason == WaitReason::kFinalizerWait;
    case SpecialFunction::kCleanupLoop:
      return !goroutine.running_cleanups;
    default:
      return start->function.name.starts_with("runtime.");
  }
}

}  // namespace holdfast::go
