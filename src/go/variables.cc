#include "go/variables.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "binary/x86.h"
#include "go/heap_model.h"

namespace holdfast::go {
namespace {

struct SymbolRule {
  Address Variables::*variable;
  std::string_view symbol;
};

constexpr std::array kSymbols = {
    SymbolRule{&Variables::mheap, "runtime.mheap_"},
    SymbolRule{&Variables::allgs, "runtime.allgs"},
    SymbolRule{&Variables::allglen, "runtime.allglen"},
    SymbolRule{&Variables::allgptr, "runtime.allgptr"},
    SymbolRule{&Variables::allp, "runtime.allp"},
    SymbolRule{&Variables::allm, "runtime.allm"},
    SymbolRule{&Variables::memstats, "runtime.memstats"},
    SymbolRule{&Variables::gc_controller, "runtime.gcController"},
    SymbolRule{&Variables::gcphase, "runtime.gcphase"},
    SymbolRule{&Variables::work, "runtime.work"},
    SymbolRule{&Variables::finq, "runtime.finq"},
    SymbolRule{&Variables::allfin, "runtime.allfin"},
    SymbolRule{&Variables::fing, "runtime.fing"},
    SymbolRule{&Variables::gc_cleanups, "runtime.gcCleanups"},
    SymbolRule{&Variables::all_pools, "sync.allPools"},
    SymbolRule{&Variables::old_pools, "sync.oldPools"},
    SymbolRule{&Variables::semtable, "runtime.semtable"},
    SymbolRule{&Variables::sched, "runtime.sched"},
    SymbolRule{&Variables::itab_table, "runtime.itabTable"},
    SymbolRule{&Variables::m0, "runtime.m0"},
    SymbolRule{&Variables::g0, "runtime.g0"},
    SymbolRule{&Variables::mbuckets, "runtime.mbuckets"},
    SymbolRule{&Variables::bbuckets, "runtime.bbuckets"},
    SymbolRule{&Variables::profile_cycle, "runtime.mProfCycle"},
    SymbolRule{&Variables::profile_rate, "runtime.MemProfileRate"},
    SymbolRule{&Variables::c_handle_index, "runtime/cgo.handleIdx"},
    SymbolRule{&Variables::cpu_limiter, "runtime.gcCPULimiter"},
};

// Says that the n-th disp32(%rip) operand of `function` is `variable` + the offset of type.field (or the variable
// itself). A negative n counts from the last one, -1. Rules hold for builds without optimisation, too (-gcflags=-N -l),
// which call what others inline.
struct CodeRule {
  Address Variables::*variable;
  std::string_view function;
  int operand;
  std::string_view type = {};
  std::string_view field = {};
};

// If there are several rules for one variable, they are tried in order.
constexpr std::array kCode = {
    CodeRule{&Variables::mheap, "runtime.getempty.func1", 0},
    CodeRule{&Variables::mheap, "runtime.allocmcache.func1", 0},
    CodeRule{&Variables::mheap, "runtime.sweepone.func1", 0},
    CodeRule{&Variables::mheap, "runtime.spanOfHeap", 0, "runtime.mheap", "arenas"},
    CodeRule{&Variables::mheap, "runtime.inHeapOrStack", 0, "runtime.mheap", "arenas"},
    CodeRule{&Variables::mheap, "runtime.removefinalizer", 0, "runtime.mheap", "speciallock"},
    CodeRule{&Variables::allgs, "runtime.forEachG", 1},
    CodeRule{&Variables::allglen, "runtime.forEachGRace", 0},
    CodeRule{&Variables::allgptr, "runtime.forEachGRace", 1},
    CodeRule{&Variables::allp, "runtime.preemptall", 0},
    CodeRule{&Variables::allp, "runtime.gcMarkTinyAllocs", 0},
    CodeRule{&Variables::memstats, "runtime.newBucket", 0, "runtime.mstats", "buckhash_sys"},
    CodeRule{&Variables::memstats, "runtime.(*sysStatsAggregate).compute", 0, "runtime.mstats", "stacks_sys"},
    CodeRule{&Variables::gc_controller, "runtime.pollFractionalWorkerExit", 0, "runtime.gcControllerState",
             "markStartTime"},
    CodeRule{&Variables::gc_controller, "runtime.gcFlushBgCredit", 1, "runtime.gcControllerState",
             "assistBytesPerWork"},
    CodeRule{&Variables::gcphase, "runtime.queuefinalizer", 0},
    CodeRule{&Variables::gcphase, "runtime.gcSweep", 0},
    CodeRule{&Variables::work, "runtime.putfull", 0},
    CodeRule{&Variables::work, "runtime.trygetfull", 0},
    CodeRule{&Variables::finq, "runtime.queuefinalizer", 2},
    CodeRule{&Variables::allfin, "runtime.queuefinalizer", 6},
    CodeRule{&Variables::all_pools, "sync.poolCleanup", -1},
    CodeRule{&Variables::old_pools, "sync.poolCleanup", -5},
    CodeRule{&Variables::semtable, "runtime.semrelease1", 0},
    CodeRule{&Variables::sched, "runtime.mReserveID", 0, "runtime.schedt", "mnext"},
    CodeRule{&Variables::itab_table, "runtime.itabAdd", 0},
    CodeRule{&Variables::mbuckets, "runtime.mProf_FlushLocked", -1},
    CodeRule{&Variables::profile_cycle, "runtime.mProf_Flush", 0},
    CodeRule{&Variables::profile_cycle, "runtime.mProf_PostSweep", 0},  // with a profile at hand it may be inlined
    CodeRule{&Variables::profile_rate, "runtime.nextSample", 0},        // where it is not inlined
    CodeRule{&Variables::profile_rate, "runtime.profilealloc", 1},
    CodeRule{&Variables::c_handle_index, "runtime/cgo.NewHandle", 0},
};

class CodeSearch {
 public:
  CodeSearch(const MemorySource& memory, const LayoutSource& layouts, const FunctionsNamed& functions_named)
      : memory_(memory), layouts_(layouts), functions_named_(functions_named) {}

  void apply(Variables& vars) const {
    for (const CodeRule& rule : kCode)
      if (!(vars.*rule.variable)) vars.*rule.variable = find(rule);
    if (!vars.allm) vars.allm = find_allm();
    if (!vars.gc_cleanups) vars.gc_cleanups = find_cleanups();
  }

 private:
  std::vector<std::byte> code_of(AddressRange function) const {
    constexpr std::uint64_t kLongest = 64 << 10;  // the functions of the rules are far shorter
    std::vector<std::byte> code(std::min(function.size(), kLongest));
    if (!memory_.try_read(function.begin, code)) code.clear();
    return code;
  }

  Address find(const CodeRule& rule) const {
    std::uint64_t correction = 0;
    if (!rule.type.empty()) {
      const auto field = layouts_.find(rule.type, rule.field);
      if (!field) return {};
      correction = field->offset;
    }
    for (const AddressRange& function : functions_named_(rule.function)) {
      const auto operands = binary::rip_operands(code_of(function), function.begin);
      const auto count = static_cast<int>(operands.size());
      const int at = rule.operand < 0 ? count + rule.operand : rule.operand;
      if (at < 0 || at >= count) continue;
      const Address found = operands[static_cast<std::size_t>(at)].target - correction;
      if (plausible(rule, found)) return found;
      // Position-independent code has operands of its own (thread-local storage), which shift the others.
      if (!is_checked(rule)) continue;
      for (const auto& operand : operands)
        if (plausible(rule, operand.target - correction)) return operand.target - correction;
    }
    return {};
  }

  // The content of these variables tells whether the address is right.
  static bool is_checked(const CodeRule& rule) {
    return rule.variable == &Variables::mheap || rule.variable == &Variables::gc_controller;
  }

  bool plausible(const CodeRule& rule, Address found) const {
    if (rule.variable == &Variables::mheap) return is_mheap(found);
    if (rule.variable == &Variables::gc_controller) return is_gc_controller(found);
    return memory_.try_pointer(found).has_value();
  }

  // Its heap statistics are whole pages, and some heap is always in use.
  bool is_gc_controller(Address at) const {
    const auto field = [&](std::string_view name) {
      return memory_.try_integer<std::uint64_t>(at + layouts_.offset("runtime.gcControllerState", name)).value_or(1);
    };
    const std::uint64_t in_use = field("heapInUse");
    return in_use > 0 && in_use % kGoPage == 0 && field("heapFree") % kGoPage == 0 &&
           field("heapReleased") % kGoPage == 0 && field("mappedReady") >= in_use && field("totalAlloc") > 0;
  }

  bool is_mheap(Address at) const {
    const auto arenas = memory_.try_pointer(at + layouts_.offset("runtime.mheap", "arenas"));
    const auto all = at + layouts_.offset("runtime.mheap", "allspans");
    const auto spans = memory_.try_pointer(all);
    const auto count = memory_.try_integer<std::uint64_t>(all + 8);
    if (!arenas || !*arenas || !spans || !count || *count == 0 || *count > (1U << 28)) return false;
    const auto first = memory_.try_pointer(*spans);
    const auto base =
        first ? memory_.try_pointer(*first + layouts_.offset("runtime.mspan", "startAddr")) : std::nullopt;
    return base && base->value % kGoPage == 0;
  }

  // Finds the head of the list of threads: the operand of mcommoninit that points at an m whose g0 points back.
  Address find_allm() const {
    const std::uint32_t g0_at = layouts_.offset("runtime.m", "g0");
    const std::uint32_t m_at = layouts_.offset("runtime.g", "m");
    for (const AddressRange& function : functions_named_("runtime.mcommoninit")) {
      for (const auto& operand : binary::rip_operands(code_of(function), function.begin)) {
        const auto m = memory_.try_pointer(operand.target);
        const auto g0 = m && *m ? memory_.try_pointer(*m + g0_at) : std::nullopt;
        const auto back = g0 && *g0 ? memory_.try_pointer(*g0 + m_at) : std::nullopt;
        if (back && *back == *m) return operand.target;
      }
    }
    return {};
  }

  // runtime.gcCleanups (1.25+) is the receiver of its methods, so it is the last address taken before a call of one.
  Address find_cleanups() const {
    std::vector<AddressRange> methods;
    for (const char* name : {"runtime.(*cleanupQueue).enqueue", "runtime.(*cleanupQueue).flush",
                             "runtime.(*cleanupQueue).needG", "runtime.(*cleanupQueue).wake"})
      for (const AddressRange& range : functions_named_(name)) methods.push_back(range);
    for (const char* caller :
         {"runtime.freeSpecial", "runtime.(*activeSweep).end", "runtime.gcMarkTermination", "runtime.findRunnable"}) {
      for (const AddressRange& function : functions_named_(caller)) {
        const auto code = code_of(function);
        const auto operands = binary::rip_operands(code, function.begin);
        for (const auto& call : binary::calls(code, function.begin)) {
          const auto is_target = [&](const AddressRange& m) { return m.begin == call.target; };
          if (!call.is_call || std::none_of(methods.begin(), methods.end(), is_target)) continue;
          const auto lea = std::find_if(operands.rbegin(), operands.rend(), [&](const binary::RipOperand& o) {
            return o.use == binary::RipUse::kLea && o.instruction < call.instruction;
          });
          if (lea != operands.rend() && call.instruction - lea->instruction < 32) return lea->target;
        }
      }
    }
    return {};
  }

  const MemorySource& memory_;
  const LayoutSource& layouts_;
  const FunctionsNamed& functions_named_;
};

}  // namespace

Variables find_variables(const MemorySource& memory, const LayoutSource& layouts, const LoadedImage& image,
                         const FunctionsNamed& functions_named) {
  Variables vars;
  if (image.elf->has_symbols()) {
    std::unordered_map<std::string_view, Address> wanted;
    for (const SymbolRule& rule : kSymbols) wanted.emplace(rule.symbol, Address());
    for (const auto& symbol : image.elf->symbols()) {
      const auto it = wanted.find(symbol.name);
      if (it != wanted.end() && !it->second) it->second = image.at(symbol.value);
    }
    for (const SymbolRule& rule : kSymbols) vars.*rule.variable = wanted[rule.symbol];
  }
  CodeSearch(memory, layouts, functions_named).apply(vars);
  return vars;
}

}  // namespace holdfast::go
