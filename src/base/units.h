// Shows numbers as a person reads them. JSON has the exact integers instead. Any thread may call these; nothing
// fails.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

std::string format_bytes(std::uint64_t bytes);                         // 17 B, 16.0 KiB, 1.69 GiB
std::string format_count(std::uint64_t count);                         // 21,312,004
std::string format_count(std::uint64_t count, std::string_view noun);  // 1 entry, 2 kinds of loss; `noun` is of one
std::string format_share(std::uint64_t part, std::uint64_t whole);     // 15 %, <1 %, 0 %
std::string format_seconds(double seconds);                            // 38 ms, 3.9 s, 4 min, 4 h, 2 days
// These show a moment, given in nanoseconds since 1970 UTC.
std::string format_moment(std::int64_t ns);  // 2026-11-28 17:20:03 UTC
std::string iso_moment(std::int64_t ns);     // 2026-11-28T17:20:03Z

}  // namespace holdfast
