// Guesses the types of objects that no evidence is about, or only about how they begin, from what they look like. This
// is done last, and only where a neighbour agrees: many types have one size and pointers in the same places, and two of
// three guesses by those alone were wrong (types from code, 8). A type is claimed only if
//   - it explains every word: pointers lie where the type has pointers, and lead where they may; slices, strings,
//     interfaces, maps and channels are sound; nothing lies behind the value;
//   - a neighbour agrees: the type's pointer leads to an object that is known to have the pointer's type, or an object
//   of
//     known type refers to a value inside this one, or at its beginning, that the type has at that place;
//   - no other type of the program does so.
// What is found like this is KnownBy::kInferred, and so is what it leads to. The work is bounded. One thread; nothing
// throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/ids.h"
#include "go/type_reader.h"
#include "go/type_universe.h"
#include "typing/propagate.h"
#include "typing/shape_candidates.h"
#include "typing/type_outline.h"
#include "typing/type_table.h"

namespace holdfast::typing {

class Shapes {
 public:
  // All must outlive this. The universe should be complete.
  Shapes(const go::TypeReader& reader, const go::TypeUniverse& universe, const HeapView& heap, TypeTable& types,
         Propagation& propagation);

  // Looks once at objects without a type, at a bounded number of them. Returns how many got one. After the next run()
  // of the propagation their neighbours may be worth a look.
  std::uint64_t claim();

 private:
  struct LocatedWord {
    std::uint64_t value = 0;
    HeapView::Location location;
  };
  struct Unknown {
    std::uint32_t row = 0;
    HeapView::Object object;
    std::vector<LocatedWord> words;
    std::span<const Propagation::InnerValue> inner_values;  // of it that others refer to
    std::vector<ShapeSign> signs;
  };
  enum class Fit : std::uint8_t { kContradicts, kMayBe, kAgrees };

  bool is_open(std::uint32_t row) const;
  std::uint64_t claim_arrays(std::span<const Propagation::InnerValue> inner_values);
  std::vector<Propagation::InnerValue> gather_inner_values();
  std::vector<std::uint32_t> rows_to_look_at(const std::vector<Propagation::InnerValue>& inner_values) const;
  bool look(Unknown& unknown);
  std::vector<ShapeSign> signs_of(const Unknown& unknown);
  Address descriptor_of(std::uint32_t row) const;
  void find_candidates(const std::vector<Unknown>& all);
  Address only_fit(const Unknown& unknown);
  bool explains(const TypeOutline& outline, const Unknown& unknown);
  Fit fit(const TypeOutline::Leaf& leaf, const Unknown& unknown);
  Fit fit_pointer(Address elem, std::uint64_t bytes, const LocatedWord& word);
  Fit fit_slice(const TypeOutline::Leaf& leaf, const Unknown& unknown);
  Fit fit_text(const TypeOutline::Leaf& leaf, const Unknown& unknown) const;
  Fit fit_interface(const TypeOutline::Leaf& leaf, const Unknown& unknown) const;
  Fit fit_header(const TypeOutline::Leaf& leaf, const LocatedWord& word);
  bool are_alike(Address a, Address b);

  const go::TypeReader& reader_;
  const go::TypeUniverse& universe_;
  const HeapView& heap_;
  TypeTable& types_;
  Propagation& propagation_;
  TypeOutlines outlines_;
  ShapeCandidates candidates_;
};

}  // namespace holdfast::typing
