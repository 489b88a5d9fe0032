#include "go/modules.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "base/architecture.h"

namespace holdfast::go {
namespace {

constexpr std::uint32_t kMagic118 = 0xfffffff0;  // Go 1.18, 1.19
constexpr std::uint32_t kMagic120 = 0xfffffff1;  // Go 1.20 and later
constexpr std::size_t kMostModules = 4096;

// The fixed part of runtime.pcHeader (Go 1.18-1.27).
struct PcHeader {
  le32 magic;
  std::uint8_t zero[2];
  std::uint8_t quantum;
  std::uint8_t pointer_size;
  le64 functions, files, text_start, names_at, cu_at, files_at, pc_at, pcln_at;

  // Whatever the magic: garble (mvdan.cc/garble v0.17.0, linker patches) has a random one there, and a runtime that
  // expects it.
  bool plausible() const {
    return zero[0] == 0 && zero[1] == 0 && quantum == kArchitecture.pc_quantum && pointer_size == 8 && functions > 0 &&
           functions < (1U << 28) && names_at >= sizeof(PcHeader) && names_at <= cu_at && cu_at <= files_at &&
           files_at <= pc_at && pc_at <= pcln_at;
  }
};
static_assert(sizeof(PcHeader) == 72);

std::vector<Address> pclntab_candidates(const LoadedImage& image) {
  std::vector<Address> found;
  for (const char* name : {".gopclntab", ".data.rel.ro.gopclntab"})
    if (const auto* section = image.elf->find_section(name)) found.push_back(image.at(section->addr));
  if (!found.empty()) return found;
  for (const auto& segment : image.elf->loads()) {
    const auto bytes = image.elf->segment_bytes(segment);
    for (std::uint64_t at = 0; at + sizeof(PcHeader) <= bytes.size(); at += 8) {
      const auto word = load_le<std::uint32_t>(bytes.data() + at);
      if (word != kMagic118 && word != kMagic120) continue;
      PcHeader header;
      std::memcpy(&header, bytes.data() + at, sizeof(header));
      if (header.plausible()) found.push_back(image.at(segment.vaddr + at));
    }
  }
  return found;
}

// Whether the record at `at` describes the pclntab at `header_at`. Only such a record has all of these pointers.
bool fits(const MemorySource& memory, const LayoutSource& layouts, Address at, Address header_at) {
  std::array<std::byte, sizeof(PcHeader)> bytes{};
  if (!memory.try_read(header_at, bytes)) return false;
  PcHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (!header.plausible()) return false;
  const auto pointer = [&](std::string_view field) {
    return memory.try_pointer(at + layouts.offset("runtime.moduledata", field)).value_or(Address());
  };
  return pointer("pcHeader") == header_at && pointer("funcnametab") == header_at + header.names_at &&
         pointer("cutab") == header_at + header.cu_at && pointer("pclntable") == header_at + header.pcln_at &&
         pointer("ftab") == pointer("pclntable") && pointer("minpc") <= pointer("maxpc") &&
         pointer("text") <= pointer("etext") && pointer("types") <= pointer("etypes");
}

Address search_writable(const MemorySource& memory, const LayoutSource& layouts, const LoadedImage& image,
                        const std::vector<Address>& headers) {
  constexpr std::uint64_t kChunk = 1 << 20;
  std::vector<std::byte> bytes(kChunk);
  for (const auto& segment : image.elf->loads()) {
    if (!segment.writable()) continue;
    for (std::uint64_t done = 0; done < segment.file_size; done += kChunk) {
      const auto chunk = std::span(bytes).first(std::min(kChunk, segment.file_size - done) / 8 * 8);
      const Address from = image.at(segment.vaddr) + done;
      if (!memory.try_read(from, chunk)) continue;
      for (std::uint64_t i = 0; i < chunk.size(); i += 8) {
        const Address word(load_le<std::uint64_t>(chunk.data() + i));
        if (std::find(headers.begin(), headers.end(), word) == headers.end()) continue;
        if (fits(memory, layouts, from + i, word)) return from + i;
      }
    }
  }
  return {};
}

class ModuleReader {
 public:
  ModuleReader(const MemorySource& memory, const LayoutSource& layouts, Address at)
      : memory_(memory), layouts_(layouts), at_(at) {}

  Address pointer(std::string_view field) const {
    return memory_.pointer(at_ + layouts_.offset("runtime.moduledata", field));
  }
  Slice slice(std::string_view field) const {
    const auto layout = layouts_.find("runtime.moduledata", field);
    if (!layout) return {};
    return {memory_.pointer(at_ + layout->offset), memory_.integer<std::uint64_t>(at_ + layout->offset + 8)};
  }
  std::uint64_t number_if_there(std::string_view field) const {
    const auto layout = layouts_.find("runtime.moduledata", field);
    return layout ? memory_.integer<std::uint64_t>(at_ + layout->offset) : 0;
  }
  bool flag(std::string_view field) const {
    return memory_.integer<std::uint8_t>(at_ + layouts_.offset("runtime.moduledata", field)) != 0;
  }
  // runtime.bitvector is {n int32; bytedata *uint8}.
  void mask(std::string_view field, Address& data, std::uint64_t& bits) const {
    const Address at = at_ + layouts_.offset("runtime.moduledata", field);
    bits = memory_.integer<std::uint32_t>(at);
    data = memory_.pointer(at + 8);
  }

  Module read() const {
    Module m;
    m.moduledata = at_;
    m.pc_header = pointer("pcHeader");
    m.function_names = pointer("funcnametab");
    m.cu_table = pointer("cutab");
    m.file_table = pointer("filetab");
    m.pc_table = pointer("pctab");
    const Slice functions = slice("pclntable");
    m.func_table_data = functions.data;
    m.pclntab_end = functions.data + functions.length;
    m.ftab = slice("ftab");
    m.min_pc = pointer("minpc");
    m.max_pc = pointer("maxpc");
    m.text = pointer("text");
    m.etext = pointer("etext");
    m.noptrdata = {pointer("noptrdata"), pointer("enoptrdata")};
    m.data = {pointer("data"), pointer("edata")};
    m.bss = {pointer("bss"), pointer("ebss")};
    m.noptrbss = {pointer("noptrbss"), pointer("enoptrbss")};
    m.types = pointer("types");
    m.etypes = pointer("etypes");
    m.rodata = pointer("rodata");
    m.gofunc = pointer("gofunc");
    m.text_sections = slice("textsectmap");
    m.typelinks = slice("typelinks");
    m.itablinks = slice("itablinks");
    m.type_desc_len = number_if_there("typedesclen");
    m.itab_offset = number_if_there("itaboffset");
    m.itab_size = number_if_there("itabsize");
    m.gcdata = pointer("gcdata");
    m.gcbss = pointer("gcbss");
    mask("gcdatamask", m.data_mask, m.data_mask_bits);
    mask("gcbssmask", m.bss_mask, m.bss_mask_bits);
    m.has_main = flag("hasmain");
    return m;
  }

 private:
  const MemorySource& memory_;
  const LayoutSource& layouts_;
  Address at_;
};

bool consistent(const Module& m) {
  return m.min_pc <= m.max_pc && m.text <= m.etext && m.types <= m.etypes && m.data.begin <= m.data.end &&
         m.bss.begin <= m.bss.end && m.pc_header < m.pclntab_end && m.ftab.length > 0 && m.ftab.length < (1U << 28) &&
         m.data_mask_bits <= m.data.size() / 8 + 8 && m.bss_mask_bits <= m.bss.size() / 8 + 8;
}

}  // namespace

Address find_first_module(const MemorySource& memory, const LayoutSource& layouts, const LoadedImage& image) {
  const auto headers = pclntab_candidates(image);
  const auto any_fits = [&](Address at) {
    return std::any_of(headers.begin(), headers.end(), [&](Address h) { return fits(memory, layouts, at, h); });
  };
  if (const auto* symbol = image.elf->find_symbol("runtime.firstmoduledata"))
    if (any_fits(image.at(symbol->value))) return image.at(symbol->value);
  if (const auto* section = image.elf->find_section(".go.module"))
    if (any_fits(image.at(section->addr))) return image.at(section->addr);
  if (headers.empty()) return {};
  return search_writable(memory, layouts, image, headers);
}

std::vector<Module> read_modules(const MemorySource& memory, const LayoutSource& layouts, Address first,
                                 LossLedger& losses) {
  std::vector<Module> modules;
  std::set<Address> seen;
  for (Address at = first; at && modules.size() < kMostModules && seen.insert(at).second;) {
    const ModuleReader reader(memory, layouts, at);
    const bool readable =
        memory.try_integer<std::uint64_t>(at + layouts.get_size("runtime.moduledata") - 8).has_value();
    const Module module = readable ? reader.read() : Module();
    if (!readable || !consistent(module)) {
      if (modules.empty())
        fail(ErrorCode::kUnsupported,
             "runtime.moduledata at {:#x} does not have the form that the layouts of {} give it", at.value,
             layouts.name());
      losses.add(LossKind::kBadModule, at);
      break;
    }
    if (!reader.flag("bad")) modules.push_back(module);
    at = reader.pointer("next");
  }
  return modules;
}

}  // namespace holdfast::go
