// What has been learnt of a program's code so far: the answers to the interpreter's questions (code/interpreter.h).
// Plain tables, replaced as a whole after each round; reading is safe from several threads, replacing is not.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/address.h"
#include "code/interpreter.h"
#include "code/library_uses.h"
#include "code/value.h"
#include "code/variable_uses.h"

namespace holdfast::code {

// What all claims on one word come to.
struct Verdict {
  WordType word;
  bool strong = false;   // a value of the type was stored there, or a call was told its type
  Address said_by = {};  // the lowest instruction that said so

  bool operator==(const Verdict&) const = default;
};

// The type of a variable, closure or cleanup argument.
struct NamedType {
  Address type;
  Address said_by;

  bool operator==(const NamedType&) const = default;
};

struct FactTables {
  std::unordered_map<Origin, Verdict, OriginHash> origins;  // what words that come from there are
  std::unordered_map<Address, RegisterWords> given;         // by function: what all callers pass to it
  std::unordered_map<Address, NamedType> variables;         // by address: variables whose address was passed on
  std::unordered_map<Address, NamedType> closures;          // by code: the struct of the closure
  std::unordered_map<Address, NamedType> cleanups;          // by code of a cleanup function: the type of its argument
  std::vector<VariableUse> uses;                            // by address

  bool operator==(const FactTables&) const = default;
};

// Questions as numbers. Two questions with one number do no harm: a function is followed once more than needed.
using Questions = std::unordered_set<std::uint64_t>;

class Facts : public Knowledge {
 public:
  // `library` holds in every round.
  explicit Facts(const LibraryUses& library);

  // Takes the facts of an earlier run, before anybody has asked.
  void start_with(FactTables tables);
  // Takes the facts of the next round. Returns the questions whose answers have changed.
  Questions replace(FactTables tables);
  const FactTables& tables() const { return tables_; }

  WordType word_at(const Origin& origin) const override;
  RegisterWords given(Address function) const override;
  std::span<const PathWord> below(const Origin& argument) const override;
  Address closure_type(Address code) const override;

  static std::uint64_t question(const Origin& origin) { return OriginHash()(origin); }
  static std::uint64_t question_below(const Origin& argument) { return ~question(argument); }
  static std::uint64_t question_given(Address function) {
    return question({.root = Origin::Root::kNone, .number = 1, .at = function});
  }
  static std::uint64_t question_closure(Address code) { return question({.root = Origin::Root::kNone, .at = code}); }

 private:
  using Below = std::unordered_map<Origin, std::vector<PathWord>, OriginHash>;

  Below find_below(const FactTables& tables) const;

  FactTables tables_;
  Below below_, library_;  // by argument: words reached from it that its type, if it has one, does not tell
};

}  // namespace holdfast::code
