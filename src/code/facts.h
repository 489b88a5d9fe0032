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
#include "code/map_removals.h"
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
  MapRemovals removals;

  bool operator==(const FactTables&) const = default;
};

// Says of most hashes that are not in a table that they are not, without a look at the table: half a MiB of bits stays
// in the cache of the processor, a table with a hundred thousand entries does not.
class HashFilter {
 public:
  void insert(std::uint64_t hash) { bits_[place(hash) / 64] |= std::uint64_t{1} << (place(hash) % 64); }
  bool may_have(std::uint64_t hash) const { return (bits_[place(hash) / 64] >> (place(hash) % 64) & 1) != 0; }

 private:
  static constexpr unsigned kBits = 22;
  static std::uint64_t place(std::uint64_t hash) { return hash & ((std::uint64_t{1} << kBits) - 1); }

  std::vector<std::uint64_t> bits_ = std::vector<std::uint64_t>((std::size_t{1} << kBits) / 64);
};

// Questions as numbers. Two questions with one number do no harm: a function is followed once more than needed.
class Questions {
 public:
  void insert(std::uint64_t question) {
    filter_.insert(question);
    all_.insert(question);
  }
  bool contains(std::uint64_t question) const { return filter_.may_have(question) && all_.contains(question); }
  const std::unordered_set<std::uint64_t>& all() const { return all_; }

 private:
  HashFilter filter_;
  std::unordered_set<std::uint64_t> all_;
};

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
  const ArgumentUses* argument_uses(Address function) const override;
  Address closure_type(Address code) const override;

  static std::uint64_t question(const Origin& origin) { return OriginHash()(origin); }
  static std::uint64_t question_given(Address function) {
    return question({.root = Origin::Root::kNone, .number = 1, .at = function});
  }
  static std::uint64_t question_argument_uses(Address function) {
    return question({.root = Origin::Root::kNone, .number = 2, .at = function});
  }
  static std::uint64_t question_closure(Address code) { return question({.root = Origin::Root::kNone, .at = code}); }

 private:
  using UsesByFunction = std::unordered_map<Address, ArgumentUses>;

  void take(FactTables tables, UsesByFunction argument_uses);
  UsesByFunction find_argument_uses(const FactTables& tables) const;

  FactTables tables_;
  HashFilter origins_;            // of tables_.origins
  UsesByFunction library_;        // of the first argument alone, whatever the code says of it
  UsesByFunction argument_uses_;  // of all
};

}  // namespace holdfast::code
