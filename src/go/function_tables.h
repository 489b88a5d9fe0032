// Finds functions of all modules of a process by one lookup of a code address.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "binary/pclntab.h"
#include "go/runtime.h"

namespace holdfast::go {

// A function of the process: the module's row in Runtime::modules and the function's row in that module's table.
struct FunctionRef {
  std::uint32_t module = 0;
  std::uint32_t index = 0;
  auto operator<=>(const FunctionRef&) const = default;
};

// Functions that unwinding and scanning treat specially. Names tell them, since funcID numbers move between releases.
enum class SpecialFunction : std::uint8_t {
  kNone,
  kSigpanic,      // nobody calls it: it is put above the code that trapped
  kAsyncPreempt,  // put above code that a preemption signal stopped; its frame holds that code's registers
  kDebugCall,     // runtime.debugCallV2: a debugger puts it above code
  kWriteBarrier,  // called as if between two calls of its caller; its frame holds that code's registers
  kCgocallback,
  kRaceCall,     // racecall, which calls the race detector's C code on the system stack
  kReflectStub,  // reflect.makeFuncStub, reflect.methodValueCall
  kRuntimeMain,
  kFinalizerLoop,  // runtime.runfinq, runFinalizers from Go 1.25
  kCleanupLoop,    // runtime.runCleanups
  kCorostart,
  kHandleAsyncEvent,
};

// The code at a pc.
struct Code {
  FunctionRef ref;
  const Module* module = nullptr;
  const binary::FunctionTable* table = nullptr;
  binary::FunctionInfo function;
  SpecialFunction special = SpecialFunction::kNone;
};

// Several threads may use it. It refers to the Runtime, which must outlive it.
class FunctionTables {
 public:
  // A module whose table cannot be read is left out and counted as a loss.
  FunctionTables(const Runtime& runtime, LossLedger& losses);

  std::optional<Code> find(Address pc) const;
  std::optional<Code> function(FunctionRef ref) const;
  // Returns all functions of that name in all modules.
  std::vector<Code> find_by_name(std::string_view name) const;

  // Returns the source frames of a physical frame, innermost first, as the runtime prints them; empty if no function
  // holds `pc`. With `is_return_address` the call before `pc` is meant. The texts live as long as this object.
  std::vector<binary::SourceFrame> source_frames(Address pc, bool is_return_address) const;
  // Returns the address of a function's funcdata; null if it has none.
  Address funcdata(const Code& code, binary::FuncData which) const;

  const Runtime& runtime() const { return runtime_; }

 private:
  struct Table {
    std::unique_ptr<std::byte[]> copy;  // set if the bytes do not lie together in the memory source
    binary::FunctionTable table;
  };
  struct Special {
    FunctionRef ref;
    SpecialFunction function;
    auto operator<=>(const Special&) const = default;
  };

  void add_module(std::uint32_t index);
  Code code(std::uint32_t module, const binary::FunctionInfo& function) const;

  const Runtime& runtime_;
  std::vector<std::unique_ptr<Table>> tables_;  // by module; null if it cannot be read
  std::vector<Special> specials_;               // sorted
};

// Returns the name of the function to which a code address belongs; empty if no table has it. Valid as long as the
// tables.
using FunctionName = std::function<std::string_view(Address code)>;

}  // namespace holdfast::go
