// The input of fuzz_stack: kHeader bytes (release, status and flags, where it goes on, words from SP to the top), then
// these areas one after the other; what is missing at the end is 0.
#pragma once

#include <cstdint>

namespace holdfast::fuzz {

constexpr std::uint32_t kHeader = 4;
constexpr std::uint32_t kGofuncBytes = 0xc0, kRodataBytes = 0x40, kDeferBytes = 0x80, kStackBytes = 0x300;
// In the area of gofunc.
constexpr std::uint32_t kArgumentsMap = 0x08, kLocalsMap = 0x30, kStackObjects = 0x60;
constexpr std::uint32_t kAboveTop = 0x100;  // bytes of the stack above where the outermost frame began

}  // namespace holdfast::fuzz
