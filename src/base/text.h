// Shows addresses and paths, in text and in JSON alike.
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"

namespace holdfast {

// "0xc000123000".
std::string hex(Address address);

// Returns what is behind the last slash: everything if there is none, nothing if the path ends with one.
std::string_view base_name(std::string_view path);

}  // namespace holdfast
