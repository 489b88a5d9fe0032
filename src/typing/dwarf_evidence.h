// Types that debug information gives to package variables and to the variables of frames.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "binary/dwarf_info.h"
#include "go/goroutines.h"
#include "go/modules.h"
#include "go/unwind.h"
#include "typing/live_words.h"
#include "typing/propagate.h"
#include "typing/type_table.h"

namespace holdfast::typing {

class DwarfEvidence {
 public:
  // `image` is the one that the debug information is about. All must outlive this.
  DwarfEvidence(const binary::DwarfInfo& dwarf, const go::Runtime& runtime, const go::LoadedImage& image,
                TypeTable& table, StringTable& strings, Propagation& propagation);

  void claim_globals();
  // The cleanup function at `code` will be called with the value at `argument`: its first parameter says what that is.
  void claim_argument(Address code, Address argument);
  // `closure` is what runtime.AddCleanup makes up to Go 1.25, of the cleanup function and the argument.
  void claim_captured_argument(Address closure);
  // Variables that have a live word: debug information does not tell when one is dead.
  void claim_frames(std::span<const LiveFrame> frames);

 private:
  TypeId row_of(binary::DwarfTypeId type);
  // What is claimed now comes from the value at `at`, a part of the variable of which is spoken.
  void because(Address at, TypeId type);
  void speak_of(Ground ground, std::string_view name, Address at, Address code);
  void claim_variable(const LiveFrame& frame, const binary::DwarfVariable& variable);
  void claim_value(Address at, binary::DwarfTypeId type, int depth);
  void claim_parts(Address at, const binary::DwarfType& type, int depth);
  void claim_elements(Address at, Address data, TypeId elem);

  const binary::DwarfInfo& dwarf_;
  const go::Runtime& runtime_;
  const go::LoadedImage& image_;
  Address types_;  // moduledata.types of the image
  TypeTable& table_;
  StringTable& strings_;
  Propagation& propagation_;
  std::map<std::uint32_t, TypeId> rows_;
  std::vector<std::byte> bytes_;
  // Whose evidence it is.
  Ground ground_ = Ground::kVariable;
  std::string_view name_;
  Address variable_, code_;
};

}  // namespace holdfast::typing
