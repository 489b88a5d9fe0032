// How the type of an object is known.
#pragma once

#include <cstdint>

namespace holdfast::heap {

// Strongest first; a claim on a whole object beats any on its beginning (typing/propagate.h).
enum class KnownBy : std::uint8_t {
  kUnknown,
  kHeader,      // the allocation header or the span's large type
  kInterface,   // an interface word points at it
  kClosure,     // its first word is code that this closure runs
  kRuntime,     // a structure of the runtime, found through the runtime's own lists
  kDwarf,       // a variable typed by debug information
  kCode,        // the machine code that allocates or uses it
  kLibrary,     // a rule about a library structure (channel, map, sync.Pool, ...)
  kPropagated,  // a typed holder's field
  kInferred,    // more than one weak sign
  kPart,        // it holds a value of that type, mostly at its beginning, and something else
};

}  // namespace holdfast::heap
