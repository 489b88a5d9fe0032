// Addresses and paths as they are shown, in text and in JSON alike.
#pragma once

#include <string>
#include <string_view>

#include "base/address.h"

namespace holdfast {

// "0xc000123000".
std::string hex(Address address);

// What stands behind the last slash: all of it without one, nothing if it ends with one.
std::string_view base_name(std::string_view path);

}  // namespace holdfast
