// From which size on an object is too large for each of its references to be an edge.
#pragma once

#include <cstdint>

namespace holdfast::heap {

// In bytes. Such an object may name the beginning of each target once, at its first place: most of so many references
// say the same. Pointers to the middle of an object are kept.
inline constexpr std::uint64_t kHugeObject = 1 << 20;

}  // namespace holdfast::heap
