#include "go/type_reader.h"

#include <algorithm>
#include <bit>

#include "base/architecture.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kMostTypeBytes = std::uint64_t{1} << kArchitecture.address_bits;
constexpr std::uint64_t kMostNameBytes = 1 << 17;
constexpr std::size_t kMostLengthBytes = 4;  // of a name's length
// The name of a type that reflect made is composed of its parts. These bound how deep they nest and how many are read.
constexpr int kDeepestValue = 32;
constexpr int kMostParts = 4096;

// Returns the size that the kind prescribes; 0 = any.
std::uint64_t fixed_size(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
    case TypeKind::kInt8:
    case TypeKind::kUint8:
      return 1;
    case TypeKind::kInt16:
    case TypeKind::kUint16:
      return 2;
    case TypeKind::kInt32:
    case TypeKind::kUint32:
    case TypeKind::kFloat32:
      return 4;
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kInvalid:
      return 0;
    case TypeKind::kComplex128:
    case TypeKind::kString:
    case TypeKind::kInterface:
      return 16;
    case TypeKind::kSlice:
      return 24;
    default:
      return 8;
  }
}

bool sane(const TypeHeader& header, const GoVersion& version) {
  const TypeKind kind = header.kind();
  const unsigned flags = header.kind_byte & ~31U;
  const unsigned may_have = version.pure_kind_byte() ? 0 : version.gc_programs_in_types() ? 96 : 32;
  if (kind < TypeKind::kBool || kind > TypeKind::kUnsafePointer || (flags & ~may_have) != 0) return false;
  if (header.size > kMostTypeBytes || header.pointer_bytes > header.size || header.pointer_bytes % 8 != 0) return false;
  if (!std::has_single_bit(unsigned{header.align}) || header.align > 64 || header.size % header.align != 0)
    return false;
  const bool composite = kind == TypeKind::kArray || kind == TypeKind::kStruct;
  if (!composite && header.size != fixed_size(kind)) return false;
  if (!composite && header.align != header.field_align) return false;
  return header.pointer_bytes == 0 || header.gc_data != 0;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

}  // namespace

std::string TypeDescriptor::full_name() const {
  if (!named || package.empty()) return text;
  // The dots of type arguments and inside shapes ("go.shape.struct { Name cart.Name }") are not the one that is looked
  // for.
  const std::size_t dot = text.rfind('.', text.find_first_of("[{( "));
  return dot == std::string::npos ? text : package + text.substr(dot);
}

// Name bytes are: flags (1 exported, 2 tag, 4 package, 8 embedded), the length as a varint, the text.
std::optional<TypeReader::NamePlace> TypeReader::find_name(const MemorySource& memory, Address at) {
  std::byte head[1 + kMostLengthBytes];
  std::size_t known = sizeof head;  // fewer where the memory ends
  while (known > 1 && !memory.try_read(at, std::span(head).first(known))) --known;
  const auto flags = static_cast<std::uint8_t>(head[0]);
  if (known == 1 || flags > 15) return std::nullopt;
  NamePlace name{.text = at, .bytes = 0, .embedded = (flags & 8) != 0};
  std::size_t used = 1;
  for (bool more = true; more && used < sizeof head; ++used) {
    if (used == known) return std::nullopt;
    const auto next = static_cast<std::uint8_t>(head[used]);
    name.bytes |= std::uint64_t{next & 0x7fU} << (7 * (used - 1));
    more = next >= 0x80;
  }
  name.text += used;
  return name.bytes <= kMostNameBytes ? std::optional(name) : std::nullopt;
}

std::optional<TypeReader::Name> TypeReader::read_name(const MemorySource& memory, Address at) {
  const auto place = find_name(memory, at);
  if (!place) return std::nullopt;
  Name name{.text = std::string(place->bytes, '\0'), .embedded = place->embedded};
  if (!memory.try_read(place->text, std::as_writable_bytes(std::span(name.text)))) return std::nullopt;
  if (!printable(name.text)) return std::nullopt;
  return name;
}

// Reflect writes the names of fields among the pointer-free objects, of which a copy may have none.
std::optional<TypeReader::Name> TypeReader::read_name(Address at) const {
  auto name = read_name(runtime_.memory, at);
  if (!name && runtime_.unchanging != nullptr) name = read_name(*runtime_.unchanging, at);
  return name;
}

Address TypeReader::name_at(const Module& module, std::int32_t offset) {
  if (offset <= 0 || static_cast<std::uint64_t>(offset) >= module.etypes - module.types) return Address();
  return module.types + static_cast<std::uint64_t>(offset);
}

std::optional<std::string> TypeReader::read_name(const Module& module, std::int32_t offset) const {
  const Address at = name_at(module, offset);
  auto name = at ? read_name(runtime_.memory, at) : std::nullopt;
  if (!name || name->text.empty()) return std::nullopt;
  return std::move(name->text);
}

// The same without a copy of the text, since each word of a heap may be asked about.
bool TypeReader::has_name(const Module& module, std::int32_t offset) const {
  const Address at = name_at(module, offset);
  const auto place = at ? find_name(runtime_.memory, at) : std::nullopt;
  if (!place || place->bytes == 0) return false;
  const std::byte* const text = runtime_.memory.try_view(place->text, place->bytes);
  if (text == nullptr) return read_name(runtime_.memory, at).has_value();
  return printable({reinterpret_cast<const char*>(text), place->bytes});
}

// For a typeOff, 0 and -1 mean none. Ids of reflect are negative, too, but only reflect's own types have them.
Address TypeReader::resolve(const Module* module, std::int32_t type_offset) const {
  if (module == nullptr || type_offset <= 0) return Address();
  if (static_cast<std::uint64_t>(type_offset) >= module->etypes - module->types) return Address();
  return module->types + static_cast<std::uint64_t>(type_offset);
}

std::optional<TypeHeader> TypeReader::header(Address type) const {
  if (!type || type.value % 8 != 0) return std::nullopt;
  const auto header = read_type_header(runtime_.memory, type);
  if (!header || !sane(*header, runtime_.version)) return std::nullopt;
  const Module* module = runtime_.module_of_type(type);
  if (module == nullptr) {
    // Reflect copies the header of a type of the same kind, and gives it a name of its own or none.
    return header->is_named() ? std::nullopt : header;
  }
  return has_name(*module, header->name) ? header : std::nullopt;
}

std::uint64_t TypeReader::base_bytes(TypeKind kind) const {
  switch (kind) {
    case TypeKind::kArray:
      return 72;
    case TypeKind::kChan:
      return 64;
    case TypeKind::kFunc:
    case TypeKind::kPointer:
    case TypeKind::kSlice:
      return 56;
    case TypeKind::kInterface:
    case TypeKind::kStruct:
      return 80;
    case TypeKind::kMap:
      return !runtime_.version.swiss_maps() ? 88 : runtime_.version.maps_list_strides() ? 136 : 112;
    default:
      return kTypeHeaderBytes;
  }
}

std::optional<TypeReader::Members> TypeReader::members(Address type) const {
  const auto data = runtime_.memory.try_pointer(type + kFieldsAt);
  const auto count = runtime_.memory.try_integer<std::uint64_t>(type + (kFieldsAt + 8));
  if (!data || !count || *count > kMostMembers) return std::nullopt;
  return Members{*data, *count};
}

std::optional<TypeReader::Signature> TypeReader::signature(Address type, const TypeHeader& header) const {
  const auto in = runtime_.memory.try_integer<std::uint16_t>(type + kFuncInAt);
  const auto out = runtime_.memory.try_integer<std::uint16_t>(type + kFuncOutAt);
  if (!in || !out) return std::nullopt;
  const std::uint64_t at = base_bytes(TypeKind::kFunc) + (header.has_uncommon() ? 16 : 0);
  return Signature{type + at, *in, *out & 0x7fffU, (*out & 0x8000) != 0};
}

std::optional<TypeReader::Uncommon> TypeReader::uncommon(Address type, const TypeHeader& header) const {
  if (!header.has_uncommon()) return std::nullopt;
  Uncommon out;
  out.at = type + base_bytes(header.kind());
  const auto package = runtime_.memory.try_integer<std::int32_t>(out.at);
  const auto count = runtime_.memory.try_integer<std::uint16_t>(out.at + 4);
  const auto at = runtime_.memory.try_integer<std::uint32_t>(out.at + 8);
  if (!package || !count || !at) return std::nullopt;
  out.package = *package;
  out.methods = *count;
  out.methods_at = *at;
  return out;
}

std::optional<MapShape> TypeReader::map_shape(Address type) const {
  const auto word = [&](std::uint64_t at) {
    return runtime_.memory.try_integer<std::uint64_t>(type + at).value_or(~std::uint64_t{0});
  };
  MapShape shape;
  shape.group = Address(word(kMapGroupAt));
  shape.swiss = runtime_.version.swiss_maps();
  std::uint64_t flags = 0;
  if (!shape.swiss) {
    const std::uint64_t sizes = word(80);  // u8 key, u8 elem, u16 bucket, u32 flags
    shape.keys_at = 8;
    shape.key_stride = sizes & 0xff;
    shape.elem_stride = sizes >> 8 & 0xff;
    shape.elems_at = 8 + MapShape::kSlots * shape.key_stride;
    shape.group_bytes = sizes >> 16 & 0xffff;
    flags = sizes >> 32;
    shape.indirect_key = (flags & 1) != 0;
    shape.indirect_elem = (flags & 2) != 0;
  } else {
    shape.group_bytes = word(80);
    if (runtime_.version.maps_list_strides()) {  // reference 6.1: the table of the kinds' parts
      shape.keys_at = word(88);
      shape.key_stride = word(96);
      shape.elems_at = word(104);
      shape.elem_stride = word(112);
      flags = word(128);
    } else {
      shape.keys_at = 8;
      shape.key_stride = shape.elem_stride = word(88);
      shape.elems_at = 8 + word(96);
      flags = word(104);
    }
    shape.indirect_key = (flags & 4) != 0;
    shape.indirect_elem = (flags & 8) != 0;
  }
  // The last key and the last value must begin within the group.
  const auto fits = [&](std::uint64_t at, std::uint64_t stride) {
    return at <= shape.group_bytes && stride <= (shape.group_bytes - at) / (MapShape::kSlots - 1);
  };
  if (shape.group_bytes > (1 << 16) || !fits(shape.keys_at, shape.key_stride)) return std::nullopt;
  if (!fits(shape.elems_at, shape.elem_stride)) return std::nullopt;
  return shape;
}

bool TypeReader::read_fields(TypeDescriptor& out) const {
  const auto list = members(out.address);
  if (!list) return false;
  for (std::uint64_t i = 0; i < list->count; ++i) {
    const Address at = list->data + i * kFieldBytes;
    const auto name_at = runtime_.memory.try_pointer(at);
    const auto type = runtime_.memory.try_pointer(at + 8);
    const auto offset = runtime_.memory.try_integer<std::uint64_t>(at + 16);
    if (!name_at || !type || !offset || *offset > out.size) return false;
    auto name = read_name(*name_at);
    if (!name) return false;
    out.fields.push_back({std::move(name->text), *type, *offset, name->embedded});
  }
  return true;
}

bool TypeReader::read_interface_methods(TypeDescriptor& out, const Module* module) const {
  const auto list = members(out.address);
  if (!list || module == nullptr) return false;
  for (std::uint64_t i = 0; i < list->count; ++i) {
    const Address at = list->data + i * kInterfaceMethodBytes;
    const auto name_at = runtime_.memory.try_integer<std::int32_t>(at);
    const auto type = runtime_.memory.try_integer<std::int32_t>(at + 4);
    if (!name_at || !type) return false;
    auto name = read_name(*module, *name_at);
    if (!name) return false;
    out.interface_methods.push_back({std::move(*name), resolve(module, *type)});
  }
  return true;
}

bool TypeReader::read_kind(TypeDescriptor& out, const TypeHeader& header, const Module* module) const {
  const MemorySource& memory = runtime_.memory;
  switch (out.kind) {
    case TypeKind::kArray:
    case TypeKind::kChan:
    case TypeKind::kPointer:
    case TypeKind::kSlice: {
      const auto elem = memory.try_pointer(out.address + kElemAt);
      if (!elem || !*elem) return false;
      out.elem = *elem;
      if (out.kind == TypeKind::kChan)
        out.chan_dir = memory.try_integer<std::uint64_t>(out.address + kChanDirAt).value_or(0);
      if (out.kind == TypeKind::kArray)
        out.count = memory.try_integer<std::uint64_t>(out.address + kArrayLengthAt).value_or(~std::uint64_t{0});
      if (out.kind == TypeKind::kArray && out.size > 0 && (out.count == 0 || out.count > out.size)) return false;
      return out.chan_dir >= 1 && out.chan_dir <= 3;
    }
    case TypeKind::kMap: {
      const auto key = memory.try_pointer(out.address + kMapKeyAt);
      const auto elem = memory.try_pointer(out.address + kMapElemAt);
      out.map = map_shape(out.address);
      if (!key || !elem || !out.map) return false;
      out.key = *key;
      out.elem = *elem;
      return true;
    }
    case TypeKind::kFunc: {
      const auto list = signature(out.address, header);
      if (!list) return false;
      for (std::uint64_t i = 0; i < list->in + list->out; ++i) {
        const auto type = memory.try_pointer(list->types + 8 * i);
        if (!type) return false;
        (i < list->in ? out.in : out.out).push_back(*type);
      }
      out.variadic = list->variadic;
      return true;
    }
    case TypeKind::kStruct:
      return read_fields(out);
    case TypeKind::kInterface:
      return read_interface_methods(out, module);
    default:
      return true;
  }
}

std::string TypeReader::package_of(Address type, const TypeHeader& header, const Module* module) const {
  if (module == nullptr || !header.is_named()) return {};
  if (const auto part = uncommon(type, header))
    if (auto path = read_name(*module, part->package)) return std::move(*path);
  if (header.kind() != TypeKind::kStruct && header.kind() != TypeKind::kInterface) return {};
  const auto at = runtime_.memory.try_pointer(type + kFieldPackageAt);
  auto path = at && *at ? read_name(*at) : std::nullopt;
  return path ? std::move(path->text) : std::string();
}

std::optional<TypeDescriptor> TypeReader::read(Address type) const {
  int budget = kMostParts;
  return read(type, 0, budget);
}

std::optional<TypeDescriptor> TypeReader::read(Address type, int depth, int& budget) const {
  const auto found = header(type);
  if (!found) return std::nullopt;
  const Module* module = runtime_.module_of_type(type);
  TypeDescriptor out;
  out.address = type;
  out.kind = found->kind();
  out.size = found->size;
  out.pointer_bytes = found->pointer_bytes;
  out.hash = found->hash;
  out.named = found->is_named();
  out.direct = found->is_direct(runtime_.version);
  out.package = package_of(type, *found, module);
  if (!read_kind(out, *found, module)) return std::nullopt;
  if (module != nullptr) {
    out.text = read_name(*module, found->name).value_or("");
    if (found->has_extra_star() && out.text.starts_with('*')) out.text.erase(0, 1);
    return out;
  }
  // Reflect keeps the name in a table of its own. All its types are unnamed, so their parts tell the name.
  if (depth > kDeepestValue) return std::nullopt;
  bool whole = true;
  out.text = compose_type_name(out, [&](Address part) {
    auto named = whole && budget-- > 0 ? read(part, depth + 1, budget) : std::nullopt;
    whole = named.has_value();
    return whole ? std::move(named->text) : std::string();
  });
  if (!whole || out.text.empty() || out.text.size() > kMostNameBytes) return std::nullopt;
  return out;
}

std::vector<TypeMethod> TypeReader::methods(Address type) const {
  std::vector<TypeMethod> out;
  const auto found = header(type);
  const Module* module = runtime_.module_of_type(type);
  const auto part = found && module != nullptr ? uncommon(type, *found) : std::nullopt;
  if (!part) return out;
  const auto code = [&](std::int32_t offset) {
    const Address at = module->text + static_cast<std::uint64_t>(static_cast<std::uint32_t>(offset));
    return offset > 0 && at < module->etext ? at : Address();
  };
  for (std::uint64_t i = 0; i < part->methods; ++i) {
    std::byte bytes[16];
    if (!runtime_.memory.try_read(part->at + (part->methods_at + 16 * i), bytes)) return {};
    auto name = read_name(*module, load_le<std::int32_t>(bytes));
    if (!name) return {};
    out.push_back(
        {std::move(*name), resolve(module, load_le<std::int32_t>(bytes + 4)), code(load_le<std::int32_t>(bytes + 12))});
  }
  return out;
}

bool TypeReader::references(Address type, std::vector<Address>& out) const {
  const MemorySource& memory = runtime_.memory;
  const auto found = header(type);
  if (!found) return false;
  const Module* module = runtime_.module_of_type(type);
  const auto add = [&](std::optional<Address> at) {
    if (at && *at) out.push_back(*at);
  };
  add(resolve(module, found->pointer_to_this));
  if (const auto part = uncommon(type, *found); part && module != nullptr)
    for (std::uint64_t i = 0; i < part->methods; ++i)
      add(resolve(module, memory.try_integer<std::int32_t>(part->at + (part->methods_at + 16 * i + 4)).value_or(0)));
  switch (found->kind()) {
    case TypeKind::kMap:
      add(memory.try_pointer(type + kMapKeyAt));
      add(memory.try_pointer(type + kMapElemAt));
      add(memory.try_pointer(type + kMapGroupAt));
      return true;
    case TypeKind::kArray:
    case TypeKind::kChan:
    case TypeKind::kPointer:
    case TypeKind::kSlice:
      add(memory.try_pointer(type + kElemAt));
      return true;
    case TypeKind::kFunc:
      if (const auto list = signature(type, *found))
        for (std::uint64_t i = 0; i < list->in + list->out; ++i) add(memory.try_pointer(list->types + 8 * i));
      return true;
    case TypeKind::kStruct:
      if (const auto list = members(type))
        for (std::uint64_t i = 0; i < list->count; ++i) add(memory.try_pointer(list->data + (i * kFieldBytes + 8)));
      return true;
    case TypeKind::kInterface:
      if (const auto list = members(type); list && module != nullptr)
        for (std::uint64_t i = 0; i < list->count; ++i)
          add(resolve(module, memory.try_integer<std::int32_t>(list->data + (i * 8 + 4)).value_or(0)));
      return true;
    default:
      return true;
  }
}

bool TypeReader::parts(Address type, const TypeHeader& header, std::vector<TypePart>& out) const {
  const MemorySource& memory = runtime_.memory;
  if (header.kind() == TypeKind::kArray) {
    const auto count = memory.try_integer<std::uint64_t>(type + kArrayLengthAt);
    const Address part = elem(type);
    const bool fits = count && (header.size == 0 || (*count > 0 && header.size % *count == 0));
    if (part && fits) out.push_back({.type = part, .offset = 0, .count = *count});
    return part && fits;
  }
  if (header.kind() != TypeKind::kStruct) return true;
  const auto list = members(type);
  if (!list) return false;
  for (std::uint64_t i = 0; i < list->count; ++i) {
    const auto field = memory.try_pointer(list->data + (i * kFieldBytes + 8));
    const auto offset = memory.try_integer<std::uint64_t>(list->data + (i * kFieldBytes + 16));
    if (!field || !offset || *offset > header.size) return false;
    out.push_back({.type = *field, .offset = *offset, .count = 1});
  }
  return true;
}

std::optional<std::uint64_t> TypeReader::descriptor_bytes(Address type) const {
  const auto found = header(type);
  if (!found) return std::nullopt;
  std::uint64_t bytes = base_bytes(found->kind());
  if (const auto part = uncommon(type, *found)) bytes += 16 + 16 * std::uint64_t{part->methods};
  if (found->kind() == TypeKind::kFunc) {
    const auto list = signature(type, *found);
    if (!list) return std::nullopt;
    bytes += 8 * (list->in + list->out);
  }
  if (found->kind() == TypeKind::kStruct || found->kind() == TypeKind::kInterface) {
    const auto list = members(type);
    if (!list) return std::nullopt;
    bytes += list->count * (found->kind() == TypeKind::kStruct ? kFieldBytes : kInterfaceMethodBytes);
  }
  return bytes;
}

}  // namespace holdfast::go
