// What the program's machine code says about its variables and closures (code/evidence.h), put to the memory of this
// process: claims on what the variables point to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
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
  CodeClaims(const code::CodeEvidence& evidence, const go::Runtime& runtime, const go::TypeReader& reader,
             TypeTable& table, StringTable& strings, Propagation& propagation)
      : evidence_(evidence),
        runtime_(runtime),
        words_(reader),
        table_(table),
        strings_(strings),
        propagation_(propagation) {}

  // Must come before any claim, since closures get their layouts when they are first met.
  void set_closure_layouts();
  // Of typed values that were stored; before the weak ones, which only fill what is left.
  void claim_strong();
  void claim_weak();

  // The cleanup function `code` will be called with the value at `argument`.
  void claim_cleanup(Address code, Address argument);
  // What lives on stacks; before the run of the weak ones.
  void claim_frames(std::span<const LiveFrame> frames);

 private:
  // A value outside of the heap that leads to another one, and the offset of the word that does.
  struct Parent {
    std::uint32_t grounds = 0;
    std::uint64_t offset = 0;
    int depth = 0;
  };
  void claim_word(Address at, const code::WordType& word);
  void claim_slot(const LiveFrame& frame, Address slot);
  void claim_rest(Address at, const code::WordType& word);
  void claim_variable(Address at, const code::WordType& pointer, Address live);
  void claim_value(Address at, Address type, const Parent& parent);
  void claim_target(Address target, Address type, const Parent& parent);
  void speak_of(Address variable, Address said_by, const code::Origin* origin);
  void because(Address at, TypeId type, const Parent& parent);
  static std::string way_of(const code::Origin& origin);
  bool is_static(Address at) const;

  const code::CodeEvidence& evidence_;
  const go::Runtime& runtime_;
  code::WordTypes words_;
  TypeTable& table_;
  StringTable& strings_;
  Propagation& propagation_;
  std::set<Address> closure_types_;                // structs of code and captured words: the code tells which closure
  std::set<std::pair<Address, Address>> statics_;  // values in data or bss that were claimed, with their types
  // Whose evidence it is: of this variable, or of what the place names, which is reached from it.
  bool strong_ = false;
  bool in_frame_ = false;  // of a frame's words; said_by_ is where it stands
  Address said_by_, variable_;
  const code::Origin* origin_ = nullptr;
};

}  // namespace holdfast::typing
