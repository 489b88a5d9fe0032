// What the words of Go values are, by type descriptor: the interpreter of machine code asks this at every load. Keeps a
// small copy of each descriptor that it has read. Not for several threads: each has its own.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "go/type_reader.h"

namespace holdfast::code {

enum class WordKind : std::uint8_t { kUnknown, kPointer, kPart };

// What is known of one word. A kPointer points to `offset` of a value of `type`. A kPart is word `offset / 8` of a
// value of `type` that is no plain pointer: a map, channel or func value, or a word of a string or interface.
struct WordType {
  WordKind kind = WordKind::kUnknown;
  bool in_array = false;     // of kPointer: the value is one of several in a row
  std::uint32_t offset = 0;  // bytes
  Address type;              // descriptor: of the pointee, or of the value that the word is a part of

  static WordType pointer(Address type, std::uint64_t offset = 0, bool in_array = false) {
    return {WordKind::kPointer, in_array, static_cast<std::uint32_t>(offset), type};
  }
  static WordType part(Address type, std::uint64_t offset) {
    return {WordKind::kPart, false, static_cast<std::uint32_t>(offset), type};
  }
  explicit operator bool() const { return kind != WordKind::kUnknown; }
  auto operator<=>(const WordType&) const = default;
};

class WordTypes {
 public:
  struct Field {
    std::uint64_t offset = 0;
    Address type;
  };
  struct Type {
    go::TypeKind kind = go::TypeKind::kInvalid;
    std::uint64_t size = 0;
    std::uint64_t count = 0;  // of array
    Address elem, key;
    std::vector<Field> fields;
    std::vector<Address> in, out;  // of func
    std::vector<Address> methods;  // of interface: func types, null where the linker dropped it
    bool is_nameless = false;      // the name stands for several types: go.shape.*, or the header of any map
  };

  // `reader` must outlive this.
  explicit WordTypes(const go::TypeReader& reader) : reader_(reader) {}

  // The type of that descriptor, valid as long as this object; nullptr if there is no sound descriptor.
  const Type* find(Address descriptor);

  // The word at `offset` of a value of the type; unknown if it holds no pointer or lies behind the value.
  WordType word_at(Address type, std::uint64_t offset);
  // A word that points to a value of `type`; unknown if `type` is null.
  // Whether a value of `outer` begins with one of `inner`, or they are the same.
  bool begins_with(Address outer, Address inner);

 private:
  static constexpr int kDeepest = 64;

  const go::TypeReader& reader_;
  std::unordered_map<Address, Type> types_;
};

}  // namespace holdfast::code
