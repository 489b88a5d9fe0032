// What Go writes behind a stack in the text forms: its functions by name, and the labels of its goroutines.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profile/builder.h"
#include "profile/legacy_text.h"

namespace holdfast::profile {

// One record of a text form of Go's or C++: a line with values and return addresses, and the lines with # behind it.
struct Record {
  std::vector<std::uint64_t> addresses;  // of the calls: one less than what the text has
  struct Frame {
    std::uint64_t address;
    NamedPlace place;  // no function where Go does not know it
  };
  std::vector<Frame> frames;
  std::vector<std::pair<std::string, std::string>> labels;
  bool is_cut_off = false;  // the text ends among its names
};

// Reads the lines behind the record, and goes to the first that is not one of them: the next record, an empty or an
// unknown line. Returns whether there is such a line.
bool read_names(Lines& lines, Record& record);

// What becomes of the frames of the runtime that Go hides at the leaf of a stack.
enum class Hidden : std::uint8_t {
  kDropped,  // as in the protobuf form of heaps
  kKept,     // as in that of all others: one function, "runtime.*"
};
// Returns the record's stack in `builder`: by name where it has names, else by address.
std::vector<std::uint64_t> stack_of(const Record& record, Hidden hidden, Builder& builder);

}  // namespace holdfast::profile
