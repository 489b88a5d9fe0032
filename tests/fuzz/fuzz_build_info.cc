// Reads build info and the version text of any bytes that are taken for an ELF file.
#include "binary/build_info.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::binary;
  try {
    const ElfFile elf(ByteView(std::as_bytes(std::span(data, size)), "input"));
    if (const auto info = find_build_info(elf)) HOLDFAST_CHECK(info->version.find("go1.") != std::string::npos);
    if (const auto version = find_version_string(elf)) HOLDFAST_CHECK(version->find("go1.") != std::string::npos);
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
