// Reads any bytes as a core file: what it shows must lie within the file and be consistent.
#include "binary/core_file.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::binary;
  try {
    const auto bytes = std::as_bytes(std::span(data, size));
    const CoreFile core(ByteView(bytes, "input"));
    for (const CoreSegment& segment : core.segments()) {
      HOLDFAST_CHECK(!segment.range.empty());
      HOLDFAST_CHECK(segment.bytes.size() + segment.missing_bytes <= segment.range.size());
      if (segment.bytes.empty()) continue;
      HOLDFAST_CHECK(segment.bytes.data() >= bytes.data());
      HOLDFAST_CHECK(segment.bytes.data() + segment.bytes.size() <= bytes.data() + bytes.size());
    }
    HOLDFAST_CHECK(core.threads().size() <= size / 12);
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
