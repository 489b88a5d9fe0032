// Values taken apart down to the words that the collector and the language give a meaning to, straight from the
// descriptors: for those who compare thousands of types with an object and use one of them. Not for several threads.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.h"
#include "go/type_reader.h"

namespace holdfast::typing {

struct TypeOutline {
  // A part that is no struct and no array.
  struct Leaf {
    std::uint64_t offset = 0;
    go::TypeKind kind = go::TypeKind::kInvalid;
    Address type;  // its descriptor
    Address elem;  // of pointer and slice
  };

  std::uint64_t size = 0;
  std::uint64_t pointer_bytes = 0;
  std::vector<Leaf> leaves;                               // by offset
  std::vector<std::pair<std::uint64_t, Address>> values;  // sorted: all parts, structs and arrays too, and itself

  bool has(std::uint64_t offset, Address type) const;
};

class TypeOutlines {
 public:
  // Larger values, and those with more parts, are not taken apart.
  static constexpr std::uint64_t kMostBytes = 1024;

  // `reader` must outlive this.
  explicit TypeOutlines(const go::TypeReader& reader) : reader_(reader) {}

  // Without parts if there is no sound descriptor, or the value is too large. The reference stays valid.
  const TypeOutline& of(Address type) { return of(type, 0); }

 private:
  const TypeOutline& of(Address type, int depth);
  bool add_parts(TypeOutline& out, const go::TypeDescriptor& type, int depth);
  bool add(TypeOutline& out, std::uint64_t offset, Address part, int depth);

  const go::TypeReader& reader_;
  std::unordered_map<Address, TypeOutline> outlines_;
};

}  // namespace holdfast::typing
