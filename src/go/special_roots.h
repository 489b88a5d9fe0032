// Roots that are neither variables nor stacks: specials of spans, the queues of finalizers and cleanups, blocks of tiny
// objects (reference 4; Go 1.19-1.27). Also the profile records that say where sampled objects were allocated.
#pragma once

#include <cstdint>
#include <vector>

#include "base/loss.h"
#include "go/heap_model.h"

namespace holdfast::go {

enum class SpecialRootKind : std::uint8_t {
  kFinalizer,       // roots: fn, and all that `object` refers to (not the object)
  kFinalizerQueue,  // roots: fn, arg, the two type words
  kCleanup,         // roots: fn, or call, fn and arg
  kCleanupQueue,
  kWeakHandle,  // roots: the handle
  kTinyBlock,   // roots: the block a P allocates tiny objects from
};

struct SpecialRoot {
  SpecialRootKind kind = SpecialRootKind::kFinalizer;
  Address record;               // of the special, queue entry or mcache
  Address object;               // that the special belongs to (any byte of it); null for queues
  Address function;             // code address of the finalizer or cleanup function; null if it has none
  Address argument_type;        // finalizers: type descriptor of the pointer to the object; null if not known
  bool through_object = false;  // what `object` refers to is held, too
  // The words that hold something: where each lies and what it holds.
  struct Word {
    Address at;
    Address value;
  };
  std::vector<Word> words;
};

// A sampled object and the record of its allocation stack (runtime.bucket).
struct ProfiledObject {
  Address object;
  Address bucket;
};

struct SpecialRoots {
  std::vector<SpecialRoot> roots;
  std::vector<ProfiledObject> profiled;
};

// In order of spans, then queues, then processors. What cannot be read is a loss; lists are followed no further than
// they can be long.
SpecialRoots read_special_roots(const Runtime& runtime, const HeapModel& heap, LossLedger& losses);

// The return addresses of a bucket's stack, innermost first; empty if it cannot be read.
std::vector<Address> bucket_stack(const Runtime& runtime, Address bucket);

}  // namespace holdfast::go
