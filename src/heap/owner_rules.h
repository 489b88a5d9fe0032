// Owner rules: lines of text that say which of the things on the way to memory are worth naming. The built-in ones are
// data/owner_rules.txt, whose head has the grammar; users add files of the same form. They are in this layer because
// the builders of a snapshot group goroutines by what is plumbing, and those who show a snapshot ask for the rest.
//
// Rules are made before a target is touched, then constant: several threads may ask. What they say of the types of a
// snapshot is in view/type_rules.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace holdfast {

using RuleId = Id<struct RuleTag>;  // a row of OwnerRules::all()

}  // namespace holdfast

namespace holdfast::heap {

// Whether the function belongs to the package or to one below it.
bool lies_in(std::string_view function, std::string_view package);

enum class RuleKind : std::uint8_t {
  kPlumbing,   // a package that works for others
  kWorker,     // a package whose goroutines work on what others have
  kContainer,  // a part of what is seen as one thing
  kAlike,      // a type of things that count as one sort
  kChildren,   // a field that has the children of a thing
  kPart,       // a field whose object is a part of the thing
  kPool,       // the same of what keeps things that are free
  kRecord,     // what a record of the runtime is called
  kWeak,       // a field that refers and does not hold
  kHolder,     // a type that is worth a line of its own
  kThrough,    // a type that leads to what matters, and is not it
};

struct OwnerRule {
  RuleKind kind = RuleKind::kPlumbing;
  std::string subject;  // the package or type
  std::string name;     // that the types with it have in common
  std::string field;    // of the type
  std::string words;    // of a record what it is called, of children what they are
  std::string file;     // path as the user gave it; empty: built in
  std::uint32_t line = 0;

  // As it was written, in one spelling: "container sync.Map sync.entry".
  std::string text() const;
  bool operator==(const OwnerRule&) const = default;
};

class OwnerRules {
 public:
  static const OwnerRules& built_in();

  // Adds those of a text. Fails with kUsage at the first line that is no rule, and says what was expected there.
  void add(std::string_view text, const std::string& file);

  // In the order in which they were added: of those that disagree, the last one counts.
  const std::vector<OwnerRule>& all() const { return rules_; }
  const OwnerRule& operator[](RuleId rule) const { return rules_[rule.row]; }

  // Returns the rule by which a function is plumbing ("sync.(*Mutex).Lock", "internal/poll.(*FD).Read"): it is in a
  // package that is, or below one.
  RuleId plumbing(std::string_view function) const;
  // Returns the rule by which goroutines that the function starts work on what others have.
  RuleId worker(std::string_view function) const;

 private:
  RuleId first_above(const std::vector<RuleId>& packages, std::string_view function) const;

  std::vector<OwnerRule> rules_;
  std::vector<RuleId> plumbing_;
  std::vector<RuleId> workers_;
};

}  // namespace holdfast::heap
