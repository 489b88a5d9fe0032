// What the machine code of a program says about the types of its variables and closures (reference: types from code).
// Rounds over all functions: each is followed with what the rounds before have learnt of globals, arguments, results
// and captured words, and says more about them; what is told of an origin more than once is weighed at the end of the
// round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "code/value.h"
#include "code/variable_uses.h"
#include "go/function_tables.h"
#include "go/type_universe.h"

namespace holdfast::code {

// `said_by` in all of these: the lowest instruction that said so.

// A word of data or bss.
struct GlobalWord {
  Address at;
  WordType word;
  bool strong = false;  // a value of the type was stored there, or a call was told its type
  Address said_by = {};
};

// A variable whose address went where a pointer to its type is wanted: it is at least that.
struct TypedVariable {
  Address at;
  Address type;
  Address said_by = {};
};

// What lies behind a global word, where the type of what is between has no descriptor: to be reached by loads at these
// offsets, the first one of the global's own word.
struct AccessPath {
  Origin origin;
  WordType word;
  bool strong = false;
  Address said_by = {};
};

struct ClosureType {
  Address code;
  Address type;  // of the struct {F uintptr; X0 ...}
  Address said_by = {};
};

// A word of a function's frame, `offset` bytes from where the stack pointer was at entry, that is: from 8 bytes below
// the caller's frame. What it is whenever it is alive; or, of a variable, what its address is.
struct FrameWord {
  Address function;
  std::int64_t offset = 0;
  WordType word;
};

struct CodeEvidence {
  std::vector<GlobalWord> globals;                      // by address
  std::vector<TypedVariable> variables;                 // by address
  std::vector<AccessPath> paths;                        // of globals, fewest loads first
  std::vector<ClosureType> closures;                    // by code
  std::vector<ClosureType> cleanups;                    // by code: of functions that clean up, their argument
  std::vector<FrameWord> frame_words, frame_variables;  // by function and offset
  std::vector<VariableUse> uses;                        // by address
  // To be kept for the next run on this binary. Empty if they were known, if the program has several modules, and if
  // some of its code could not be read: a part must not stand for the whole later.
  std::vector<std::byte> facts;
};

// The universe should hold all types of the program. Frames are read of the `standing` functions (their entries,
// ascending). `known` are the facts of an earlier run on the same binary, or empty; damaged ones are not used.
// Functions whose bytes cannot be read are counted as losses.
CodeEvidence read_code(const go::Runtime& runtime, const go::FunctionTables& functions, const go::TypeReader& reader,
                       const go::TypeUniverse& universe, std::span<const Address> standing,
                       std::span<const std::byte> known, LossLedger& losses);

}  // namespace holdfast::code
