// The layout of fuzz_stack's input: kHeader bytes (release, status and flags, where the goroutine goes on, words from
// SP to the top), then these areas one after the other; what is missing at the end is 0.
#pragma once

#include <cstdint>

namespace holdfast::fuzz {

constexpr std::uint32_t kHeader = 4;
constexpr std::uint32_t kGofuncBytes = 0xc0, kRodataBytes = 0x40, kDeferBytes = 0x80, kStackBytes = 0x300;
// Offsets in the area of gofunc.
constexpr std::uint32_t kArgumentsMap = 0x08, kLocalsMap = 0x30, kStackObjects = 0x60;
constexpr std::uint32_t kAboveTop = 0x100;  // bytes of the stack above the beginning of the outermost frame

}  // namespace holdfast::fuzz
