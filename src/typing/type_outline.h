// Types taken apart into the words that the language gives a meaning to, straight from their descriptors. It is for
// comparing thousands of types with an object (typing/shapes.h): a row of the type table for each would be too much.
// Offsets and sizes in bytes. Not for several threads.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/address.h"
#include "go/type_reader.h"

namespace holdfast::typing {

struct TypeOutline {
  // A part that is neither a struct nor an array.
  struct Leaf {
    std::uint64_t offset = 0;
    go::TypeKind kind = go::TypeKind::kInvalid;
    Address type;  // its descriptor
    Address elem;  // descriptor of what a pointer or slice points to
  };

  std::uint64_t size = 0;
  std::uint64_t pointer_bytes = 0;
  std::vector<Leaf> leaves;                               // by offset
  std::vector<std::pair<std::uint64_t, Address>> values;  // offset and type of all parts and of itself, sorted

  bool has(std::uint64_t offset, Address type) const;
};

class TypeOutlines {
 public:
  // Larger values are not taken apart.
  static constexpr std::uint64_t kMostBytes = 1024;

  // `reader` must outlive this.
  explicit TypeOutlines(const go::TypeReader& reader) : reader_(reader) {}

  // The outline has no parts if there is no sound descriptor or the value is too large. The reference stays valid.
  const TypeOutline& of(Address type) { return of(type, 0); }

 private:
  const TypeOutline& of(Address type, int depth);
  bool add_parts(TypeOutline& out, Address type, const go::TypeHeader& header, int depth);
  bool add(TypeOutline& out, std::uint64_t offset, Address part, int depth);

  const go::TypeReader& reader_;
  std::unordered_map<Address, TypeOutline> outlines_;
};

}  // namespace holdfast::typing
