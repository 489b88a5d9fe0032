// Reads any bytes as Go's function table: look-ups must end, and must read nothing outside.
#include "binary/pclntab.h"

using holdfast::Address;
using holdfast::ByteView;
namespace binary = holdfast::binary;

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(std::as_bytes(std::span(data, size)), "input");
  try {
    const binary::FunctionTable table(bytes, Address(0x401000));
    for (std::uint32_t i = 0; i < table.size() && i < 64; ++i) {
      const auto function = table.function(i);
      if (!function) continue;
      const Address middle = function->entry + (function->end - function->entry) / 2;
      table.find(middle);
      table.sp_delta(*function, middle);
      table.pcdata(*function, binary::PcData::kStackMap, middle);
      table.funcdata(*function, binary::FuncData::kStackObjects);
      table.inline_tree_bytes(*function);
      table.inline_stack(*function, middle, bytes);
    }
    table.find_by_name("main.main");
  } catch (const holdfast::Error&) {
    return 0;  // refused at construction
  }
  return 0;
}
