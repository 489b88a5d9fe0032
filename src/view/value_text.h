// Values of basic types as a Go programmer writes them. Any thread may call these; nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "heap/type_kind.h"

namespace holdfast::view {

// "42", "-7", "true", "1.5", "(1+2i)", "0xc000012000" (of uintptr); nothing for other kinds and wrong sizes.
std::optional<std::string> scalar_text(heap::TypeKind kind, std::span<const std::uint8_t> bytes);

// A text in quotes, on one line. `whole` is how many bytes it has; if that is more than are given, it says so behind
// the quotes: "\"abc\"… (12,345 bytes)".
std::string quoted_text(std::span<const std::uint8_t> bytes, std::uint64_t whole);
// Whether the bytes look like text that a person wrote: printable, apart from white space.
bool is_text(std::span<const std::uint8_t> bytes);
// "68 65 6c 6c 6f"
std::string hex_text(std::span<const std::uint8_t> bytes);

// A time.Time by its words `wall` and `ext`: "2026-11-30 05:12:44.123 UTC".
std::string time_text(std::uint64_t wall, std::int64_t ext);
// A time.Duration: "1h2m3.5s", "250ms", "0s".
std::string duration_text(std::int64_t nanoseconds);

}  // namespace holdfast::view
