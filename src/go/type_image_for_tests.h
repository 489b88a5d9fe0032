// For tests: a module with type descriptors built by hand, and a heap beside it. Every type remembers its pointer words
// as a plain list, so that tests can compare masks with it.
#pragma once

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory_image.h"
#include "go/layout.h"
#include "go/runtime.h"
#include "go/type_descriptor.h"

namespace holdfast::go {

// Layouts that a test states: {"runtime.hchan.buf", {16, 8}}; sizes stand under the type's name.
class FakeLayouts : public LayoutSource {
 public:
  std::map<std::string, FieldLayout, std::less<>> fields;
  std::map<std::string, std::uint64_t, std::less<>> sizes;

  std::optional<FieldLayout> find(std::string_view type, std::string_view field) const override {
    const auto it = fields.find(std::string(type) + "." + std::string(field));
    return it == fields.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<std::uint64_t> size_of(std::string_view type) const override {
    const auto it = sizes.find(type);
    return it == sizes.end() ? std::nullopt : std::optional(it->second);
  }
  std::optional<std::int64_t> constant(std::string_view) const override { return std::nullopt; }
  std::string name() const override { return "test"; }
};

struct BuiltField {
  std::string name;
  Address type;
  std::uint64_t offset = 0;
  bool embedded = false;
};

struct BuiltMethod {
  std::string name;
  Address type;
};

class TypeImage {
 public:
  static constexpr Address kTypes{0x500000};
  static constexpr Address kText{0x400000};
  static constexpr Address kHeap{0xc000000000};
  static constexpr std::uint64_t kBytes = 1 << 20;

  struct Named {
    std::string package;  // its path; empty for types without a name
    std::vector<BuiltMethod> methods;
  };

  explicit TypeImage(int minor) : types_(kBytes), heap_(kBytes) {
    version_.minor = minor;
    version_.text = "go1." + std::to_string(minor);
    Module module;
    module.types = kTypes;
    module.etypes = kTypes + kBytes;
    module.text = module.min_pc = kText;
    module.etext = module.max_pc = kText + 0x10000;
    modules.push_back(module);
    image_.add(kTypes, types_, nullptr);
    image_.add(kHeap, heap_, nullptr);
    image_.seal();
  }

  std::vector<Module> modules;
  Variables vars;
  FakeLayouts layouts;

  // Everything must be in place when it is called; bytes may still change afterwards.
  Runtime runtime() { return Runtime{image_, layouts, version_, modules, vars}; }
  GoVersion& version() { return version_; }
  const MemorySource& memory() const { return image_; }

  // Sets the types that the module lists.
  void set_typelinks(const std::vector<Address>& types) {
    const Address list = space(4 * types.size());
    for (std::size_t i = 0; i < types.size(); ++i) write(list + 4 * i, static_cast<std::int32_t>(types[i] - kTypes));
    modules[0].typelinks = {list, types.size()};
  }

  // Says where the next descriptors go: into the module, or onto the heap as for types that reflect made.
  void build_on_heap(bool on) { on_heap_ = on; }
  Address space(std::uint64_t bytes, std::uint64_t align = 8) {
    std::uint64_t& used = on_heap_ ? heap_used_ : types_used_;
    used = (used + align - 1) / align * align;
    const Address at = (on_heap_ ? kHeap : kTypes) + used;
    used += bytes;
    return at;
  }
  std::uint64_t types_used() const { return types_used_; }
  template <typename T>
  void write(Address at, T value) {
    std::memcpy(bytes_at(at, sizeof(T)), &value, sizeof(T));
  }
  void write_bytes(Address at, std::string_view bytes) {
    std::memcpy(bytes_at(at, bytes.size()), bytes.data(), bytes.size());
  }

  // Writes name bytes (reference 6.1): flags, length, text, tag, package.
  Address name(std::string_view text, bool embedded = false, std::string_view tag = {}, std::string_view package = {}) {
    std::string bytes(1, static_cast<char>((tag.empty() ? 0 : 2) | (package.empty() ? 0 : 4) | (embedded ? 8 : 0)));
    for (const std::string_view part : {text, tag}) {
      if (part.data() == tag.data() && tag.empty()) continue;
      std::uint64_t n = part.size();
      for (; n >= 0x80; n >>= 7) bytes.push_back(static_cast<char>(n | 0x80));
      bytes.push_back(static_cast<char>(n));
      bytes += part;
    }
    if (!package.empty()) {
      const std::int32_t at = name_offset(package);
      bytes.append(reinterpret_cast<const char*>(&at), 4);
    }
    const Address at = space(bytes.size(), 1);
    write_bytes(at, bytes);
    return at;
  }
  std::int32_t name_offset(std::string_view text) { return static_cast<std::int32_t>(name(text) - kTypes); }

  const std::vector<bool>& pointers(Address type) const { return masks_.at(type); }
  std::uint64_t size(Address type) const { return sizes_.at(type); }

  Address basic(TypeKind kind, std::string_view text, std::uint64_t size, const std::vector<bool>& pointers = {},
                const Named& named = {}) {
    const Address at = start(48, kind, text, size, pointers, named);
    finish(at, 48, named);
    return at;
  }
  Address integer() { return basic(TypeKind::kInt, "int", 8, {false}); }
  Address string() { return basic(TypeKind::kString, "string", 16, {true, false}); }
  Address pointer(Address elem, std::string_view text) { return with_elem(TypeKind::kPointer, elem, text, {true}); }
  Address slice(Address elem, std::string_view text) {
    return with_elem(TypeKind::kSlice, elem, text, {true, false, false});
  }
  Address chan(Address elem, std::string_view text, std::uint64_t dir = 3) {
    const Address at = start(64, TypeKind::kChan, text, 8, {true}, {});
    write(at + kElemAt, elem.value);
    write(at + kChanDirAt, dir);
    return at;
  }
  Address array(Address elem, std::uint64_t count, std::string_view text, Address in_place = {}) {
    std::vector<bool> mask;
    for (std::uint64_t i = 0; i < count; ++i) mask.insert(mask.end(), pointers(elem).begin(), pointers(elem).end());
    const Address at = start(72, TypeKind::kArray, text, size(elem) * count, mask, {}, in_place);
    write(at + kElemAt, elem.value);
    write(at + kArrayLengthAt, count);
    return at;
  }
  Address structure(const std::vector<BuiltField>& fields, std::uint64_t size, std::string_view text,
                    const Named& named = {}) {
    std::vector<bool> mask(size / 8);
    for (const BuiltField& field : fields) {
      const std::vector<bool>& inner = pointers(field.type);
      for (std::size_t i = 0; i < inner.size(); ++i)
        if (inner[i]) mask[field.offset / 8 + i] = true;
    }
    const Address at = start(80, TypeKind::kStruct, text, size, mask, named);
    write(at + kFieldPackageAt, named.package.empty() ? 0 : name(named.package).value);
    const std::uint64_t uncommon = finish(at, 80, named);
    (void)uncommon;
    const Address list = space(fields.size() * kFieldBytes);
    write_slice(at + kFieldsAt, list, fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const Address field = list + i * kFieldBytes;
      write(field, name(fields[i].name, fields[i].embedded, fields[i].embedded ? "" : "json:\"x\"").value);
      write(field + 8, fields[i].type.value);
      write(field + 16, fields[i].offset);
    }
    return at;
  }
  // The collector follows only the data word: itabs do not lie in the heap, and reflect keeps its types alive by
  // itself.
  Address interface(const std::vector<BuiltMethod>& methods, std::string_view text, const Named& named = {}) {
    const Address at = start(80, TypeKind::kInterface, text, 16, {false, true}, named);
    write(at + kFieldPackageAt, named.package.empty() ? 0 : name(named.package).value);
    finish(at, 80, named);
    const Address list = space(methods.size() * kInterfaceMethodBytes);
    write_slice(at + kFieldsAt, list, methods.size());
    for (std::size_t i = 0; i < methods.size(); ++i) {
      write(list + i * 8, name_offset(methods[i].name));
      write(list + (i * 8 + 4), static_cast<std::int32_t>(methods[i].type - kTypes));
    }
    return at;
  }
  Address function(const std::vector<Address>& in, const std::vector<Address>& out, bool variadic,
                   std::string_view text, const Named& named = {}) {
    const std::uint64_t base = 56 + (named.package.empty() ? 0 : 16);
    const Address at = start(base + 8 * (in.size() + out.size()), TypeKind::kFunc, text, 8, {true}, named);
    write(at + kFuncInAt, static_cast<std::uint16_t>(in.size()));
    write(at + kFuncOutAt, static_cast<std::uint16_t>(out.size() | (variadic ? 0x8000 : 0)));
    Address slot = at + base;
    for (const auto* list : {&in, &out})
      for (const Address type : *list) {
        write(slot, type.value);
        slot += 8;
      }
    finish(at, 56, named);
    return at;
  }
  // Adds a map. What lies behind the hasher is 0, except for the bytes of a group where swiss maps have them.
  Address map(Address key, Address elem, Address group, std::string_view text, const Named& named = {}) {
    const Address at = start(136, TypeKind::kMap, text, 8, {true}, named);
    finish(at, !version_.swiss_maps() ? 88 : version_.maps_list_strides() ? 136 : 112, named);
    write(at + kMapKeyAt, key.value);
    write(at + kMapElemAt, elem.value);
    write(at + kMapGroupAt, group.value);
    if (version_.swiss_maps()) write(at + 80, std::uint64_t{64});
    return at;
  }
  void write_slice(Address at, Address data, std::uint64_t length) {
    write(at, data.value);
    write(at + 8, length);
    write(at + 16, length);
  }
  Address bitmap(const std::vector<bool>& bits) {
    std::string bytes((bits.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < bits.size(); ++i)
      if (bits[i]) bytes[i / 8] = static_cast<char>(bytes[i / 8] | 1 << (i % 8));
    const Address at = space(bytes.size());
    write_bytes(at, bytes);
    return at;
  }
  // States the pointer words of a type anew.
  void set_pointers(Address type, std::vector<bool> mask, std::uint64_t bytes) {
    masks_[type] = std::move(mask);
    sizes_[type] = bytes;
  }

 private:
  std::byte* bytes_at(Address at, std::uint64_t count) {
    const bool heap = at >= kHeap;
    auto& bytes = heap ? heap_ : types_;
    const std::uint64_t offset = at - (heap ? kHeap : kTypes);
    HOLDFAST_CHECK(offset + count <= bytes.size());
    return bytes.data() + offset;
  }
  Address with_elem(TypeKind kind, Address elem, std::string_view text, const std::vector<bool>& mask) {
    const Address at = start(56, kind, text, mask.size() * 8, mask, {});
    write(at + kElemAt, elem.value);
    return at;
  }
  // Writes the header, and reserves room for the kind's part and the uncommon part.
  Address start(std::uint64_t bytes, TypeKind kind, std::string_view text, std::uint64_t size,
                const std::vector<bool>& pointers, const Named& named, Address in_place = {}) {
    const Address at =
        in_place ? in_place : space(bytes + (named.package.empty() ? 0 : 16 + 16 * named.methods.size()));
    std::size_t last = pointers.size();
    while (last > 0 && !pointers[last - 1]) --last;
    TypeHeader header = {};
    header.size = size;
    header.pointer_bytes = last * 8;
    header.align = header.field_align = size % 8 == 0 && size > 0 ? 8 : 1;
    header.tflag = static_cast<std::uint8_t>(named.package.empty() ? 0 : 1 | 4);
    header.kind_byte = static_cast<std::uint8_t>(kind);
    if (last > 0)
      header.gc_data = bitmap({pointers.begin(), pointers.begin() + static_cast<std::ptrdiff_t>(last)}).value;
    header.name = on_heap_ ? -7 : name_offset(text);
    write(at, header);
    masks_[at] = pointers;
    sizes_[at] = size;
    return at;
  }
  std::uint64_t finish(Address at, std::uint64_t base, const Named& named) {
    if (named.package.empty()) return 0;
    const Address uncommon = at + base;
    write(uncommon, name_offset(named.package));
    write(uncommon + 4, static_cast<std::uint16_t>(named.methods.size()));
    const Address list = space(16 * named.methods.size(), 4);
    write(uncommon + 8, static_cast<std::uint32_t>(list - uncommon));
    for (std::size_t i = 0; i < named.methods.size(); ++i) {
      const Address method = list + 16 * i;
      write(method, name_offset(named.methods[i].name));
      write(method + 4, static_cast<std::int32_t>(named.methods[i].type - kTypes));
      write(method + 8, static_cast<std::int32_t>(0x100 + 16 * i));
      write(method + 12, static_cast<std::int32_t>(i == 0 ? -1 : 0x200));
    }
    return base;
  }

  std::vector<std::byte> types_;
  std::vector<std::byte> heap_;
  std::uint64_t types_used_ = 8;
  std::uint64_t heap_used_ = 8192;
  bool on_heap_ = false;
  GoVersion version_;
  MemoryImage image_;
  std::map<Address, std::vector<bool>> masks_;
  std::map<Address, std::uint64_t> sizes_;
};

}  // namespace holdfast::go
