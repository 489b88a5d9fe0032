#include "go/type_universe.h"

#include <algorithm>

namespace holdfast::go {
namespace {

constexpr std::uint64_t kItabBytes = 24;  // interface, type, hash, padding; then one word per method, at least one
constexpr std::uint64_t kMostLinks = 1 << 24;

void widen(AddressRange& range, Address word) {
  if (range.empty()) range = {word, word + 1};
  range.begin = std::min(range.begin, word);
  range.end = std::max(range.end, word + 1);
}

}  // namespace

TypeUniverse::TypeUniverse(const Runtime& runtime, const TypeReader& reader, LossLedger& losses)
    : runtime_(runtime), reader_(reader), losses_(losses) {
  for (const Module& module : runtime.modules) {
    read_typelinks(module);
    walk_descriptors(module);
    read_itablinks(module);
    walk_itabs(module);
  }
  read_itab_table();
  close();
}

void TypeUniverse::add(std::span<const Address> types) {
  pending_.insert(pending_.end(), types.begin(), types.end());
  close();
}

const Itab* TypeUniverse::itab_at(Address itab) const {
  const auto it = std::lower_bound(itabs_.begin(), itabs_.end(), itab,
                                   [](const Itab& known, Address at) { return known.address < at; });
  return it != itabs_.end() && it->address == itab ? &*it : nullptr;
}

void TypeUniverse::read_typelinks(const Module& module) {
  if (module.typelinks.length > kMostLinks) return;
  for (std::uint64_t i = 0; i < module.typelinks.length; ++i) {
    const auto offset = runtime_.memory.try_integer<std::int32_t>(module.typelinks.data + 4 * i);
    if (!offset) {
      losses_.add(LossKind::kTypeTable, module.typelinks.data, module.typelinks.length - i);
      return;
    }
    if (*offset > 0) pending_.push_back(module.types + static_cast<std::uint64_t>(*offset));
  }
}

// From Go 1.27 on, the descriptors lie one after the other behind the first word of the block.
void TypeUniverse::walk_descriptors(const Module& module) {
  const Address end = module.types + std::min<std::uint64_t>(module.type_desc_len, module.etypes - module.types);
  for (Address at = module.types + 8; at < end;) {
    const auto bytes = reader_.descriptor_bytes(at);
    if (!bytes) {
      losses_.add(LossKind::kTypeWalk, at);
      return;
    }
    pending_.push_back(at);
    at = Address((at.value + *bytes + 7) / 8 * 8);
  }
}

void TypeUniverse::read_itablinks(const Module& module) {
  if (module.itablinks.length > kMostLinks) return;
  for (std::uint64_t i = 0; i < module.itablinks.length; ++i) {
    const auto itab = runtime_.memory.try_pointer(module.itablinks.data + 8 * i);
    if (!itab) return;
    add_itab(*itab);
  }
}

// From Go 1.27 on, the itabs lie one after the other, too.
void TypeUniverse::walk_itabs(const Module& module) {
  const Address begin = module.types + module.itab_offset;
  const Address end = begin + module.itab_size;
  for (Address at = begin; at < end;) {
    if (!add_itab(at)) return;
    const auto interface = reader_.read(itabs_.back().interface);
    if (!interface) return;
    at += kItabBytes + 8 * std::max<std::uint64_t>(1, interface->interface_methods.size());
  }
}

void TypeUniverse::read_itab_table() {
  const Address table = itab_table(runtime_);
  const auto size = table ? runtime_.memory.try_integer<std::uint64_t>(table) : std::nullopt;
  if (!size || *size > kMostLinks) return;
  for (std::uint64_t i = 0; i < *size; ++i) {
    const auto itab = runtime_.memory.try_pointer(table + kItabTableEntriesAt + 8 * i);
    if (!itab) return;
    if (*itab) add_itab(*itab);
  }
}

bool TypeUniverse::add_itab(Address itab) {
  const auto interface = runtime_.memory.try_pointer(itab);
  const auto type = runtime_.memory.try_pointer(itab + 8);
  const auto hash = runtime_.memory.try_integer<std::uint32_t>(itab + 16);
  if (!interface || !type || !hash || itab.value % 8 != 0) return false;
  const auto interface_header = reader_.header(*interface);
  const auto type_header = reader_.header(*type);
  if (!interface_header || interface_header->kind() != TypeKind::kInterface) return false;
  if (!type_header || type_header->hash != *hash) return false;
  itabs_.push_back({itab, *interface, *type});
  note(itab, *type);
  pending_.push_back(*interface);
  pending_.push_back(*type);
  return true;
}

void TypeUniverse::note(Address word, Address type) {
  if (!words_.insert(word, static_cast<std::uint32_t>(value_types_.size()))) return;
  value_types_.push_back(type);
  const bool in_module = std::any_of(runtime_.modules.begin(), runtime_.modules.end(), [&](const Module& module) {
    return AddressRange{module.text, module.noptrbss.end}.contains(word) ||
           AddressRange{module.types, module.etypes}.contains(word);
  });
  widen(in_module ? static_ : dynamic_, word);
}

// Adds what is pending and everything that it names.
void TypeUniverse::close() {
  while (!pending_.empty()) {
    const Address type = pending_.back();
    pending_.pop_back();
    if (words_.find(type)) continue;
    if (!reader_.references(type, pending_)) continue;
    note(type, type);
    types_.push_back(type);
  }
  std::sort(types_.begin(), types_.end());
  std::sort(itabs_.begin(), itabs_.end(), [](const Itab& a, const Itab& b) { return a.address < b.address; });
  itabs_.erase(std::unique(itabs_.begin(), itabs_.end()), itabs_.end());
}

Address itab_table(const Runtime& runtime) {
  const Address variable = runtime.vars.itab_table;
  return variable ? runtime.memory.try_pointer(variable).value_or(Address()) : Address();
}

}  // namespace holdfast::go
