#include "capture/stale_words.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "base/parallel.h"
#include "heap/freed_memory.h"
#include "heap/number_places.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kStaleParts = 64;

class StaleNumbers {
 public:
  StaleNumbers(const MemorySource& memory, const heap::ObjectIndex& index, const heap::Snapshot& snapshot)
      : memory_(memory), index_(index), snapshot_(snapshot), places_(snapshot), freed_(index, snapshot) {}

  struct Part {
    std::uint64_t count = 0;
    std::vector<heap::StaleWord> words;  // the first ones
  };

  void look_at(ObjectId object, Part& part) const {
    if (!places_.lie_in(object)) return;
    const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
    const bool may_be_held =
        span.has_marks && (heap::test_bit(snapshot_.marked, object.row) || heap::test_bit(snapshot_.fresh, object.row));
    if (!may_be_held) return;
    const Address slot = index_.address_of(object);
    places_.visit(object, span, [&](std::uint64_t at, std::uint64_t) { look_at_word(object, slot, at, part); });
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
  heap::NumberPlaces places_;
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
