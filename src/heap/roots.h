// The root forest of a Snapshot: what holds memory from outside the heap, and what each root is called. Labels are
// facts; words for them are made where something is shown, and nobody has to read words to find a root again.
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
  kFrame,         // inner node or leaf: one frame of a stack
  kStackSlot,     // a word of a stack that belongs to no frame
  kRegister,      // a register of a thread that runs the goroutine
  kSystemStack,   // a stack of a thread that works for the goroutine
  kStartClosure,  // what a goroutine that has not run yet will call
  kDefer,
  kFinalizer,       // the function, and what the object with the finalizer refers to
  kFinalizerQueue,  // finalizers that are ready to run
  kCleanup,
  kCleanupQueue,
  kWeakHandle,
  kTinyBlock,  // a P's current block of tiny objects
  kSpecial,    // other kinds of specials
  kThread,     // registers, g0 or signal stack of a thread
};

// What a label rests on.
enum class Basis : std::uint8_t {
  kNone,      // nothing: only the place is known
  kRuntime,   // the runtime's own records and function tables
  kSymbol,    // the symbol table
  kDwarf,     // debug information
  kCode,      // the machine code that uses the variable, or pointers that the linker wrote
  kNearness,  // it lies beside what the code uses: they may be one variable or two
};

enum class Section : std::uint8_t { kNone, kData, kBss };

// Where the labelled word lies relative to the variable that `user` uses, or that `behind` names.
enum class Relation : std::uint8_t {
  kItself,
  kInside,  // `distance` bytes from its start
  kAfter,   // `distance` bytes from its start, perhaps not part of it
  kBehind,  // the variable of `behind` points to it
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
  Address pc;                // null if `function` is known
  StringId file;             // with its path
  std::uint32_t line = 0;

  auto operator<=>(const PlaceInCode&) const = default;
};

// Equal labels are one row, so two roots with one label read alike. Members that do not apply to a root's kind keep
// these defaults.
struct Label {
  Basis basis = Basis::kNone;

  // Of frames: where the frame stands. Of finalizers and cleanups: the function that will run. Of groups: where their
  // goroutines stand.
  PlaceInCode code;

  // Of groups: the kind of their children, and what goroutines wait for.
  RootKind members = RootKind::kGroup;
  WaitReason wait_reason = WaitReason::kZero;

  // Of package variables. One without a name is told by the functions that use it.
  StringId variable;
  PlaceInData data;
  Relation relation = Relation::kItself;
  std::uint64_t distance = 0;
  StringId user, other_user;
  LabelId behind;  // of the variable that points to this one; that label's own `behind` is none

  auto operator<=>(const Label&) const = default;
};

// A node of the root forest. An inner node has children, which come after it; a leaf has targets; a node may have both.
struct Root {
  RootKind kind = RootKind::kGlobal;
  RootId parent;                   // none = under the super root; otherwise a lower row
  LabelId label;                   // none if the kind and the goroutine say everything
  TypeId type;                     // of the variable that it is or lies in, if known
  GoroutineId goroutine;           // that it belongs to, if any
  Address where;                   // of the variable or slot; null if it has none
  std::uint32_t first_target = 0;  // root_targets[first_target .. + target_count)
  std::uint32_t target_count = 0;
  bool conservative = false;  // the word may be no pointer at all
  // The object that the special is about, for kFinalizer, kCleanup and kWeakHandle; the root does not hold it. None if
  // it is not known: files of older holdfasts do not have it.
  ObjectId about;
  // Where in the value of `type` it begins, in bytes: a word can lie inside of a variable, or of one that another one
  // points to. Older files do not have it.
  std::uint32_t type_offset = 0;
  // The row of the frame whose words these are; of several that share a physical frame, the function that the others
  // are inlined into. None for words outside of frames, and in older files.
  FrameId frame;

  bool operator==(const Root&) const = default;
};

// Whether the root is a part of a variable without a name, and its type tells which.
inline bool is_field(const Root& root, const Label& label) {
  return root.type && (label.relation == Relation::kInside || label.relation == Relation::kBehind);
}

struct RootTarget {
  ObjectId object;
  std::uint32_t offset = 0;  // of the pointer word, in bytes from Root::where

  bool operator==(const RootTarget&) const = default;
};

}  // namespace holdfast::heap
