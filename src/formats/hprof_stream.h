// The outer form of an HPROF file: numbers in big-endian order, identifiers of 4 bytes, records, and segments of the
// heap, which are collected to a megabyte, since a segment's length stands before it. One thread; fails as the stream.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/stream.h"

namespace holdfast::formats {

class HprofStream {
 public:
  explicit HprofStream(Stream& out) : out_(out) {}

  // Begins a record of the file with as many bytes behind its head; or a part of the heap's segments, which is `bytes`
  // long with everything that belongs to it.
  void begin_record(std::uint8_t tag, std::uint64_t bytes);
  void begin_in_heap(std::uint64_t bytes);
  // Ends the last segment. To be called once, after all that is in the heap.
  void end_heap();

  void u1(std::uint8_t value) { put({reinterpret_cast<const char*>(&value), 1}); }
  void u2(std::uint16_t value) { big(value); }
  void u4(std::uint32_t value) { big(value); }
  void u8(std::uint64_t value) { big(value); }
  void id(std::uint32_t value) { big(value); }
  void zeros(std::uint64_t bytes);
  void put(std::string_view bytes);

 private:
  template <typename Number>
  void big(Number value) {
    char bytes[sizeof value];
    for (std::size_t i = 0; i < sizeof value; ++i) bytes[i] = static_cast<char>(value >> 8 * (sizeof value - 1 - i));
    put({bytes, sizeof bytes});
  }

  Stream& out_;
  std::string segment_;    // collected
  bool collects_ = false;  // what is put belongs into it
};

}  // namespace holdfast::formats
