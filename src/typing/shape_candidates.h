// Finds the structs of a program that an object may be by a sign of its neighbours: those that have a value of a type,
// or a pointer to one, at an offset. Offsets and sizes in bytes. One thread; nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "base/hash.h"
#include "go/type_reader.h"
#include "go/type_universe.h"
#include "typing/type_outline.h"

namespace holdfast::typing {

// What a neighbour tells: the object has a value of that type at the offset, or a pointer or slice there that leads to
// such values.
struct ShapeSign {
  std::uint64_t offset = 0;
  bool leads_to = false;
  Address type;  // its descriptor
  bool operator==(const ShapeSign&) const = default;
};

class ShapeCandidates {
 public:
  static constexpr std::size_t kMost = 4096;  // structs with one sign; more would tell nothing

  // All must outlive this. The universe should be complete.
  ShapeCandidates(const go::TypeReader& reader, const go::TypeUniverse& universe, TypeOutlines& outlines)
      : reader_(reader), universe_(universe), outlines_(outlines) {}

  // Adds a sign to look for, and a size that structs may have to fit: more than `too_small`, at most `most`. Both count
  // for the next search() only.
  void want(const ShapeSign& sign) { found_.try_emplace(sign); }
  void want_size(std::uint64_t too_small, std::uint64_t most);
  // Looks for structs with pointers that have a wanted size and a wanted sign.
  void search();
  // Those with the sign, ordered by address; more than kMost of them mean that there are others. Structs that outlines
  // leave whole and closures are none. The sign must have been wanted before search().
  const std::vector<Address>& with(const ShapeSign& sign) const { return found_.at(sign); }
  // Forgets what was wanted and found.
  void clear();

 private:
  struct SignHash {
    std::size_t operator()(const ShapeSign& sign) const {
      return spread(sign.type) ^ (sign.offset << 1 | std::uint64_t{sign.leads_to});
    }
  };
  struct Struct {
    Address type;
    std::uint64_t size = 0;
  };

  void list_structs();
  void add(Address type);
  bool is_closure(Address type) const;

  const go::TypeReader& reader_;
  const go::TypeUniverse& universe_;
  TypeOutlines& outlines_;
  std::vector<Struct> structs_;  // with pointers, not too large for an outline, by address; listed when first needed
  std::vector<bool> is_wanted_size_;  // by size
  std::unordered_map<ShapeSign, std::vector<Address>, SignHash> found_;
};

}  // namespace holdfast::typing
