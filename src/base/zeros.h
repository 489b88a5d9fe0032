// Pages that hold nothing: programs ask for much memory that they never write to.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

namespace holdfast {

inline bool is_zero(std::span<const std::byte> bytes) {
  return bytes.empty() ||
         (bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace holdfast
