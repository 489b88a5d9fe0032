#include "view/object_flow.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cancel.h"
#include "base/parallel.h"
#include "view/labels.h"
#include "view/type_table.h"

namespace holdfast::view {
namespace {

using graph::ObjectFate;
using graph::SlotFate;
using Side = std::array<MomentSum, graph::kSlotFates>;

constexpr std::size_t kSpansPerLook = 256;  // between two looks for a cancellation

bool is_same_slot(SlotFate fate) {
  return fate == SlotFate::kStayed || fate == SlotFate::kUnclear;
}

struct SideOfType {
  Side fates;
  MomentSum without_other;  // the object in its slot at the other look is not reachable, and may be this one
};

// Sums of one look's live objects by the number of their type's name.
class FlowSums {
 public:
  FlowSums(const NamedPicture& picture, const HugeArray<ObjectFate>& fates,
           std::map<std::pair<std::uint64_t, bool>, std::uint32_t> unknown)
      : picture_(picture), fates_(fates), unknown_(std::move(unknown)) {}

  std::vector<SideOfType> run(std::size_t names) {
    sums_.resize(names);
    const graph::SlotPicture& slots = picture_.slots;
    for (std::size_t s = 0; s < slots.spans.size(); ++s) {
      if (s % kSpansPerLook == 0) throw_if_cancelled();
      const heap::Span& span = slots.spans[s];
      if (span.objects == 0) continue;
      const std::uint32_t unknown = unknown_.at({span.slot_size, span.has_pointers});
      for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row)
        if (heap::test_bit(slots.live, row)) add(row, span.slot_size, unknown);
    }
    return std::move(sums_);
  }

 private:
  void add(std::uint32_t row, std::uint64_t bytes, std::uint32_t unknown) {
    const heap::ObjectType type = picture_.slots.object_type[row];
    const bool is_part = type.known_by() == heap::KnownBy::kPart;
    SideOfType& side = sums_[!type ? unknown : (is_part ? picture_.part : picture_.whole)[type.type().row]];
    const ObjectFate fate = fates_[row];
    const MomentSum one{1, bytes, bytes};
    side.fates[static_cast<std::size_t>(fate.fate())] += one;
    if (is_same_slot(fate.fate()) && !fate.other_lives()) side.without_other += one;
  }

  const NamedPicture& picture_;
  const HugeArray<ObjectFate>& fates_;
  std::map<std::pair<std::uint64_t, bool>, std::uint32_t> unknown_;  // by slot size and whether it can hold pointers
  std::vector<SideOfType> sums_;
};

std::map<std::pair<std::uint64_t, bool>, std::uint32_t> unknown_names(const NamedPicture& picture,
                                                                      TypeNumbers& numbers) {
  std::map<std::pair<std::uint64_t, bool>, std::uint32_t> out;
  for (const heap::Span& span : picture.slots.spans)
    if (span.objects > 0 && !out.contains({span.slot_size, span.has_pointers}))
      out[{span.slot_size, span.has_pointers}] = numbers.of(unknown_type_name(span.slot_size, span.has_pointers));
  return out;
}

}  // namespace

MomentSum Flow::sum_of_gone(const Side& side) {
  MomentSum sum;
  for (const SlotFate fate : {SlotFate::kAlone, SlotFate::kReplaced, SlotFate::kRetyped})
    sum += side[static_cast<std::size_t>(fate)];
  return sum;
}

Flow& Flow::operator+=(const Flow& more) {
  for (std::size_t f = 0; f < graph::kSlotFates; ++f) {
    before[f] += more.before[f];
    after[f] += more.after[f];
  }
  dropped += more.dropped;
  revived += more.revived;
  return *this;
}

std::uint32_t TypeNumbers::of(const std::string& name) {
  const auto [it, is_new] = at_.try_emplace(name, static_cast<std::uint32_t>(names_.size()));
  if (is_new) names_.push_back(name);
  return it->second;
}

NamedPicture take_named_picture(heap::Snapshot& snapshot, HugeArray<std::uint64_t> live, TypeNumbers& numbers) {
  NamedPicture picture;
  picture.slots = graph::take_picture(snapshot, std::move(live));
  const std::vector<std::uint32_t> rows = rows_of_types(snapshot);
  for (std::uint32_t row = 0; row < snapshot.types.size(); ++row) {
    const TypeId type(row);
    picture.slots.sort_of_type.push_back(numbers.of(type_name(snapshot, type)));
    picture.whole.push_back(numbers.of(type_name(snapshot, TypeId(rows[row]))));
    picture.part.push_back(numbers.of(part_name(snapshot, type)));
  }
  // An experiment of Go 1.26 and later, with which appending frees the array that it has left.
  picture.slots.frees_early = snapshot.target.go_version.find("runtimefreegc") != std::string::npos;
  return picture;
}

StepFlow flow_between(const NamedPicture& first, const NamedPicture& second, TypeNumbers& numbers) {
  StepFlow out;
  out.collections = graph::collections_between(first.slots, second.slots);
  out.frees_early = first.slots.frees_early || second.slots.frees_early;
  const graph::SlotFates fates = graph::compare_slots(first.slots, second.slots);
  FlowSums sums_before(first, fates.first, unknown_names(first, numbers));
  FlowSums sums_after(second, fates.second, unknown_names(second, numbers));
  std::vector<SideOfType> before, after;
  const std::size_t names = numbers.names().size();
  run_both([&] { before = sums_before.run(names); }, [&] { after = sums_after.run(names); });
  for (std::size_t name = 0; name < names; ++name) {
    const Flow flow{before[name].fates, after[name].fates, before[name].without_other, after[name].without_other};
    if (flow == Flow()) continue;
    out.all += flow;
    out.types.push_back({numbers.names()[name], flow});
  }
  const auto moved = [](const TypeFlow& row) { return row.flow.allocated().bytes + row.flow.freed().bytes; };
  std::ranges::sort(out.types, [&](const TypeFlow& a, const TypeFlow& b) {
    return std::pair(moved(b), std::string_view(a.type)) < std::pair(moved(a), std::string_view(b.type));
  });
  return out;
}

}  // namespace holdfast::view
