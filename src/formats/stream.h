// Where the bytes of a file go, in their order: collected into pieces of a megabyte, so that a file can be larger than
// our memory. One thread. It fails as the function that takes the pieces does.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::formats {

class Stream {
 public:
  using Take = std::function<void(std::string_view)>;

  explicit Stream(Take take) : take_(std::move(take)) {}

  void put(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() >= kPiece) flush();
  }
  template <typename... Givens>
  void print(fmt::format_string<const Givens&...> format, const Givens&... givens) {
    fmt::format_to(std::back_inserter(buffer_), format, givens...);
    if (buffer_.size() >= kPiece) flush();
  }
  // Puts a text as a string of JSON. What is not UTF-8 becomes U+FFFD.
  void put_json(std::string_view text);
  // To be called once, after the last byte.
  void flush() {
    take_(buffer_);
    buffer_.clear();
  }

 private:
  static constexpr std::size_t kPiece = 1 << 20;

  Take take_;
  std::string buffer_;
};

}  // namespace holdfast::formats
