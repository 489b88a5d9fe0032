#include "graph/slot_fates.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/cancel.h"
#include "base/parallel.h"

namespace holdfast::graph {
namespace {

constexpr unsigned kSlotParts = 64;
constexpr std::size_t kSpansPerLook = 256;  // between two looks for a cancellation

// The same slots for objects of the same sort. A span that was given back and made anew has the same slots if it is of
// one size again, and then its objects are fresh.
bool has_same_slots(const heap::Span& a, const heap::Span& b) {
  return a.base == b.base && a.slot_size == b.slot_size && a.slots == b.slots && a.has_pointers == b.has_pointers &&
         a.size_class == b.size_class;
}

// Guesses and parts of objects contradict nothing.
bool is_firm(heap::ObjectType type) {
  return type && type.known_by() != heap::KnownBy::kInferred && type.known_by() != heap::KnownBy::kPart;
}

class SlotComparison {
 public:
  SlotComparison(const SlotPicture& first, const SlotPicture& second, SlotFates& out)
      : first_(first),
        second_(second),
        collections_(collections_between(first, second)),
        frees_early_(first.frees_early || second.frees_early),
        out_(out) {}

  // Compares the spans [begin, end) of the first look with those of the second.
  void run(std::uint64_t begin, std::uint64_t end) {
    if (begin == end) return;
    auto other = std::ranges::lower_bound(second_.spans, first_.spans[begin].base, {}, &heap::Span::base);
    for (std::uint64_t s = begin; s < end; ++s) {
      if (s % kSpansPerLook == 0) throw_if_cancelled();
      const heap::Span& span = first_.spans[s];
      while (other != second_.spans.end() && other->base < span.base) ++other;
      if (other != second_.spans.end() && has_same_slots(span, *other)) compare(span, *other);
    }
  }

 private:
  void compare(const heap::Span& a, const heap::Span& b) {
    std::uint32_t row_a = a.first_object, row_b = b.first_object;
    for (std::uint32_t w = 0; w < (a.slots + 63) / 64; ++w) {
      const std::uint64_t bits_a = first_.allocated[a.bits_at + w], bits_b = second_.allocated[b.bits_at + w];
      for (std::uint64_t both = bits_a & bits_b; both != 0; both &= both - 1) {
        const std::uint64_t below = (both & -both) - 1;
        const auto object_a = row_a + static_cast<std::uint32_t>(std::popcount(bits_a & below));
        const auto object_b = row_b + static_cast<std::uint32_t>(std::popcount(bits_b & below));
        const SlotFate fate = fate_of(a, object_a, b, object_b);
        out_.first[object_a] = ObjectFate(fate, heap::test_bit(second_.live, object_b));
        out_.second[object_b] = ObjectFate(fate, heap::test_bit(first_.live, object_a));
      }
      row_a += static_cast<std::uint32_t>(std::popcount(bits_a));
      row_b += static_cast<std::uint32_t>(std::popcount(bits_b));
    }
  }

  SlotFate fate_of(const heap::Span& a, std::uint32_t object_a, const heap::Span& b, std::uint32_t object_b) const {
    if (collections_ && b.has_marks && !frees_early_ && !a.user_arena && !b.user_arena)
      if (const auto proven = proven_fate(a, object_a, object_b)) return *proven;
    const heap::ObjectType type_a = first_.object_type[object_a], type_b = second_.object_type[object_b];
    const bool differ = is_firm(type_a) && is_firm(type_b) &&
                        first_.sort_of_type[type_a.type().row] != second_.sort_of_type[type_b.type().row];
    return differ ? SlotFate::kRetyped : SlotFate::kUnclear;
  }

  std::optional<SlotFate> proven_fate(const heap::Span& a, std::uint32_t object_a, std::uint32_t object_b) const {
    const bool fresh_a = heap::test_bit(first_.fresh, object_a), fresh_b = heap::test_bit(second_.fresh, object_b);
    if (*collections_ > 0 && fresh_b) return SlotFate::kReplaced;
    if (*collections_ == 0) {
      if (!a.has_marks) return fresh_b ? std::nullopt : std::optional(SlotFate::kStayed);
      if (fresh_a == fresh_b) return SlotFate::kStayed;
      return fresh_b ? std::optional(SlotFate::kReplaced) : std::nullopt;
    }
    const bool stays_until_mark = a.has_marks && (fresh_a || heap::test_bit(first_.marked, object_a));
    return *collections_ == 1 && stays_until_mark ? std::optional(SlotFate::kStayed) : std::nullopt;
  }

  const SlotPicture& first_;
  const SlotPicture& second_;
  std::optional<std::uint64_t> collections_;
  bool frees_early_;
  SlotFates& out_;
};

}  // namespace

SlotPicture take_picture(heap::Snapshot& snapshot, HugeArray<std::uint64_t> live) {
  SlotPicture picture;
  picture.spans = std::move(snapshot.spans);
  picture.allocated = std::move(snapshot.allocated);
  picture.marked = std::move(snapshot.marked);
  picture.fresh = std::move(snapshot.fresh);
  picture.object_type = snapshot.object_type.take();
  picture.live = std::move(live);
  picture.objects = snapshot.objects;
  picture.sweep_generation = snapshot.audit.sweep_generation;
  return picture;
}

std::optional<std::uint64_t> collections_between(const SlotPicture& first, const SlotPicture& second) {
  if (first.sweep_generation == 0 || second.sweep_generation < first.sweep_generation) return std::nullopt;
  return (second.sweep_generation - first.sweep_generation) / 2;
}

SlotFates compare_slots(const SlotPicture& first, const SlotPicture& second) {
  SlotFates fates;
  fates.first = HugeArray<ObjectFate>(first.objects);
  fates.second = HugeArray<ObjectFate>(second.objects);
  // Spans are disjoint and each has one partner at most, so no two parts write into one place.
  for_each_part(first.spans.size(), kSlotParts, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    SlotComparison(first, second, fates).run(begin, end);
  });
  return fates;
}

}  // namespace holdfast::graph
