// Tells who said which type an object has: claims lead from the object back to evidence that needs no other object. It
// is not in a Snapshot, since only the search for types knows it; capture::Callbacks hands it out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

// What kind of evidence a claim has. Only a holder is an object, and has a reason of its own.
enum class Witness : std::uint8_t {
  kNone,        // not known
  kHolder,      // a word of a typed object or variable leads here
  kHeader,      // the allocation header of the slot
  kSpan,        // the span of a large object names its type
  kInterface,   // the first word of an interface that leads here
  kClosure,     // its first word is the address of code
  kList,        // a list that the runtime keeps
  kSpecial,     // a finalizer or cleanup
  kVariable,    // a package variable that debug information describes
  kLocal,       // a variable of a frame that debug information describes
  kCodeStrong,  // machine code stores a value of the type there, or passes the type to the runtime
  kCodeWeak,    // machine code uses it as one of the type
  kSlot,        // a word of a frame, by the way the frame's machine code uses it
  kShape,       // no other type explains its words and what its neighbours are
};

// The rule about a library's structure that leads on from a word.
enum class LibraryRule : std::uint8_t {
  kNone,
  kMap,
  kChannel,
  kStructure,  // of the type TypeStep::rule_type: sync.Pool, ...
};

// Which part of a special a claim is about.
enum class SpecialPart : std::uint8_t { kNone, kFinalizer, kCleanup, kCleanupArgument };

// A word of a variable of a package or a frame, or of one of the runtime's lists. What does not apply is empty or 0.
struct VariableWord {
  std::string variable;              // its name; empty if it has none
  Section section = Section::kNone;  // where a variable without a name lies
  std::string module;                // path of the section's file; empty = the program itself
  std::uint64_t offset = 0;          // bytes from the start of the variable or, without a name, of the section
  std::vector<std::int32_t> loads;   // the way on: of each pointer that is followed, bytes from where it points to

  bool empty() const { return variable.empty() && section == Section::kNone; }
  bool operator==(const VariableWord&) const = default;
};

// One claim: what it says of which object, and who says so. Members that do not apply are empty or null.
struct TypeStep {
  ObjectId object;  // none for a value outside of the heap
  Address at;       // where the value begins
  TypeId type;      // what it was taken for at the time of the claim
  KnownBy known_by = KnownBy::kUnknown;
  bool replaced = false;   // it got another type later
  bool beginning = false;  // the claim is only about the beginning of the object

  Witness witness = Witness::kNone;
  LibraryRule rule = LibraryRule::kNone;  // that leads on from the holder's word
  TypeId rule_type;                       // of LibraryRule::kStructure
  Address word;                           // where the pointer that leads here lies
  ObjectId holder;                        // the object that the word lies in
  TypeId holder_type;                     // what the holder or variable was taken for
  std::string field;                      // ".next": the word's place in the holder or variable
  VariableWord variable;                  // where the word lies or, for machine code, what it is reached from
  SpecialPart special = SpecialPart::kNone;
  std::string function, file;  // where the instruction or the frame stands, or where the closure's code begins
  std::uint32_t line = 0;
  Address code;
  Address descriptor;  // the one that a header or an interface names, perhaps through an itab
};

struct TypeChain {
  std::vector<TypeStep> steps;    // about the object, about its holder, ...
  std::uint64_t left_out = 0;     // how many are missing behind steps[head - 1]
  std::size_t head = 0;           // steps.size() if none is missing
  std::vector<TypeStep> refused;  // other claims on the object, which contradicted the one that was kept then
};

// Why one object was taken for two types that do not fit each other.
enum class ConflictCause : std::uint8_t {
  kConversion,  // both have one underlying type, as with `type View Node`: Go converts one into the other
  kUnsafe,      // descriptors and the runtime's own records name both: the program looks at one value as at two types
  kEvidence,    // at least one of them was inferred, and may be wrong
};

// Two types that were claimed for the same objects and do not fit each other.
struct TypeConflict {
  ConflictCause cause = ConflictCause::kEvidence;
  TypeStep kept, refused;      // of one object, as an example
  std::uint64_t claims = 0;    // how often two claims met like this
  std::uint64_t objects = 0;   // how many objects this is about
  std::uint64_t bytes = 0;     // the sizes of their slots
  std::uint64_t standing = 0;  // objects that still have the type that was kept
};

// Answers about one Snapshot. They are valid while the callback that gets this runs. Several threads may ask.
class TypeReasons {
 public:
  TypeReasons() = default;
  TypeReasons(const TypeReasons&) = delete;
  TypeReasons& operator=(const TypeReasons&) = delete;
  virtual ~TypeReasons() = default;

  // Returns at most some dozens of steps; of longer chains the middle is missing. Empty for an object without a type.
  virtual TypeChain chain(ObjectId object) const = 0;
  // Returns conflicts, those of most bytes first. Of those that
  // ConflictCause::kEvidence is the cause of, the loss `type-conflict` counts the claims.
  virtual std::vector<TypeConflict> conflicts() const = 0;
  // Returns the package variable at an address; empty if there is none.
  virtual VariableWord variable_at(Address address) const = 0;
};

}  // namespace holdfast::heap
