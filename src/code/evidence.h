// What the machine code of a program says about the types of its variables, closures and stack slots (types from code,
// 4). It takes a few rounds over all functions. In each round every function is followed with what earlier rounds have
// learnt about globals, arguments, results and captured words; then all claims on one word are weighed, and functions
// whose questions now have other answers are followed again.
//
// All addresses are those of this run. The result does not depend on the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "code/map_removals.h"
#include "code/value.h"
#include "code/variable_uses.h"
#include "go/function_tables.h"
#include "go/type_universe.h"

namespace holdfast::code {

// In all of these, `said_by` is the address of the lowest instruction that says so.

// A word of data or bss.
struct GlobalWord {
  Address at;
  WordType word;
  bool strong = false;  // a value of the type was stored there, or a call was told its type
  Address said_by = {};
};

// A variable whose address was passed or stored as a pointer to `type`: it is a value of that type, or begins with one.
struct TypedVariable {
  Address at;
  Address type;
  Address said_by = {};
};

// A word that is reached from a global by loads, where the types in between have no descriptors. The first load reads
// the global's own word.
struct AccessPath {
  Origin origin;
  WordType word;
  bool strong = false;
  Address said_by = {};
};

// What closures that run `code` look like; also used for the argument of a cleanup function.
struct ClosureType {
  Address code;
  Address type;  // of the struct {F uintptr; X0 ...}, or of the argument
  Address said_by = {};
};

// A word of a function's frame. `offset` counts in bytes from where the stack pointer was at entry, which is where the
// return address lies. `word` is the type of the word whenever it is live; or, for a variable whose address was passed
// on, the type of that address.
struct FrameWord {
  Address function;
  std::int64_t offset = 0;
  WordType word;
};

// The last of `words`, which are ordered as CodeEvidence::frame_words are, that the function has at or below `offset`;
// nullptr if there is none.
const FrameWord* find_before(const std::vector<FrameWord>& words, Address function, std::int64_t offset);
// The one that begins there; nullptr if none does.
const FrameWord* find_at(const std::vector<FrameWord>& words, Address function, std::int64_t offset);

struct CodeEvidence {
  std::vector<GlobalWord> globals;                      // by address
  std::vector<TypedVariable> variables;                 // by address
  std::vector<AccessPath> paths;                        // of globals, fewest loads first
  std::vector<ClosureType> closures;                    // by code
  std::vector<ClosureType> cleanups;                    // by code of the cleanup function: type of its argument
  std::vector<FrameWord> frame_words, frame_variables;  // by function and offset
  std::vector<VariableUse> uses;                        // by address
  MapRemovals removals;
  bool is_whole = false;  // no function was left out because it could not be read
  // The same facts as bytes, to be kept for the next run on this binary. Empty if they were given, if the program has
  // several modules, or if some of its code could not be read: a part must not stand for the whole later.
  std::vector<std::byte> facts;
};

// Reads all functions, on all cores. `universe` should hold all types of the program. `standing` are the entries of
// functions that have a frame on some stack, ascending: only their frames are described. `known` is
// CodeEvidence::facts of an earlier run on the same binary, or empty; damaged bytes count as empty. A function whose
// bytes cannot be read is counted as a loss. Throws only when it is cancelled.
CodeEvidence read_code(const go::Runtime& runtime, const go::FunctionTables& functions, const go::TypeReader& reader,
                       const go::TypeUniverse& universe, std::span<const Address> standing,
                       std::span<const std::byte> known, LossLedger& losses);

}  // namespace holdfast::code
