#include "binary/dwarf_library.h"

#include <gelf.h>

#include <cstring>

#include "base/error.h"
#include "base/wire.h"

namespace holdfast::binary {
namespace {

// Deflate cannot compress better than about 1032 to 1, so a section that claims more is a trap for our memory.
constexpr std::uint64_t kBestCompression = 1032;

void refuse_impossible_sections(Elf* elf, const ByteView& file) {
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || (header.sh_flags & SHF_COMPRESSED) == 0) continue;
    GElf_Chdr compressed;
    if (gelf_getchdr(section, &compressed) == nullptr)
      fail(ErrorCode::kDamaged, "the compressed section at {:#x} of {} has no header", header.sh_offset, file.origin());
    if (compressed.ch_size / kBestCompression > header.sh_size)
      fail(ErrorCode::kDamaged, "the section at {:#x} of {} claims to unpack {} bytes to {}", header.sh_offset,
           file.origin(), header.sh_size, compressed.ch_size);
  }
}

// Returns the buffer from which libdw reads `at`.
std::span<const char> section_with(Elf* elf, const void* at) {
  const auto* byte = static_cast<const char*>(at);
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
    for (Elf_Data* data = elf_getdata(section, nullptr); data != nullptr; data = elf_getdata(section, data)) {
      const auto* begin = static_cast<const char*>(data->d_buf);
      if (begin != nullptr && byte >= begin && byte < begin + data->d_size) return {begin, data->d_size};
    }
  }
  return {};
}

}  // namespace

DwarfLibrary::DwarfLibrary(const ByteView& file) : image(file.size()) {
  elf_version(EV_CURRENT);
  if (!file.empty()) std::memcpy(image.data(), file.data(), file.size());
  elf = elf_memory(reinterpret_cast<char*>(image.data()), file.size());
  if (elf == nullptr) fail(ErrorCode::kDamaged, "{} is no ELF file to libelf: {}", file.origin(), elf_errmsg(-1));
  try {
    if (elf_kind(elf) != ELF_K_ELF) fail(ErrorCode::kDamaged, "{} is no ELF file to libelf", file.origin());
    refuse_impossible_sections(elf, file);
    dwarf = dwarf_begin_elf(elf, DWARF_C_READ, nullptr);
    if (dwarf == nullptr)
      fail(ErrorCode::kNotFound, "{} has no debug information: {}", file.origin(), dwarf_errmsg(-1));
  } catch (...) {
    elf_end(elf);
    throw;
  }
  Dwarf_Die unit;
  Dwarf_CU* next = nullptr;
  if (dwarf_get_units(dwarf, nullptr, &next, nullptr, nullptr, &unit, nullptr) == 0)
    info = section_with(elf, unit.addr);
}

DwarfLibrary::~DwarfLibrary() {
  dwarf_end(dwarf);
  elf_end(elf);
}

std::string_view DwarfLibrary::text(Dwarf_Attribute& attribute) const {
  const char* text = dwarf_formstring(&attribute);
  if (text == nullptr) return {};
  if (dwarf_whatform(&attribute) != DW_FORM_string) return text;  // libdw has checked that .debug_str ends
  if (text < info.data() || text >= info.data() + info.size()) return {};
  const std::size_t room = static_cast<std::size_t>(info.data() + info.size() - text);
  const auto* end = static_cast<const char*>(std::memchr(text, 0, room));
  return end == nullptr ? std::string_view() : std::string_view(text, static_cast<std::size_t>(end - text));
}

namespace {

std::uint64_t unsigned_value(Dwarf_Attribute& attribute) {
  Dwarf_Word value = 0;
  return dwarf_formudata(&attribute, &value) == 0 ? value : 0;
}

std::uint64_t reference(Dwarf_Attribute& attribute) {
  Dwarf_Die die;
  return dwarf_formref_die(&attribute, &die) == nullptr ? 0 : dwarf_dieoffset(&die);
}

}  // namespace

DwarfAttributes::DwarfAttributes(const DwarfLibrary& library, Dwarf_Die& die) : library_(library) {
  dwarf_getattrs(&die, take, this, 0);
  if (high_is_length_ && low_pc && high_pc) *high_pc += *low_pc;
}

int DwarfAttributes::take(Dwarf_Attribute* attribute, void* self) {
  static_cast<DwarfAttributes*>(self)->take(*attribute);
  return DWARF_CB_OK;
}

void DwarfAttributes::take(Dwarf_Attribute& attribute) {
  switch (dwarf_whatattr(&attribute)) {
    case DW_AT_name:
      name = library_.text(attribute);
      break;
    case DW_AT_producer:
      producer = library_.text(attribute);
      break;
    case DW_AT_language:
      language = unsigned_value(attribute);
      break;
    case DW_AT_byte_size:
      size = unsigned_value(attribute);
      break;
    case DW_AT_count:
      count = unsigned_value(attribute);
      break;
    case DW_AT_type:
      type = reference(attribute);
      break;
    case DW_AT_variable_parameter:
      dwarf_formflag(&attribute, &result);
      break;
    case kGoKind:
      go_kind = unsigned_value(attribute);
      break;
    case kGoElem:
      elem = reference(attribute);
      break;
    case kGoKey:
      key = reference(attribute);
      break;
    case kGoEmbeddedField:
      dwarf_formflag(&attribute, &embedded);
      break;
    case kGoRuntimeType:
      dwarf_formaddr(&attribute, &runtime_type);
      break;
    case kGoClosureOffset:
      closure_offset = unsigned_value(attribute);
      break;
    case DW_AT_const_value: {
      Dwarf_Sword signed_value = 0;
      if (dwarf_formsdata(&attribute, &signed_value) == 0) value = signed_value;
      break;
    }
    case DW_AT_low_pc:
    case DW_AT_high_pc:
      take_pc(attribute);
      break;
    case DW_AT_location:
    case DW_AT_frame_base:
    case DW_AT_data_member_location:
      take_block(attribute);
      break;
    default:
      break;
  }
}

void DwarfAttributes::take_pc(Dwarf_Attribute& attribute) {
  Dwarf_Addr at = 0;
  if (dwarf_whatattr(&attribute) == DW_AT_low_pc) {
    if (dwarf_formaddr(&attribute, &at) == 0) low_pc = at;
  } else if (dwarf_formaddr(&attribute, &at) == 0) {
    high_pc = at;
  } else {  // Go's DWARF 5 has a length here
    high_pc = unsigned_value(attribute);
    high_is_length_ = true;
  }
}

// Evaluates the three expressions of one operation; DwarfInfo::variables() does everything else.
void DwarfAttributes::take_block(Dwarf_Attribute& attribute) {
  if (dwarf_whatattr(&attribute) == DW_AT_data_member_location && dwarf_whatform(&attribute) != DW_FORM_exprloc &&
      dwarf_whatform(&attribute) != DW_FORM_block1) {
    member_offset = unsigned_value(attribute);
    return;
  }
  Dwarf_Block block;
  if (dwarf_formblock(&attribute, &block) != 0 || block.length == 0) return;
  const auto bytes = std::as_bytes(std::span(block.data, block.length));
  const auto operation = std::to_integer<unsigned>(bytes[0]);
  switch (dwarf_whatattr(&attribute)) {
    case DW_AT_location:
      if (operation == DW_OP_addr && bytes.size() == 1 + sizeof(std::uint64_t))
        static_address = load_le<std::uint64_t>(bytes.data() + 1);
      break;
    case DW_AT_frame_base:
      frame_base_is_cfa = operation == DW_OP_call_frame_cfa && bytes.size() == 1;
      break;
    default:
      if (operation == DW_OP_plus_uconst) member_offset = Cursor(ByteView(bytes.subspan(1), "member location")).uleb();
      break;
  }
}

}  // namespace holdfast::binary
