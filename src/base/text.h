// Shows addresses, bytes and paths, in text and in JSON alike. Any thread may call these; nothing fails.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/address.h"

namespace holdfast {

// "0xc000123000".
std::string hex(Address address);
// Two digits for each byte, as build ids are written.
std::string hex(std::span<const std::byte> bytes);

// Returns what is behind the last slash: everything if there is none, nothing if the path ends with one.
std::string_view base_name(std::string_view path);

// Keeps a word of the shell whole: in quotes where it needs them.
std::string shell_word(std::string_view word);

// ASCII letters in lower case, all else as it is.
std::string lower(std::string_view text);

}  // namespace holdfast
