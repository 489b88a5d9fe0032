// For tests: the bytes of a snapshot's objects, written word by word.
//
//   ContentImage image;
//   image.word(address, 42).text(other, "hello");
//   image.add_to(snapshot);   // pages that hold anything, as capture keeps them
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/architecture.h"
#include "heap/snapshot.h"

namespace holdfast::heap::testing {

class ContentImage {
 public:
  ContentImage& byte(Address at, std::uint8_t value) {
    auto& page = pages_[at.value / kSystemPage];
    page.resize(kSystemPage);
    page[at.value % kSystemPage] = value;
    return *this;
  }
  ContentImage& number(Address at, std::uint64_t value, std::uint64_t size) {
    for (std::uint64_t i = 0; i < size; ++i) byte(at + i, static_cast<std::uint8_t>(value >> (8 * i)));
    return *this;
  }
  ContentImage& word(Address at, std::uint64_t value) { return number(at, value, 8); }
  ContentImage& word(Address at, Address value) { return word(at, value.value); }
  ContentImage& text(Address at, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) byte(at + i, static_cast<std::uint8_t>(text[i]));
    return *this;
  }
  // A string or the beginning of a slice.
  ContentImage& header(Address at, Address to, std::uint64_t length) { return word(at, to).word(at + 8, length); }

  // Replaces what the snapshot had.
  void add_to(Snapshot& snapshot) const {
    std::uint64_t at = 0;
    snapshot.content = {};
    snapshot.content.bytes = HugeArray<std::uint8_t>(pages_.size() * kSystemPage);
    for (const auto& [number, bytes] : pages_) {
      const Address begin(number * kSystemPage);
      auto& ranges = snapshot.content.ranges;
      if (!ranges.empty() && ranges.back().end == begin)
        ranges.back().end = begin + kSystemPage;
      else
        ranges.push_back({begin, begin + kSystemPage});
      std::copy(bytes.begin(), bytes.end(), snapshot.content.bytes.begin() + static_cast<std::ptrdiff_t>(at));
      at += kSystemPage;
    }
  }

 private:
  std::map<std::uint64_t, std::vector<std::uint8_t>> pages_;
};

}  // namespace holdfast::heap::testing
