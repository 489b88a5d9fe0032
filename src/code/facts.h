// What is known of a program's code after some rounds of following it: answers to the questions of the follower
// (code/interpreter.h).
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

struct Verdict {
  WordType word;
  bool strong = false;   // a value of the type was stored there, or a call was told its type
  Address said_by = {};  // the lowest instruction that said so

  bool operator==(const Verdict&) const = default;
};

// Of a variable or closure.
struct NamedType {
  Address type;
  Address said_by;

  bool operator==(const NamedType&) const = default;
};

struct FactTables {
  std::unordered_map<Origin, Verdict, OriginHash> origins;
  std::unordered_map<Address, RegisterWords> given;  // by function: what all callers give it
  std::unordered_map<Address, NamedType> variables;  // of which only the address was seen
  std::unordered_map<Address, NamedType> closures;   // by code: the struct
  std::unordered_map<Address, NamedType> cleanups;   // by code of a cleanup function: its argument
  std::vector<VariableUse> uses;                     // by address

  bool operator==(const FactTables&) const = default;
};

// Numbers that stand for questions; two that share one do no harm.
using Questions = std::unordered_set<std::uint64_t>;

class Facts : public Knowledge {
 public:
  explicit Facts(const LibraryUses& library);

  // Before anybody has asked.
  void start_with(FactTables tables);
  // Returns the questions that have another answer now.
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
  Below below_, library_;  // by argument: words behind it that its type, if one is known, does not tell
};

}  // namespace holdfast::code
