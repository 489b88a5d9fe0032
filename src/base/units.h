// Numbers as a person reads them. JSON carries the exact integers instead.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast {

std::string format_bytes(std::uint64_t bytes);                      // 17 B, 16.0 KiB, 1.69 GiB
std::string format_count(std::uint64_t count);                      // 21,312,004
std::string format_share(std::uint64_t part, std::uint64_t whole);  // 15 %, <1 %, 0 %
std::string format_seconds(double seconds);                         // 38 ms, 3.9 s, 4 min, 4 h, 2 days

}  // namespace holdfast
