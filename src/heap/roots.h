// The root forest of a Snapshot: what holds memory from outside the heap, and what each root is called, as facts. The
// words for these facts are made where something is shown, and nobody has to read words to find a root again.
#pragma once

#include <compare>
#include <cstdint>

#include "base/address.h"
#include "base/ids.h"
#include "base/wait_reason.h"

namespace holdfast::heap {

enum class RootKind : std::uint8_t {
  kGroup,         // inner node: goroutines with the same stack, all finalizers, ...
  kGlobal,        // a package variable, or a place in data or bss
  kGoroutine,     // inner node: one goroutine
  kFrame,         // inner node or leaf: one stack frame
  kStackSlot,     // a word of a stack that belongs to no frame
  kRegister,      // of a thread that runs the goroutine
  kSystemStack,   // of a thread that works for the goroutine
  kStartClosure,  // what a goroutine that has not run yet will run
  kDefer,
  kFinalizer,       // special: the function, and what the object refers to
  kFinalizerQueue,  // ready to run
  kCleanup,
  kCleanupQueue,
  kWeakHandle,
  kTinyBlock,  // a P's current block of tiny objects
  kSpecial,    // other kinds
  kThread,     // a thread's registers, g0 or signal stack
};

// What a label rests on.
enum class Basis : std::uint8_t {
  kNone,      // nothing tells more than the place
  kRuntime,   // the runtime's own records and function tables
  kSymbol,    // the symbol table
  kDwarf,     // debug information
  kCode,      // the machine code that uses the variable, and pointers that the linker wrote
  kNearness,  // it lies beside what the code uses: perhaps one variable, perhaps two
};

enum class Section : std::uint8_t { kNone, kData, kBss };

// How the labelled word lies to the variable that `users` use, or that `behind` names.
enum class Relation : std::uint8_t {
  kItself,
  kInside,  // `distance` bytes from its start
  kAfter,   // `distance` bytes from its start, and perhaps not part of it
  kBehind,  // `behind` points to it
};

struct PlaceInData {
  Section section = Section::kNone;
  StringId module;           // path of its file; none = the program itself
  std::uint64_t offset = 0;  // bytes from the section's start

  auto operator<=>(const PlaceInData&) const = default;
};

struct PlaceInCode {
  StringId function;         // none if no function table has it; then `pc` is set
  std::uint64_t offset = 0;  // bytes from the function's entry
  Address pc;                // null where `function` says it
  StringId file;             // with its path
  std::uint32_t line = 0;

  auto operator<=>(const PlaceInCode&) const = default;
};

// Equal labels are one row, so two roots with one label read alike. What does not apply to a root's kind is left as it
// is here.
struct Label {
  Basis basis = Basis::kNone;

  // Frames: where it stands. Finalizers, cleanups: the function that will run. Groups of goroutines: where they stand.
  PlaceInCode code;

  // Groups: what their children are; what goroutines wait for.
  RootKind members = RootKind::kGroup;
  WaitReason wait_reason = WaitReason::kZero;

  // Package variables. Those without a name are told by the functions that use them.
  StringId variable;
  PlaceInData data;
  Relation relation = Relation::kItself;
  std::uint64_t distance = 0;
  StringId user, other_user;
  LabelId behind;  // of the variable that leads to this one; that one's `behind` is none

  auto operator<=>(const Label&) const = default;
};

// A node of the root forest: an inner node has children (which come after it), a leaf has targets; a node may have
// both.
struct Root {
  RootKind kind = RootKind::kGlobal;
  RootId parent;                   // none = under the super root; otherwise a lower row
  LabelId label;                   // none where the kind and the goroutine say it all
  TypeId type;                     // of the variable, if known
  GoroutineId goroutine;           // for what belongs to one
  Address where;                   // of the variable or slot; null if it has none
  std::uint32_t first_target = 0;  // root_targets[first_target .. + target_count)
  std::uint32_t target_count = 0;
  bool conservative = false;  // may be no pointer at all

  bool operator==(const Root&) const = default;
};

struct RootTarget {
  ObjectId object;
  std::uint32_t offset = 0;  // of the pointer word from Root::where, in bytes

  bool operator==(const RootTarget&) const = default;
};

}  // namespace holdfast::heap
