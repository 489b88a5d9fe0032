// Bytes with a name. Every access is checked here and nowhere else, by division, so that no hostile offset or count can
// wrap around. An error names the bytes, the place and the two numbers that disagree: kTruncated, or kDamaged for a
// text or LEB128 that does not end. Several threads may read one view.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/wire.h"

namespace holdfast {

// The view does not own the bytes: whoever made it keeps them.
class ByteView {
 public:
  ByteView() = default;
  ByteView(std::span<const std::byte> bytes, std::string origin) : bytes_(bytes), origin_(std::move(origin)) {}

  std::uint64_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  const std::byte* data() const { return bytes_.data(); }
  std::span<const std::byte> span() const { return bytes_; }
  const std::string& origin() const { return origin_; }

  bool has(std::uint64_t offset, std::uint64_t count) const { return offset <= size() && count <= size() - offset; }

  std::span<const std::byte> bytes(std::uint64_t offset, std::uint64_t count) const {
    if (!has(offset, count)) overrun(offset, count, 1);
    return bytes_.subspan(offset, count);
  }

  // Returns a part of this view under its own name.
  ByteView slice(std::uint64_t offset, std::uint64_t count, std::string_view name) const;

  template <WireStruct T>
  std::span<const T> array(std::uint64_t offset, std::uint64_t count) const {
    if (offset > size() || count > (size() - offset) / sizeof(T)) overrun(offset, count, sizeof(T));
    return {reinterpret_cast<const T*>(bytes_.data() + offset), count};
  }

  template <WireStruct T>
  const T& at(std::uint64_t offset) const {
    return array<T>(offset, 1)[0];
  }

  template <std::integral T>
  T integer(std::uint64_t offset) const {
    return load_le<T>(bytes(offset, sizeof(T)).data());
  }

  template <std::integral T>
  std::optional<T> try_integer(std::uint64_t offset) const {
    if (!has(offset, sizeof(T))) return std::nullopt;
    return load_le<T>(bytes_.data() + offset);
  }

  // Returns the bytes up to the next 0, which must lie within the view and within `limit` bytes.
  std::string_view c_string(std::uint64_t offset, std::uint64_t limit = 1 << 16) const;
  std::optional<std::string_view> try_c_string(std::uint64_t offset, std::uint64_t limit = 1 << 16) const;

 private:
  [[noreturn]] void overrun(std::uint64_t offset, std::uint64_t count, std::uint64_t record) const;

  std::span<const std::byte> bytes_;
  std::string origin_;
};

// Reads variable-length input from front to back, with the errors of ByteView. A LEB128 has at most 10 bytes. For one
// thread.
class Cursor {
 public:
  explicit Cursor(ByteView view, std::uint64_t offset = 0) : view_(std::move(view)), offset_(offset) {}

  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return offset_ > view_.size() ? 0 : view_.size() - offset_; }
  bool at_end() const { return left() == 0; }
  void skip(std::uint64_t count) {
    view_.bytes(offset_, count);
    offset_ += count;
  }
  template <std::integral T>
  T integer() {
    const T value = view_.integer<T>(offset_);
    offset_ += sizeof(T);
    return value;
  }
  std::span<const std::byte> bytes(std::uint64_t count) {
    const auto out = view_.bytes(offset_, count);
    offset_ += count;
    return out;
  }
  std::uint64_t uleb();

 private:
  ByteView view_;
  std::uint64_t offset_ = 0;
};

}  // namespace holdfast
