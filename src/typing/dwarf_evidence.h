// Claims from debug information: the types of package variables, of variables of frames, and of arguments of cleanup
// functions, applied to the memory of this process. One thread; words and debug information that cannot be read give
// no claims; nothing throws.
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
  // `image` is the one that the debug information describes. All must outlive this.
  DwarfEvidence(const binary::DwarfInfo& dwarf, const go::Runtime& runtime, const go::LoadedImage& image,
                TypeTable& table, StringTable& strings, Propagation& propagation);

  // Claims what package variables point to.
  void claim_globals();
  // Returns the type as a row; one that has no descriptor is made for its name and fields.
  TypeId type_of_variable(binary::DwarfTypeId type, int depth = 0);
  // The variables that exist at the instruction; none if the debug information does not know it.
  std::vector<binary::DwarfVariable> variables_at(Address pc) const;
  // The cleanup function at `code` will be called with the value at `argument`; its first parameter tells the type.
  void claim_argument(Address code, Address argument);
  // `closure` is the one that runtime.AddCleanup makes of the cleanup function and the argument up to Go 1.25.
  void claim_captured_argument(Address closure);
  // Claims what variables of frames point to, if one of their words is live: debug information does not tell when a
  // variable is dead.
  void claim_frames(std::span<const LiveFrame> frames);

 private:
  TypeId row_of(binary::DwarfTypeId type);
  // The next claims come from the value at `at`, a part of the variable that speak_of() named.
  void because(Address at, TypeId type);
  void speak_of(Ground ground, std::string_view name, Address at, Address code);
  void speak_of_special(heap::SpecialPart special, Address code);
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
  std::map<std::uint32_t, TypeId> made_;  // of types that have no descriptor
  std::vector<std::byte> bytes_;
  // Whose evidence the present claims are.
  Ground ground_ = Ground::kVariable;
  heap::SpecialPart special_ = heap::SpecialPart::kNone;
  std::string_view name_;
  Address variable_, code_;
};

}  // namespace holdfast::typing
