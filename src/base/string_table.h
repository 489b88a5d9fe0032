// Interned strings: each text is kept once, and named by a 32-bit id in order of first use. Several threads may read it
// while none adds.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.h"

namespace holdfast {

class StringTable {
 public:
  StringId add(std::string_view text);
  // Returns the empty text for "none". A text is valid as long as the table.
  std::string_view operator[](StringId id) const { return id ? std::string_view(texts_[id.row]) : std::string_view(); }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // a deque, so that the keys of the index stay where they are
  std::unordered_map<std::string_view, StringId> index_;
};

}  // namespace holdfast
