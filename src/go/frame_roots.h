// Finds every pointer that a goroutine's stack holds, exactly as the collector does (reference 5.5, 5.6, 5.9): by stack
// maps of locals and arguments, stack objects that something on the stack points to, defers, panics and the context
// register; and conservatively, word by word, where a frame was stopped between two calls.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "go/function_tables.h"
#include "go/goroutines.h"
#include "go/layout.h"
#include "go/runtime.h"
#include "go/unwind.h"

namespace holdfast::go {

enum class StackRootKind : std::uint8_t {
  kLocal,
  kArgument,
  kStackObject,       // a variable whose address was taken
  kDefer,             // a deferred call's function, or its record
  kContext,           // sched.ctxt: the closure of a goroutine that has not started
  kRegister,          // a register of the running thread, or one that an asynchronous preemption saved
  kConservativeWord,  // a word of a frame without an exact map
  kSystemStack,       // a word of g0's stack, while its thread works there for the goroutine
};

struct StackRoot {
  static constexpr std::uint32_t kNoFrame = ~std::uint32_t{0};

  Address slot;                    // where the word lies; null for a register
  Address value;                   // never null, never into the goroutine's own stack
  std::uint32_t frame = kNoFrame;  // index in Stack::frames
  // In bytes: from varp (negative) or from argp (not negative) for kLocal, kArgument, kStackObject, and for
  // kConservativeWord with a frame. The register's number in machine code for kRegister without a slot. Otherwise 0.
  std::int32_t offset = 0;
  StackRootKind kind = StackRootKind::kLocal;
  bool conservative = false;  // the word may be no pointer at all
};

// Several threads may use it. It refers to its arguments, which must outlive it. The constructor fails with
// kUnsupported if the layouts lack a field.
class StackRootFinder {
 public:
  StackRootFinder(const Runtime& runtime, const FunctionTables& functions, LossLedger& losses);

  // Returns the roots of one goroutine: those of frames, starting with the innermost, then what belongs to no frame,
  // then stack objects. Empty for dead goroutines. A stack that could not be walked to its end is read conservatively
  // as a whole. What cannot be read is a loss; nothing throws.
  std::vector<StackRoot> roots(const Goroutine& goroutine, const Stack& stack) const;

 private:
  class Scan;

  const Runtime& runtime_;
  const FunctionTables& functions_;
  LossLedger& losses_;
  const std::uint32_t context_, defers_;                    // fields of runtime.g: sched.ctxt, _defer
  const std::uint32_t defer_fn_, defer_link_, defer_heap_;  // fields of runtime._defer
};

}  // namespace holdfast::go
