// Asks ElfFile everything about any bytes: it must give an Error or an answer within the file.
#include "binary/elf.h"

namespace {

using namespace holdfast;
using namespace holdfast::binary;

void use(const ElfFile& elf) {
  const std::uint64_t size = elf.file().size();
  for (const ElfSegment& segment : elf.loads()) {
    const auto byte = elf.try_bytes(segment.vaddr, 1);
    HOLDFAST_CHECK(!byte || (byte->data() >= elf.file().data() && byte->data() < elf.file().data() + size));
  }
  for (const ElfSymbol& symbol : elf.symbols()) {
    HOLDFAST_CHECK(!symbol.name.empty());
    elf.try_bytes(symbol.value, symbol.size);
  }
  HOLDFAST_CHECK(elf.notes().size() <= size / 12);
  HOLDFAST_CHECK(elf.relative_relocations().size() <= size / 8 + size / 24);
  elf.find_symbol("runtime.buildVersion");
  elf.gnu_build_id();
  elf.go_build_id();
  elf.has_dwarf();
  elf.has_symbols();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    use(ElfFile(ByteView(std::as_bytes(std::span(data, size)), "input")));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
