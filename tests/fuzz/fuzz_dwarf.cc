// Asks DwarfInfo everything about any bytes: it must give an Error or rows that fit together.
#include "binary/dwarf_info.h"

namespace {

using namespace holdfast;
using namespace holdfast::binary;

void use(const DwarfInfo& dwarf) {
  for (std::uint32_t row = 0; row < dwarf.types().size(); ++row) {
    const DwarfType& type = dwarf.types()[row];
    HOLDFAST_CHECK(dwarf.fields(type).size() == type.field_count);
    dwarf.name_of_parts(DwarfTypeId(row));
  }
  for (const DwarfFunction& function : dwarf.functions()) {
    HOLDFAST_CHECK(!function.code.empty());
    dwarf.variables(function, function.code.begin);
    dwarf.captures(function);
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    use(DwarfInfo(ByteView(std::as_bytes(std::span(data, size)), "input")));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
