// Target memory as everything above the os layer sees it: a live process, a core, a frozen copy, or bytes of a test.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/address.h"
#include "base/error.h"
#include "base/wire.h"

namespace holdfast {

// Several threads may read an implementation at once.
class MemorySource {
 public:
  MemorySource() = default;
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;
  virtual ~MemorySource() = default;

  // Copies [from, from + to.size()). False if any byte of it cannot be read; then the content of `to` is undefined.
  virtual bool try_read(Address from, std::span<std::byte> to) const = 0;

  // Returns the same bytes in place, valid as long as the source; nullptr if they do not lie together in our memory.
  virtual const std::byte* try_view(Address from, std::uint64_t size) const = 0;

  // Copies many short ranges, which are ascending and apart, one behind the other into `to`; its size must be the sum
  // of theirs. False if any byte cannot be read. One call to the system reads many ranges, which would cost one call
  // each otherwise.
  virtual bool try_gather(std::span<const AddressRange> ranges, std::span<std::byte> to) const {
    for (const AddressRange& range : ranges) {
      if (!try_read(range.begin, to.first(range.size()))) return false;
      to = to.subspan(range.size());
    }
    return true;
  }

  template <std::integral T>
  std::optional<T> try_integer(Address from) const {
    std::byte bytes[sizeof(T)];
    if (!try_read(from, bytes)) return std::nullopt;
    return load_le<T>(bytes);
  }
  template <std::integral T>
  T integer(Address from) const {
    const auto value = try_integer<T>(from);
    if (!value) fail(ErrorCode::kDamaged, "{} bytes of the target at {:#x} cannot be read", sizeof(T), from.value);
    return *value;
  }
  std::optional<Address> try_pointer(Address from) const {
    const auto value = try_integer<std::uint64_t>(from);
    if (!value) return std::nullopt;
    return Address(*value);
  }
  Address pointer(Address from) const { return Address(integer<std::uint64_t>(from)); }
};

}  // namespace holdfast
