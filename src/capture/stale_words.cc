#include "capture/stale_words.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/architecture.h"
#include "base/parallel.h"
#include "heap/freed_memory.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kStaleParts = 64;
constexpr int kMostNestedTypes = 16;
constexpr std::size_t kMostNumbers = 64;  // that are looked at in one value

// The places of words of type uintptr in values of a type: in bytes, ascending.
class NumberPlaces {
 public:
  explicit NumberPlaces(const heap::Snapshot& snapshot) : snapshot_(snapshot), places_(snapshot.types.size()) {
    for (std::uint32_t row = 0; row < places_.size(); ++row)
      if (!is_of_runtime(TypeId(row))) add(TypeId(row), 0, 0, places_[row]);
  }

  const std::vector<std::uint64_t>& of(TypeId type) const { return places_[type.row]; }

 private:
  // Its own types keep numbers for pointers where it knows that these stay.
  bool is_of_runtime(TypeId type) const {
    const heap::Type& row = snapshot_.types[type.row];
    if (row.role != heap::TypeRole::kNone || !row.name) return true;
    const std::string_view name = snapshot_.strings[row.name];
    return name.starts_with("runtime.") || name.starts_with("internal/");
  }

  void add(TypeId type, std::uint64_t at, int depth, std::vector<std::uint64_t>& out) const {
    if (!type || type.row >= snapshot_.types.size() || depth > kMostNestedTypes || out.size() >= kMostNumbers) return;
    const heap::Type& row = snapshot_.types[type.row];
    if (row.kind == heap::TypeKind::kUintptr && at % kWord == 0) out.push_back(at);
    if (row.kind == heap::TypeKind::kArray && row.elem && row.elem.row < snapshot_.types.size()) {
      const std::uint64_t step = snapshot_.types[row.elem.row].size;
      for (std::uint64_t i = 0; i < std::min<std::uint64_t>(row.count, kMostNumbers) && step > 0; ++i)
        add(row.elem, at + i * step, depth + 1, out);
    }
    if (row.kind != heap::TypeKind::kStruct) return;
    for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f)
      if (const heap::Field& field = snapshot_.fields[f]; field.type != type)
        add(field.type, at + field.offset, depth + 1, out);
  }

  const heap::Snapshot& snapshot_;
  std::vector<std::vector<std::uint64_t>> places_;
};

class StaleNumbers {
 public:
  StaleNumbers(const MemorySource& memory, const heap::ObjectIndex& index, const heap::Snapshot& snapshot)
      : memory_(memory), index_(index), snapshot_(snapshot), places_(snapshot), freed_(index, snapshot) {}

  struct Part {
    std::uint64_t count = 0;
    std::vector<heap::StaleWord> words;  // the first ones
  };

  void look_at(ObjectId object, Part& part) const {
    const heap::ObjectType known = snapshot_.object_type[object.row];
    if (!known || known.known_by() >= heap::KnownBy::kInferred || places_.of(known.type()).empty()) return;
    const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
    const bool may_be_held =
        span.has_marks && (heap::test_bit(snapshot_.marked, object.row) || heap::test_bit(snapshot_.fresh, object.row));
    if (!may_be_held) return;
    const Address slot = index_.address_of(object);
    const std::uint64_t room = span.slot_size - span.header, size = snapshot_.types[known.type().row].size;
    for (std::uint64_t value = 0; size > 0 && value + size <= room; value += size)
      for (const std::uint64_t place : places_.of(known.type()))
        look_at_word(object, slot, span.header + value + place, part);
  }

 private:
  void look_at_word(ObjectId object, Address slot, std::uint64_t at, Part& part) const {
    const auto word = memory_.try_pointer(slot + at);
    if (!word || !*word || !freed_.has(*word)) return;
    ++part.count;
    if (part.words.size() < heap::kMostStaleWords) part.words.push_back({object, at, *word, false});
  }

  const MemorySource& memory_;
  const heap::ObjectIndex& index_;
  const heap::Snapshot& snapshot_;
  NumberPlaces places_;
  heap::FreedMemory freed_;
};

auto place_of(const heap::StaleWord& word) {
  return std::tuple(word.object, word.at);
}

}  // namespace

void add_stale_words(const MemorySource& memory, const heap::ObjectIndex& index, heap::Snapshot& snapshot) {
  for (const Address at : snapshot.audit.free_slot_pointers)
    if (const ObjectId object = index.find_object(at); object && object.row < snapshot.pointerful)
      snapshot.stale_words.push_back(
          {object, at - index.address_of(object), memory.try_pointer(at).value_or(Address()), true});
  const StaleNumbers numbers(memory, index, snapshot);
  std::vector<StaleNumbers::Part> parts(kStaleParts);
  for_each_part(snapshot.pointerful, kStaleParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t row = begin; row < end; ++row)
      numbers.look_at(ObjectId(static_cast<std::uint32_t>(row)), parts[part]);
  });
  for (const StaleNumbers::Part& part : parts) {
    snapshot.audit.stale_numbers += part.count;
    snapshot.stale_words.insert(snapshot.stale_words.end(), part.words.begin(), part.words.end());
  }
  std::ranges::sort(snapshot.stale_words, {}, place_of);
  const auto same = std::ranges::unique(snapshot.stale_words, {}, place_of);
  snapshot.stale_words.erase(same.begin(), same.end());
  if (snapshot.stale_words.size() > heap::kMostStaleWords) snapshot.stale_words.resize(heap::kMostStaleWords);
}

}  // namespace holdfast::capture
