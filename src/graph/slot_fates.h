// What became of each object between two looks at one process. Go never moves an object, so its slot tells: a slot that
// is empty at the other look, or lies in another span, has lost or got its object between them. Of a slot that has an
// object at both looks, the collector's bits say whether it is the same one, as far as they can. A slot can only be
// used anew after a sweep has freed it, a sweep only frees what the mark before did not reach, and what is allocated
// after a mark is fresh until the next one (heap/snapshot.h). So with K marks completed between the looks:
//
//   K = 0   fresh at both looks, or at neither: the same object; fresh at the second only: another one
//   K > 0   fresh at the second look: another object
//   K = 1   not fresh at the second look, and marked or fresh at the first: the same object
//   else    it cannot be told: two objects of one type can have followed one another
//
// Where that is so, types still tell objects apart if they differ. Nothing of it holds for chunks of user arenas, and
// where the program frees objects without a collection (`frees_early`): there only types speak.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/huge_array.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

// What has to be kept of a look until the next one: about 5 bytes per object.
struct SlotPicture {
  std::vector<heap::Span> spans;
  HugeArray<std::uint64_t> allocated, marked, fresh;  // as in the snapshot
  HugeArray<std::uint64_t> live;                      // a bit by ObjectId
  HugeArray<heap::ObjectType> object_type;
  std::uint32_t objects = 0;
  // By TypeId: equal numbers are one type, in all pictures that are compared.
  std::vector<std::uint32_t> sort_of_type;
  std::uint32_t sweep_generation = 0;  // 0 = not known
  bool frees_early = false;
};

// Takes its columns from the snapshot, which is left without them.
SlotPicture take_picture(heap::Snapshot& snapshot, HugeArray<std::uint64_t> live);

// Returns how many marks were completed between the looks; none if that is not known.
std::optional<std::uint64_t> collections_between(const SlotPicture& first, const SlotPicture& second);

enum class SlotFate : std::uint8_t {
  kAlone,     // at the other look its slot has no object, or there is no such slot
  kReplaced,  // the object in its slot at the other look is another one
  kRetyped,   // it is of another type, so it is another one, if both types are right
  kUnclear,   // it is the same one, or another that nothing tells apart from it
  kStayed,    // it is the same one
};
constexpr std::size_t kSlotFates = 5;

class ObjectFate {
 public:
  ObjectFate() = default;
  ObjectFate(SlotFate fate, bool other_lives)
      : bits_(static_cast<std::uint8_t>(static_cast<unsigned>(fate) | (other_lives ? kLives : 0U))) {}
  SlotFate fate() const { return static_cast<SlotFate>(bits_ & (kLives - 1)); }
  // Whether the object in its slot at the other look is reachable there.
  bool other_lives() const { return (bits_ & kLives) != 0; }
  bool operator==(const ObjectFate&) const = default;

 private:
  static constexpr unsigned kLives = 128;
  std::uint8_t bits_ = 0;
};

struct SlotFates {
  HugeArray<ObjectFate> first, second;  // by ObjectId of that look
};

// Both pictures must be of one process, `first` the earlier one. Linear in slots, on all cores; the result does not
// depend on their number. Throws when cancelled.
SlotFates compare_slots(const SlotPicture& first, const SlotPicture& second);

}  // namespace holdfast::graph
