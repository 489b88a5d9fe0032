// Integers as they lie in files and in the target: with a byte order of their own and alignment 1, so that a mapped
// header is simply a struct of them. Any bytes are some integer, so nothing fails here: whether a value makes sense is
// for the reader of the structure to say.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace holdfast {

template <std::integral T, std::endian Order>
class WireInt {
 public:
  WireInt() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a wire integer reads like the integer that it is
  WireInt(T value) { store(value); }
  // NOLINTNEXTLINE(google-explicit-constructor): see above
  operator T() const { return load(); }

 private:
  static T swap(T value) {
    if constexpr (Order == std::endian::native || sizeof(T) == 1) {
      return value;
    } else {
      auto bits = static_cast<std::make_unsigned_t<T>>(value);
      std::make_unsigned_t<T> out = 0;
      for (std::size_t i = 0; i < sizeof(T); ++i) {
        out = static_cast<std::make_unsigned_t<T>>((out << 8) | (bits & 0xff));
        bits = static_cast<std::make_unsigned_t<T>>(bits >> 8);
      }
      return static_cast<T>(out);
    }
  }
  T load() const {
    T value = 0;
    std::memcpy(&value, bytes_, sizeof(T));
    return swap(value);
  }
  void store(T value) {
    value = swap(value);
    std::memcpy(bytes_, &value, sizeof(T));
  }

  std::byte bytes_[sizeof(T)] = {};
};

using le16 = WireInt<std::uint16_t, std::endian::little>;
using le32 = WireInt<std::uint32_t, std::endian::little>;
using le64 = WireInt<std::uint64_t, std::endian::little>;
using les32 = WireInt<std::int32_t, std::endian::little>;
using be32 = WireInt<std::uint32_t, std::endian::big>;

// A struct that can be laid over bytes at any address.
template <typename T>
concept WireStruct = std::is_trivially_copyable_v<T> && alignof(T) == 1;

// Reads one little-endian integer at `p`; the caller has checked that it is there.
template <std::integral T>
T load_le(const std::byte* p) {
  WireInt<T, std::endian::little> value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

}  // namespace holdfast
