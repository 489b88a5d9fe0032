// What the machine code of a program says about the types of its variables and closures (reference: types from code).
// Rounds over all functions: each is followed with what the rounds before have learnt of globals, arguments, results
// and captured words, and says more about them; what is told of a place more than once is weighed at the end of the
// round.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "code/value.h"
#include "code/variable_uses.h"
#include "go/function_tables.h"
#include "go/type_universe.h"

namespace holdfast::code {

// A word of data or bss.
struct GlobalWord {
  Address at;
  Word word;
  bool strong = false;  // a value of the type was stored there, or a call was told its type
};

// A variable whose address went where a pointer to its type is wanted: it is at least that.
struct Variable {
  Address at;
  Address type;
};

// What lies behind a global word, where the type of what is between has no descriptor: to be reached by loads at these
// offsets, the first one of the global's own word.
struct AccessPath {
  Place place;
  Word word;
  bool strong = false;
};

struct ClosureType {
  Address code;
  Address type;  // of the struct {F uintptr; X0 ...}
};

struct CodeEvidence {
  std::vector<GlobalWord> globals;    // by address
  std::vector<Variable> variables;    // by address
  std::vector<AccessPath> paths;      // of globals, fewest loads first
  std::vector<ClosureType> closures;  // by code
  std::vector<VariableUse> uses;      // by address
  std::uint64_t functions = 0;        // followed in each round
  std::uint64_t instruction_bytes = 0;
  unsigned rounds = 0;
};

// The universe should hold all types of the program. Functions whose bytes cannot be read are counted as losses.
CodeEvidence read_code(const go::Runtime& runtime, const go::FunctionTables& functions, const go::TypeReader& reader,
                       const go::TypeUniverse& universe, LossLedger& losses);

}  // namespace holdfast::code
