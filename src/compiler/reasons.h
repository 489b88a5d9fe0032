// Why the compiler says that a value goes where it goes: its words of -m=2 and -json (cmd/compile, Go 1.19-1.27; read
// in the sources of escape analysis and seen in output), each with what it means and what usually helps.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast::compiler {

// The reasons that lie in a size: whatever becomes of the value, it is too large or its size is not known.
enum class SizeReason : std::uint8_t { kNone, kTooLarge, kTooAligned, kNotConstant, kZeroSized };

struct Reason {
  std::string_view name;     // as the compiler writes it: "call parameter"
  std::string_view meaning;  // a sentence
  std::string_view cure;     // what usually helps, a sentence; empty if nothing needs to be done
  SizeReason size = SizeReason::kNone;
};

// All of them; the first one is that of nothing.
std::span<const Reason> reasons();
// The row of reasons() with that name; 0 for none.
std::uint16_t find_reason(std::string_view name);

}  // namespace holdfast::compiler
