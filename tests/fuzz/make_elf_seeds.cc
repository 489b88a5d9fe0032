// Writes small valid inputs for the fuzz targets of the binary layer: make_elf_seeds SEEDS_FOLDER.
#include <filesystem>
#include <fstream>

#include "binary/dwarf_sample_for_tests.h"
#include "binary/elf_builder_for_tests.h"
#include "binary/pclntab_builder_for_tests.h"

namespace {

using namespace holdfast;
using namespace holdfast::binary;

constexpr std::uint32_t kRead = 4, kWrite = 2, kExecute = 1;

void write(const std::filesystem::path& folder, const std::string& target, const std::string& name,
           const std::vector<std::byte>& bytes) {
  std::filesystem::create_directories(folder / target);
  std::ofstream file(folder / target / name, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::vector<std::byte> sections_and_symbols() {
  return ElfBuilder(ElfType::kExec)
      .segment(kSegmentLoad, kRead | kExecute, Address(0x1000), Bytes().text("text"))
      .section_at(".text", 1, Address(0x1000), 4)
      .section(".debug_info", 1, Bytes().text("dwarf"))
      .symbol("main.main", Address(0x1000), 4)
      .build();
}

std::vector<std::byte> relocations_and_notes() {
  const Bytes data = Bytes().u64(0x2000).zeros(8);
  const Bytes tables = Bytes().add_record(WireRela{0x2008, 8, 0, 0x2000}).u64(0x2000).u64(7);
  const Bytes dynamic = Bytes().u64(7).u64(0x3000).u64(8).u64(24).u64(36).u64(0x3018).u64(35).u64(16).u64(0).u64(0);
  return ElfBuilder(ElfType::kDyn)
      .note("GNU", 3, Bytes().u32(0xdeadbeef))
      .note("Go", 4, Bytes().text("a/b"))
      .segment(kSegmentLoad, kRead | kWrite, Address(0x2000), data, 0x100)
      .segment(kSegmentLoad, kRead, Address(0x3000), tables)
      .segment(kSegmentDynamic, kRead, Address(), dynamic)
      .build();
}

std::vector<std::byte> inline_build_info() {
  const std::string modules =
      "\x30\x77\xaf\x0c 12345678901path\tm\nmod\tm\tv1\ndep\td\tv1\n=>\te\tv2\nbuild\t-k=\"a\\x41\"\n"
      "\xf9\x32\x43\x31 12345678901";
  Bytes data = Bytes().text("\xff Go buildinf:").u8(8).u8(2).zeros(16).u8(8).text("go1.26.8");
  data.u8(static_cast<std::uint8_t>(modules.size())).text(modules);
  return ElfBuilder(ElfType::kExec).segment(kSegmentLoad, kRead | kWrite, Address(0x10000), data).build();
}

std::vector<std::byte> function_table(PclntabBuilder::Form form) {
  PclntabBuilder builder(form);
  builder.add_file("/src/a.go");
  builder.add_name("main.inlined");
  for (const char* name : {"runtime.goexit", "main.main"})
    builder.add({.name = name,
                 .sp = {{4, 0}, {0x3f, 32}, {0x40, 0}},
                 .file = {{0x40, 0}},
                 .line = {{0x10, 7}, {0x40, 9}},
                 .pcdata = {{}, {{0x40, 1}}, {{0x20, -1}, {0x40, 0}}},
                 .funcdata = {0, 8, 16, 24},
                 .args = 16});
  return builder.build(0x401000);
}

std::vector<std::byte> pointer_build_info() {
  Bytes data = Bytes().text("\xff Go buildinf:").u8(8).u8(0).u64(0x10020).u64(0x10030);
  data.u64(0x20000).u64(8).u64(0x20000).u64(8);
  return ElfBuilder(ElfType::kExec)
      .segment(kSegmentLoad, kRead | kWrite, Address(0x10000), data)
      .segment(kSegmentLoad, kRead, Address(0x20000), Bytes().text("go1.17.9devel go1.28-X"))
      .build();
}

std::vector<std::byte> small_core() {
  Bytes status = Bytes().zeros(336);
  Bytes files = Bytes().u64(1).u64(4096).u64(0x1000).u64(0x2000).u64(0).text("/x").u8(0);
  return ElfBuilder(ElfType::kCore)
      .note("CORE", 1, status)
      .note("CORE", 0x46494c45, files)
      .note("CORE", 6, Bytes().u64(9).u64(0x1000).u64(0).u64(0))
      .note("CORE", 0x53494749, Bytes().u32(11).zeros(20))
      .segment(kSegmentLoad, kRead | kWrite, Address(0x1000), Bytes().text("heap"), 0x1000)
      .build();
}

std::vector<std::byte> code() {
  return Bytes()
      .u64(0x400000)
      .text(std::string_view("\x48\x8d\x05\x10\0\0\0\x48\x8b\x0d\xf0\xff\xff\xff\x83\x3d\0\2\0\0\0\xe8\0\0\0\0\xeb\xf7",
                             28))
      .get();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  write(folder, "fuzz_elf", "sections", sections_and_symbols());
  write(folder, "fuzz_elf", "relocations", relocations_and_notes());
  write(folder, "fuzz_build_info", "inline", inline_build_info());
  write(folder, "fuzz_build_info", "pointers", pointer_build_info());
  write(folder, "fuzz_core", "small", small_core());
  write(folder, "fuzz_dwarf", "version4", sample_program(4).build());
  write(folder, "fuzz_dwarf", "version5", sample_program(5).build());
  write(folder, "fuzz_pclntab", "go118", function_table(PclntabBuilder::Form::kGo118));
  write(folder, "fuzz_pclntab", "go120", function_table(PclntabBuilder::Form::kGo120));
  write(folder, "fuzz_code", "code", code());
  write(folder, "fuzz_x86", "code", code());
  return 0;
}
