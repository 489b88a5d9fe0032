// Who said what type an object has, from the object back to evidence that needs no other: for those who want to know
// why. It is not in a Snapshot, since only the search for types knows it; capture::Callbacks hands it out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

// What kind of evidence it is. Only a holder is an object with a reason of its own.
enum class Witness : std::uint8_t {
  kNone,        // not known
  kHolder,      // a typed object's or variable's word leads here
  kHeader,      // the allocation header of the slot
  kSpan,        // the span of a large object names its type
  kInterface,   // the first word of an interface that leads here
  kClosure,     // its first word is code
  kList,        // a list of the runtime's own
  kSpecial,     // a finalizer or cleanup
  kVariable,    // a package variable of debug information
  kLocal,       // a variable of a frame, of debug information
  kCodeStrong,  // machine code stores a value of the type there, or tells the runtime
  kCodeWeak,    // machine code uses it as such
  kSlot,        // a word of a frame, as the frame's machine code uses it
  kShape,       // no other type explains its words and what its neighbours say
};

// One claim: who it is about, and who said so. What does not apply is empty or null.
struct TypeStep {
  ObjectId object;  // none: a value outside of the heap
  Address at;       // where the value begins
  TypeId type;      // what it was taken for when this was said
  KnownBy known_by = KnownBy::kUnknown;
  bool replaced = false;   // later it got another type
  bool beginning = false;  // this says only how the object begins

  Witness witness = Witness::kNone;
  std::string rule;            // of the library, that says what the holder's word leads to: "map", "sync.Pool"
  Address word;                // that leads here
  ObjectId holder;             // that the word lies in
  TypeId holder_type;          // as it was taken for; also of a variable
  std::string field;           // ".next": the word, as a place in the holder or variable
  std::string name;            // of the variable, list or special; of machine code: the way from a variable to the word
  std::string function, file;  // where the instruction or the frame stands, where the closure's code begins
  std::uint32_t line = 0;
  Address code;
  Address descriptor;  // that a header or interface names, perhaps through an itab
};

struct TypeChain {
  std::vector<TypeStep> steps;    // of the object, of its holder, ...
  std::uint64_t left_out = 0;     // steps behind steps[head - 1]
  std::size_t head = 0;           // all of them if none is left out
  std::vector<TypeStep> refused;  // other claims on the object, which contradict what was kept at that time
};

// Two types that were claimed for the same objects and do not fit each other.
struct TypeConflict {
  TypeStep kept, refused;      // of the example
  std::uint64_t claims = 0;    // that met like this
  std::uint64_t objects = 0;   // that this is about
  std::uint64_t bytes = 0;     // of their slots
  std::uint64_t standing = 0;  // objects whose type is still the one that was kept
};

// Answers about one Snapshot; valid as long as it is handed out.
class TypeReasons {
 public:
  TypeReasons() = default;
  TypeReasons(const TypeReasons&) = delete;
  TypeReasons& operator=(const TypeReasons&) = delete;
  virtual ~TypeReasons() = default;

  // At most some dozens of steps, the middle of longer chains left out. Empty for an object without a type.
  virtual TypeChain chain(ObjectId object) const = 0;
  // Most bytes first. The sum of their claims is what the loss `type-conflict` counts.
  virtual std::vector<TypeConflict> conflicts() const = 0;
  // "main.registry+0x8", "data+0x1c40": the package variable there; empty if there is none.
  virtual std::string variable_at(Address address) const = 0;
};

}  // namespace holdfast::heap
