// What the machine code of a program does about memory: its calls of the runtime's allocator, each with its place in
// the source. This is what the compiler's decisions are judged by (compiler/judge.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/string_table.h"

namespace holdfast::compiler {

enum class Allocates : std::uint8_t {
  kObject,     // newobject, mallocgc and its kinds: always, unless it has no size
  kSlice,      // makeslice: unless its size is 0
  kGrowth,     // growslice: when the array is full
  kCopy,       // moveSlice: of what append put on the stack, when it leaves the function (1.26+)
  kInterface,  // convT: a value that is put into an interface; single bytes, zeros and small numbers need nothing
  kText,       // concatstrings, slicebytetostring and the like: more than 32 bytes if there is a buffer on the stack
  kMap,        // makemap
  kMapStore,   // mapassign: when the map grows
  kChannel,    // makechan
  kGoroutine,  // newproc: a stack, if no dead goroutine has left one
  kDefer,      // deferproc: a record, if none is free
};

// The name of a function of the runtime, without "runtime.".
struct Allocator {
  std::string_view name;
  Allocates what;
  bool is_prefix = false;
};
// Null if the function is none.
const Allocator* find_allocator(std::string_view function);

// The words for it in tables: "object", "growth".
std::string_view words_of(Allocates what);
// When it allocates, to follow "allocates "; empty for always.
std::string_view condition_of(Allocates what, bool has_buffer);

struct MachineFrame {
  StringId function, path;
  std::uint32_t line = 0;
  std::uint32_t function_line =
      0;  // that its function begins at; 0 = not known: of what is inlined, and before Go 1.20
};

// A type that calls pass.
struct MadeType {
  StringId name;            // with import paths in all its parts, as a snapshot names it
  StringId elem;            // what arrays and channels consist of; none of all others
  std::uint64_t bytes = 0;  // of one value
  // The types of what stands at its very beginning, the outermost first: a pointer to one of these looks like one to an
  // object of that type.
  std::vector<StringId> begins_with;
  // Whether code or data hand the type on to something else than these calls, itself or within another type: to an
  // interface, and so to reflection, or to generic code. Then these may make objects of it too.
  bool is_handed_on = false;
};

struct AllocationCall {
  static constexpr std::uint32_t kNoType = ~std::uint32_t{0};

  Allocates what = Allocates::kObject;
  bool has_buffer = false;       // of texts: a buffer on the stack is passed
  StringId callee;               // "newobject"
  StringId type;                 // what the code passes; none if it does not pass one, or not as a constant
  std::uint64_t bytes = 0;       // of one object, where the code tells; 0 = not known
  std::uint32_t made = kNoType;  // the row of `type` in AllocationCalls::types
  std::uint32_t first_frame = 0, frames = 0;  // rows of AllocationCalls::frames: the innermost first
};

// A line for which there is code.
struct CodeLine {
  StringId path;
  std::uint32_t line = 0;
  auto operator<=>(const CodeLine&) const = default;
};

struct AllocationCalls {
  StringTable texts;
  std::vector<AllocationCall> calls;  // by address
  std::vector<MachineFrame> frames;
  std::vector<CodeLine> lines;  // ascending, each once
  std::vector<MadeType> types;  // no order; several may have one name
  std::string build_id;  // of the program, Go's own or else the linker's; "none" if it has none, empty if not known
  // Whether all functions that the compiler made were looked at. If not, there may be more calls.
  bool is_complete = true;

  std::string_view text(StringId id) const { return texts[id]; }
};

// Adds what another program does.
void add_program(AllocationCalls& to, const AllocationCalls& from);

}  // namespace holdfast::compiler
