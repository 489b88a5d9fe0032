// What the words of Go values are, by descriptor: the question that a follower of machine code asks at every load. A
// small copy of each descriptor is kept. Not for several threads.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "go/type_reader.h"

namespace holdfast::code {

enum class WordKind : std::uint8_t { kUnknown, kPointer, kPart };

// What is known of one word. A pointer says where in a value of a type it points; a part is word `offset / 8` of a
// value that is no pointer: a map, channel or func value, or one of the words of a string, slice or interface.
struct WordType {
  WordKind kind = WordKind::kUnknown;
  bool in_array = false;     // of kPointer: the value is one of several
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
    bool is_nameless = false;      // stands for several types: go.shape.*, or the header of maps of any kind
  };

  // `reader` must outlive this.
  explicit WordTypes(const go::TypeReader& reader) : reader_(reader) {}

  // nullptr if there is no sound descriptor. The reference stays valid.
  const Type* find(Address descriptor);

  // The word at `offset` of a value of the type; unknown where no pointer is, or behind the value.
  WordType word_at(Address type, std::uint64_t offset);
  // What a word is that holds a pointer to a value of `type`; unknown for null.
  static WordType pointer_to(Address type) { return type ? WordType::pointer(type) : WordType(); }
  // Whether a value of `outer` begins with one of `inner`, or they are the same.
  bool begins_with(Address outer, Address inner);

 private:
  static constexpr int kDeepest = 64;

  const go::TypeReader& reader_;
  std::unordered_map<Address, Type> types_;
};

}  // namespace holdfast::code
