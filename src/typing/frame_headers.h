// Finds the headers of slices and strings in the frames of stacks. The compiler may keep the words of one header far
// apart, and only those that are needed later, so a live pointer beside two small numbers need not be one: what says
// that a word begins a header, and where its length stands, is kept with it (heap::HeaderBasis). Offsets and sizes in
// bytes. One thread; words that cannot be read give no header; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "code/evidence.h"
#include "heap/snapshot.h"
#include "typing/dwarf_evidence.h"
#include "typing/live_words.h"
#include "typing/propagate.h"
#include "typing/type_table.h"
#include "typing/variable_labels.h"

namespace holdfast::typing {

class FrameHeaders {
 public:
  // All must outlive this.
  FrameHeaders(const go::Runtime& runtime, const HeapView& heap, TypeTable& table, StringTable& strings)
      : runtime_(runtime), heap_(heap), table_(table), strings_(strings) {}

  // Adds what debug information says. It tells where each word of a variable is at that instruction, and not when the
  // variable is dead: one is taken only if its pointer is live.
  void add_variables(DwarfEvidence& dwarf, std::span<const LiveFrame> frames);
  // Adds what machine code says: variables whose address was passed on, which lie in memory as their type says; and
  // words that are the first of a slice or string, whose length is taken for known only where both words behind fit.
  void add_code(const code::CodeEvidence& evidence, std::span<const LiveFrame> frames);

  // Package variables, or parts of them, that must be slices: machine code says that a word leads to elements, and the
  // words behind that say where the object ends, which chance hardly does.
  std::vector<TypedVariable> slices_in_variables(const code::CodeEvidence& evidence);

  // By address, each word once: what was added first is kept.
  std::vector<heap::FrameHeader> take();

 private:
  // A header of a variable that exists at some instruction. Places count from the canonical frame address.
  struct Place {
    std::int64_t pointer = 0;
    std::optional<std::int64_t> length, capacity;
    TypeId type;
    StringId variable;
  };

  const std::vector<Place>& places_at(DwarfEvidence& dwarf, Address pc);
  void add_slot(const code::CodeEvidence& evidence, const LiveFrame& frame, Address slot);
  bool add_part_of_variable(const code::CodeEvidence& evidence, const LiveFrame& frame, Address slot);
  void add_first_word(TypeId type, Address slot, bool only_if_fits);
  TypeId slice_of(TypeId elem);
  // `length` and `capacity` are where these stand, if they do.
  heap::FrameHeader read(Address at, TypeId type, std::optional<Address> length, std::optional<Address> capacity,
                         heap::HeaderBasis basis) const;
  void add(heap::FrameHeader header);
  // The object that it points into; none if that is none.
  std::optional<HeapView::Location> find(Address data) const;
  bool fits(const heap::FrameHeader& header) const;
  std::uint64_t element_bytes(TypeId type) const;
  bool is_string(TypeId type) const { return table_[type].kind == TypeKind::kString; }

  const go::Runtime& runtime_;
  const HeapView& heap_;
  TypeTable& table_;
  StringTable& strings_;
  std::map<Address, std::vector<Place>> places_;  // of the present debug information, by instruction
  std::map<TypeId, TypeId> slices_;               // by element
  std::map<Address, heap::FrameHeader> found_;
};

}  // namespace holdfast::typing
