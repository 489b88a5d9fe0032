// Every pointer that a goroutine's stack holds, precisely as the collector finds them (reference 5.5, 5.6, 5.9): stack
// maps of locals and arguments, stack objects that something on the stack points to, defers, panics, the context
// register; and word by word, conservatively, where a frame was stopped between two calls.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "go/function_tables.h"
#include "go/goroutines.h"
#include "go/runtime.h"
#include "go/unwind.h"

namespace holdfast::go {

enum class StackRootKind : std::uint8_t {
  kLocal,
  kArgument,
  kStackObject,  // a variable whose address was taken
  kDefer,        // a deferred call's function, or its record
  kContext,      // sched.ctxt: the closure of a goroutine that has not started
  kRegister,
  kConservativeWord,  // of a frame, or of the stack of a thread, that has no exact map
};

constexpr std::uint32_t kNoFrame = ~std::uint32_t{0};

struct StackRoot {
  Address slot;                    // where the word lies; null for a register
  Address value;                   // never null, never into the goroutine's own stack
  std::uint32_t frame = kNoFrame;  // index in Stack::frames
  // From varp (kLocal, negative), argp (kArgument), either by sign (kStackObject), sp (kConservativeWord); the
  // register's number in machine code (kRegister).
  std::int32_t offset = 0;
  StackRootKind kind = StackRootKind::kLocal;
  bool conservative = false;  // may be no pointer at all
};

// Safe to use from several threads. Refers to its arguments, which must outlive it.
class StackRootFinder {
 public:
  StackRootFinder(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses);

  // The roots of one goroutine in order of frames, stack objects last. Empty for dead ones. A stack that could not be
  // walked to its end is read conservatively from there on.
  std::vector<StackRoot> roots(const Goroutine& goroutine, const Stack& stack) const;
  // Conservative words of the system stack that `machine` uses for its goroutine right now, and its registers if `SP`
  // lies on it. The collector never stops a thread there; somebody who stops it from outside must look. Empty for idle
  // threads.
  std::vector<StackRoot> thread_roots(const Machine& machine, const Goroutine* current,
                                      const Registers& registers) const;

 private:
  friend class StackScan;

  const Runtime& runtime_;
  const FunctionTables& functions_;
  LossLedger& losses_;
  std::uint32_t defer_fn_ = 0, defer_link_ = 0, defer_heap_ = 0;
  Address reg_args_;
};

}  // namespace holdfast::go
