// Compresses bytes as gzip does (RFC 1952). Safe to use from several threads.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::formats {

// The result has neither a name nor a time in it, so equal bytes give equal results.
std::string gzip(std::string_view bytes);

}  // namespace holdfast::formats
