// An address in the target. It is no pointer of ours: nothing can dereference it, and it does not mix with counts or
// sizes by accident.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace holdfast {

struct Address {
  std::uint64_t value = 0;

  constexpr Address() = default;
  explicit constexpr Address(std::uint64_t address) : value(address) {}

  explicit constexpr operator bool() const { return value != 0; }
  auto operator<=>(const Address&) const = default;

  friend constexpr Address operator+(Address a, std::uint64_t bytes) { return Address(a.value + bytes); }
  friend constexpr Address operator-(Address a, std::uint64_t bytes) { return Address(a.value - bytes); }
  // The distance in bytes. It wraps around, as in the hardware, if b lies above a.
  friend constexpr std::uint64_t operator-(Address a, Address b) { return a.value - b.value; }
  Address& operator+=(std::uint64_t bytes) {
    value += bytes;
    return *this;
  }
};

// The half-open range [begin, end) of target memory.
struct AddressRange {
  Address begin;
  Address end;

  constexpr std::uint64_t size() const { return end.value - begin.value; }
  constexpr bool empty() const { return end <= begin; }
  constexpr bool contains(Address a) const { return a >= begin && a < end; }
  bool operator==(const AddressRange&) const = default;
};

}  // namespace holdfast

template <>
struct std::hash<holdfast::Address> {
  std::size_t operator()(holdfast::Address a) const noexcept { return std::hash<std::uint64_t>{}(a.value); }
};
