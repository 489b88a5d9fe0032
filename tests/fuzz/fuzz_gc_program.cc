// Expands any bytes as a GC program: the result must be bounded and consistent.
#include <cstdlib>

#include "base/memory_image.h"
#include "go/gc_program.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  constexpr std::uint64_t kMostBits = 1 << 16;
  const auto bytes = std::as_bytes(std::span(data, size));
  const go::GcProgramResult result = go::expand_gc_program(bytes, kMostBits);
  if (result.bits.count > kMostBits || result.bits.words.size() != (result.bits.count + 63) / 64) std::abort();
  if (result.bits.count % 64 != 0 && result.bits.words.back() >> (result.bits.count % 64) != 0) std::abort();
  MemoryImage image;
  image.add(Address(0x7f0), bytes, nullptr);
  image.seal();
  const go::GcProgramResult again = go::expand_gc_program(image, Address(0x7f0), kMostBits, size);
  if (again.end != result.end || again.bits.words != result.bits.words) std::abort();
  return 0;
}
