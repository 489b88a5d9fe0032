// Roots that are neither variables nor stacks: specials of spans, the queues of finalizers and cleanups, and blocks of
// tiny objects (reference 4; Go 1.19-1.27). Also the profile records that say where sampled objects were allocated.
#pragma once

#include <cstdint>
#include <vector>

#include "base/loss.h"
#include "go/heap_model.h"

namespace holdfast::go {

enum class SpecialRootKind : std::uint8_t {
  kFinalizer,       // roots: fn, and everything that `object` refers to (but not the object)
  kFinalizerQueue,  // roots: fn, arg, the two type words
  kCleanup,         // roots: fn, or call, fn and arg
  kCleanupQueue,
  kWeakHandle,  // roots: the handle
  kTinyBlock,   // roots: the block from which a P allocates tiny objects
};

struct SpecialRoot {
  SpecialRootKind kind = SpecialRootKind::kFinalizer;
  Address record;               // the special, the queue entry or the mcache
  Address object;               // that the special belongs to (any byte of it); null for queues
  Address function;             // the code of the finalizer or cleanup function; null if it has none
  Address argument_type;        // finalizers: the type of the pointer to the object; null if it is not known
  bool through_object = false;  // what `object` refers to is held, too
  // The words that hold something: where each lies, and what it holds.
  struct HoldingWord {
    Address at;
    Address value;
  };
  std::vector<HoldingWord> words;
};

// A sampled object, and the record of its allocation stack (runtime.bucket).
struct ProfiledObject {
  Address object;
  Address bucket;
};

struct SpecialRoots {
  std::vector<SpecialRoot> roots;
  std::vector<ProfiledObject> profiled;
};

// Returns those of spans in the order of spans, then those of queues, then those of processors. What cannot be read is
// a loss; no list is followed further than it can be long. Fails with kUnsupported if the layouts lack a field.
SpecialRoots read_special_roots(const Runtime& runtime, const HeapModel& heap, LossLedger& losses);

}  // namespace holdfast::go
