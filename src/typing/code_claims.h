// Applies what the program's machine code says (code/evidence.h) to the memory of this process: package variables,
// closures and stack slots become claims on the objects that they point to (types from code, 4.3). One thread; words
// that cannot be read give no claims; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/address.h"
#include "code/evidence.h"
#include "typing/live_words.h"
#include "typing/propagate.h"
#include "typing/type_table.h"

namespace holdfast::typing {

class CodeClaims {
 public:
  // All must outlive this.
  CodeClaims(const code::CodeEvidence& evidence, const go::Runtime& runtime, TypeTable& table, Propagation& propagation)
      : evidence_(evidence), runtime_(runtime), table_(table), propagation_(propagation) {}

  // Must come before any claim, since a closure gets its layout when it is first met.
  void set_closure_layouts();
  // Claims what strong evidence says. A run of the propagation should follow, so that weak evidence only fills gaps.
  void claim_strong();
  // Claims what weak evidence says.
  void claim_weak();

  // The cleanup function `code` will be called with the value at `argument`.
  void claim_cleanup(Address code, Address argument);
  // Claims what live words of stacks point to. Counts as weak.
  void claim_frames(std::span<const LiveFrame> frames);

 private:
  void claim_word(Address at, const code::WordType& word);
  void claim_global(const code::GlobalWord& global);
  void claim_slot(const LiveFrame& frame, Address slot);
  void claim_rest(Address at, const code::WordType& word);
  std::uint64_t number_behind(Address at, bool is_string) const;
  void claim_variable(Address at, const code::WordType& pointer, Address live);
  void claim_value(Address at, Address type);
  void claim_target(Address target, Address type);
  void speak_of(Address variable, Address said_by, const code::Origin* origin);
  void because(Address at, TypeId type);

  const code::CodeEvidence& evidence_;
  const go::Runtime& runtime_;
  TypeTable& table_;
  Propagation& propagation_;
  std::set<Address> closure_types_;  // structs of closures: the first word of the object tells which it is
  std::set<std::pair<Address, Address>> statics_;  // values in data or bss that were claimed, with their types
  // Whose evidence the present claims are: of this variable, or of the word that is reached from it by origin_'s loads.
  bool strong_ = false;
  bool in_frame_ = false;  // of words of a frame, which stands at said_by_
  Address said_by_, variable_;
  const code::Origin* origin_ = nullptr;
};

}  // namespace holdfast::typing
