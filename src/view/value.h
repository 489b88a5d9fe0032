// What an object contains, decoded by its type: fields, elements, the entries of maps, what is in a channel, what
// pointers lead to. Plain data that owns its texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/ids.h"

namespace holdfast::view {

// What a person asks of an object.
struct ShowQuery {
  Address address;        // of an object, or of a place in one
  std::string type;       // read the memory from `address` on as this type; empty = as what it is
  std::size_t depth = 2;  // pointers that are followed from the object's value
  std::size_t top = 10;   // rows of each list and elements of each value, 0 for all
  std::uint64_t offset =
      0;  // elements, entries or bytes of the value's list or text that are left out at its beginning
  bool by_retained = false;  // the parts of a value in the order of what each alone keeps alive
  bool raw = false;          // the bytes, too
};

struct Value {
  std::string name;              // its place in what it is a part of: ".next", "[3]", "[\"key\"]"; empty for the first
  std::string type;              // full; empty if it is not known
  std::string holds;             // the type of what an interface holds, or an unsafe.Pointer points to; else empty
  std::string text;              // in one line: "42", "\"abc\"", "nil", "len 3, cap 4"; of structures what they are
  Address at;                    // where it lies
  Address points_to;             // of pointers and the like; null for none
  std::vector<Value> parts;      // fields, elements, entries, what a pointer leads to
  std::uint64_t all_parts = 0;   // elements or entries that there are, in `parts` or not
  std::uint64_t first_part = 0;  // of these, how many lie before those in `parts`: a page of them was asked for
  std::uint64_t text_bytes = 0, text_shown = 0;  // of a text or of bytes: how many there are, and how many `text` has
  std::string more;                              // why parts are missing; empty if none is
  std::optional<std::uint64_t> alone_bytes;      // what only this keeps alive; none if that was not asked for
  std::uint64_t left_out_alone = 0;              // the sum of these of the parts that are missing
};

struct ShownValue {
  bool has_content = false;  // values are known; otherwise the parts have names and types only
  std::string remark;        // what everybody has to know about it; empty for nothing
  Value value;
  std::vector<std::uint8_t> raw;  // the bytes of the slot, if they were asked for and are known
};

}  // namespace holdfast::view
