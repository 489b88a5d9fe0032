// A dump as other parsers of dumps read it: without labels, addresses of goroutines and threads, frame pointers, what
// logs put in front of lines, and what others wrote in between. Of 1.27's headers with labels gostackparse 0.7.0 reads
// none, and panicparse 2.5.0 nothing at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::dumps {

struct CleanDump {
  std::string text;
  std::uint64_t goroutines = 0;
  std::uint64_t left_out = 0;  // those whose header has a form that we do not know
};

// Frames that made an ancestor are left out. Nothing fails.
CleanDump clean_dump(std::string_view text);

}  // namespace holdfast::dumps
