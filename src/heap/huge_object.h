// The size from which on an object is too large for each of its references to be an edge.
#pragma once

#include <cstdint>

namespace holdfast::heap {

// In bytes. Of the references of such an object to the beginning of one target only the first need be an edge, since
// most of so many say the same. Pointers to the middle of an object are kept.
inline constexpr std::uint64_t kHugeObject = 1 << 20;

}  // namespace holdfast::heap
