// GC programs are run-length coded pointer masks. The runtime writes them for data and bss of every module
// (moduledata.gcdata and gcbss, Go 1.19-1.27) and, up to Go 1.23, for types whose mask would be longer than 2 KiB
// (reference 3.6). These functions do not throw; several threads may call them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/memory_source.h"

namespace holdfast::go {

// Bit i stands for word i (8 bytes); bit i lies in words[i / 64] at i % 64. Bits behind `count` are 0.
struct BitVector {
  std::vector<std::uint64_t> words;
  std::uint64_t count = 0;

  bool test(std::uint64_t i) const { return (words[i / 64] >> (i % 64) & 1) != 0; }
};

enum class GcProgramEnd : std::uint8_t {
  kComplete,   // the end mark was reached
  kTruncated,  // the bytes end before the program does
  kTooLong,    // more bits than allowed
  kBadRepeat,  // it repeats more bits than there are, or none, or a number does not fit into 64 bits
};

struct GcProgramResult {
  BitVector bits;  // what was expanded up to the end, whatever ended it
  GcProgramEnd end = GcProgramEnd::kComplete;
};

// Expands the program at the start of `program` (without a length prefix). It gives at most `max_bits` bits and takes
// time in proportion to the bytes read and the bits written.
GcProgramResult expand_gc_program(std::span<const std::byte> program, std::uint64_t max_bits);

// Does the same for a program in target memory whose length is not known: reads on until its end, but at most
// `max_bytes`.
GcProgramResult expand_gc_program(const MemorySource& memory, Address program, std::uint64_t max_bits,
                                  std::uint64_t max_bytes);

}  // namespace holdfast::go
