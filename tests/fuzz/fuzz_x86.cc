// Decodes any bytes as machine code; the first 8 say where it is.
#include "base/error.h"
#include "base/wire.h"
#include "binary/x86.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::binary;
  const auto bytes = std::as_bytes(std::span(data, size));
  if (size < 8) return 0;
  const Address at(load_le<std::uint64_t>(bytes.data()));
  const auto code = bytes.subspan(8);
  std::uint64_t before = 0;  // at least so far the last instruction reached
  for (const RipOperand& operand : rip_operands(code, at)) {
    HOLDFAST_CHECK(operand.instruction - at >= before && operand.instruction - at < code.size());
    before = operand.instruction - at + 6;
  }
  before = 0;
  for (const CodeTarget& target : calls(code, at)) {
    HOLDFAST_CHECK(target.instruction - at >= before && target.instruction - at < code.size());
    before = target.instruction - at + 2;
  }
  return 0;
}
