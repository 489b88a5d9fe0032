// What became of the objects of one process between two looks, summed by type: graph/slot_fates.h with names.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/huge_array.h"
#include "graph/slot_fates.h"
#include "heap/snapshot.h"
#include "view/moment.h"

namespace holdfast::view {

// Objects of one step that were reachable, by what became of them. An object that came and went between the looks is
// in none of it.
struct Flow {
  // Of what lived at the first look, by graph::SlotFate. kAlone: freed, and the slot is free or gone.
  std::array<MomentSum, graph::kSlotFates> before;
  // Of what lives at the second look: the same backwards. kAlone: allocated where no object was.
  std::array<MomentSum, graph::kSlotFates> after;
  MomentSum dropped;  // of `before`, stayed or unclear: no longer reachable, and not freed yet
  MomentSum revived;  // of `after`, stayed or unclear: not reachable at the first look

  // Of another object in the slot, whatever tells that.
  static MomentSum sum_of_gone(const std::array<MomentSum, graph::kSlotFates>& side);
  MomentSum freed() const { return sum_of_gone(before); }
  MomentSum allocated() const { return sum_of_gone(after); }
  const MomentSum& stayed() const { return before[static_cast<std::size_t>(graph::SlotFate::kStayed)]; }
  const MomentSum& unclear() const { return before[static_cast<std::size_t>(graph::SlotFate::kUnclear)]; }
  Flow& operator+=(const Flow& more);
  bool operator==(const Flow&) const = default;
};

struct TypeFlow {
  std::string type;  // as TypeTotals::type
  Flow flow;
};

// From one look to the next one.
struct StepFlow {
  std::size_t from = 0;                      // the look; the next one is `from` + 1
  std::optional<std::uint64_t> collections;  // marks completed between them; none if that is not known
  bool frees_early = false;                  // the program can free objects without a collection
  Flow all;
  std::vector<TypeFlow> types;  // all that lived at one of the looks; the most bytes allocated and freed first
  std::uint64_t goroutines_stayed = 0, goroutines_ended = 0, goroutines_came = 0;
};

// Numbers for names of types that mean the same at each look.
class TypeNumbers {
 public:
  std::uint32_t of(const std::string& name);
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::unordered_map<std::string, std::uint32_t> at_;
  std::vector<std::string> names_;
};

// What has to be kept of a look until it is compared with the next one.
struct NamedPicture {
  graph::SlotPicture slots;
  // By TypeId, the numbers of the names under which objects of the type count, and those that hold one and more.
  std::vector<std::uint32_t> whole, part;
};

// Takes columns of the snapshot away. `live` are its reachable objects.
NamedPicture take_named_picture(heap::Snapshot& snapshot, HugeArray<std::uint64_t> live, TypeNumbers& numbers);

// Both must be of one process, with names from `numbers`. Says all but what it says of goroutines. Throws when
// cancelled.
StepFlow flow_between(const NamedPicture& first, const NamedPicture& second, TypeNumbers& numbers);

}  // namespace holdfast::view
