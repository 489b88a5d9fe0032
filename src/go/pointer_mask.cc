#include "go/pointer_mask.h"

#include <algorithm>

#include "base/hash.h"

namespace holdfast::go {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::uint64_t kMostMaskBytes = std::uint64_t{512} << 20;  // all masks together: 32 GiB of distinct words
constexpr std::uint64_t kMostProgramBytes = std::uint64_t{16} << 20;
constexpr int kMostNesting = 100;  // structs and arrays inside one another

std::uint64_t words_for(std::uint64_t bits) {
  return (bits + 63) / 64;
}

// Clears the bits of the last word that lie behind `bits`.
void trim(std::vector<std::uint64_t>& words, std::uint64_t bits) {
  words.resize(words_for(bits));
  if (bits % 64 != 0) words.back() &= (std::uint64_t{1} << (bits % 64)) - 1;
}

}  // namespace

PointerMasks::PointerMasks(const Runtime& runtime, LossLedger& losses) : runtime_(runtime), losses_(losses) {
  tables_.push_back(std::make_unique<Table>(kFirstSlots));
  table_.store(tables_.back().get(), std::memory_order_release);
}

PointerMasks::~PointerMasks() = default;

const PointerMasks::Entry* PointerMasks::find(const Table& table, Address type) {
  const std::size_t mask = table.slots.size() - 1;
  for (std::size_t i = spread(type) & mask;; i = (i + 1) & mask) {
    const Entry* entry = table.slots[i].load(std::memory_order_acquire);
    if (entry == nullptr || entry->type == type) return entry;
  }
}

void PointerMasks::place(Table& table, const Entry* entry) {
  const std::size_t mask = table.slots.size() - 1;
  std::size_t i = spread(entry->type) & mask;
  while (table.slots[i].load(std::memory_order_relaxed) != nullptr) i = (i + 1) & mask;
  table.slots[i].store(entry, std::memory_order_release);
}

const PointerMask* PointerMasks::of(Address type) const {
  const Entry* entry = find(*table_.load(std::memory_order_acquire), type);
  if (entry == nullptr) {
    const std::lock_guard lock(mutex_);
    entry = known_or_made(type, 0);
  }
  return entry->usable ? &entry->mask : nullptr;
}

const PointerMasks::Entry* PointerMasks::insert(std::unique_ptr<Entry> entry) const {
  Table* table = tables_.back().get();
  if (entries_.size() * 2 >= table->slots.size()) {
    tables_.push_back(std::make_unique<Table>(table->slots.size() * 2));
    table = tables_.back().get();
    for (const auto& old : entries_) place(*table, old.get());
    table_.store(table, std::memory_order_release);
  }
  entries_.push_back(std::move(entry));
  place(*table, entries_.back().get());
  return entries_.back().get();
}

const PointerMasks::Entry* PointerMasks::known_or_made(Address type, int depth) const {
  if (const Entry* known = find(*tables_.back(), type)) return known;
  auto entry = std::make_unique<Entry>();
  entry->type = type;
  entry->usable = make(*entry, depth);
  // A type that contains itself was refused further down.
  if (const Entry* known = find(*tables_.back(), type)) return known;
  if (!entry->usable) losses_.add(LossKind::kUnreadableTypeMask, type);
  if (!entry->words.empty()) entry->mask.words = entry->words.data();
  return insert(std::move(entry));
}

bool PointerMasks::make(Entry& entry, int depth) const {
  const auto header = read_type_header(runtime_.memory, entry.type);
  if (!header || depth > kMostNesting) return false;
  entry.mask.size = header->size;
  entry.mask.pointer_bytes = header->pointer_bytes;
  if (header->pointer_bytes > header->size) return false;
  if (header->pointer_bytes == 0) return true;
  if (header->pointer_bytes % 8 != 0 || header->size % 8 != 0) return false;

  if (header->kind() == TypeKind::kArray) {
    const auto elem = runtime_.memory.try_pointer(entry.type + kElemAt);
    const Entry* of_elem = elem ? known_or_made(*elem, depth + 1) : nullptr;
    if (of_elem == nullptr || !of_elem->usable) return false;
    if (of_elem->mask.size > header->size || of_elem->mask.pointer_bytes == 0) return false;
    entry.mask = of_elem->mask;
    return true;
  }
  const std::uint64_t mask_bytes = words_for(entry.mask.bits()) * 8;
  if (mask_bytes > kMostMaskBytes - mask_bytes_) return false;
  const bool made = header->has_mask_on_demand(runtime_.version) ? make_from_fields(entry, depth)
                    : header->has_gc_program(runtime_.version)   ? make_from_program(entry, Address(header->gc_data))
                                                                 : make_plain(entry, Address(header->gc_data));
  if (made) mask_bytes_ += mask_bytes;
  return made;
}

bool PointerMasks::make_plain(Entry& entry, Address bitmap) const {
  const std::uint64_t bits = entry.mask.bits();
  const std::uint64_t bytes = (bits + 7) / 8;
  // This is tried before memory is taken for a length that may be wrong.
  if (!runtime_.memory.try_integer<std::uint8_t>(bitmap + (bytes - 1))) return false;
  entry.words.resize(words_for(bits));
  if (!runtime_.memory.try_read(bitmap, std::as_writable_bytes(std::span(entry.words)).first(bytes))) return false;
  trim(entry.words, bits);
  return true;
}

bool PointerMasks::make_from_program(Entry& entry, Address program) const {
  const auto length = runtime_.memory.try_integer<std::uint32_t>(program);
  if (!length) return false;
  const std::uint64_t max_bytes = std::min<std::uint64_t>(*length, kMostProgramBytes);
  GcProgramResult result = expand_gc_program(runtime_.memory, program + 4, entry.mask.size / 8, max_bytes);
  if (result.end != GcProgramEnd::kComplete) return false;
  entry.words = std::move(result.bits.words);
  trim(entry.words, entry.mask.bits());
  return true;
}

// The runtime may not have built the mask yet (it only stores the type when it allocates), and without symbols nobody
// can tell whether the slot holds "being built". The type gives the same mask at any time (reference 3.5).
bool PointerMasks::make_from_fields(Entry& entry, int depth) const {
  const MemorySource& memory = runtime_.memory;
  const auto header = read_type_header(memory, entry.type);
  if (!header || header->kind() != TypeKind::kStruct) return false;
  const auto fields = memory.try_pointer(entry.type + kFieldsAt);
  const auto count = memory.try_integer<std::uint64_t>(entry.type + (kFieldsAt + 8));
  if (!fields || !count || *count > kMostMembers) return false;
  entry.words.assign(words_for(entry.mask.bits()), 0);
  std::uint64_t end = 0;  // end of the fields so far; they must not overlap, so the size bounds the work
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto type = memory.try_pointer(*fields + (i * kFieldBytes + 8));
    const auto offset = memory.try_integer<std::uint64_t>(*fields + (i * kFieldBytes + 16));
    if (!type || !offset || *offset < end) return false;
    const auto field = read_type_header(memory, *type);
    if (!field || *offset > header->size || field->size > header->size - *offset) return false;
    end = *offset + field->size;
    if (field->pointer_bytes != 0 && !paste(entry, *type, *offset, depth)) return false;
  }
  return true;
}

// Adds the mask of the field's type, tiled over its pointer bytes, to the mask of the struct.
bool PointerMasks::paste(Entry& entry, Address type, std::uint64_t offset, int depth) const {
  const auto header = read_type_header(runtime_.memory, type);
  const Entry* field = known_or_made(type, depth + 1);
  if (!header || !field->usable || field->mask.pointer_bytes == 0 || offset % 8 != 0) return false;
  const PointerMask& mask = field->mask;
  const std::uint64_t first = offset / 8;
  const std::uint64_t count =
      std::min(header->pointer_bytes / 8, entry.mask.bits() - std::min(entry.mask.bits(), first));
  const std::uint64_t period = mask.size / 8;
  for (std::uint64_t begin = 0; begin < count; begin += period) {
    const std::uint64_t n = std::min(mask.bits(), count - begin);
    for (std::uint64_t i = 0; i < n; ++i)
      if (mask.test(i)) entry.words[(first + begin + i) / 64] |= std::uint64_t{1} << ((first + begin + i) % 64);
  }
  return true;
}

}  // namespace holdfast::go
