#include "view/freed_slot.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/units.h"
#include "heap/freed_memory.h"
#include "heap/plumbing.h"
#include "view/names.h"

namespace holdfast::view {
namespace {

// A slot that a sweep has found free stays so until it is allocated; nothing else frees one.
std::string since_when(const heap::Snapshot& snapshot, const heap::ObjectIndex::Hit& hit) {
  if (hit.span.row >= snapshot.span_records.size()) return {};
  const std::uint64_t cycles = snapshot.audit.gc_cycles;
  switch (snapshot.span_records[hit.span.row].sweep) {
    case heap::SweepState::kSwept:
      return fmt::format("; it is free since the sweep after collection {} at the latest", cycles);
    case heap::SweepState::kWaits:
    case heap::SweepState::kBeingSwept:
      return fmt::format("; it was free before collection {}, the last one", cycles);
    case heap::SweepState::kUnknown:
      break;
  }
  return {};
}

std::string neighbours(const heap::Snapshot& snapshot, const heap::Span& span) {
  std::map<std::string_view, std::uint64_t> types;
  for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row) {
    const TypeId type = snapshot.object_type[row].type();
    if (type && snapshot.types[type.row].name) ++types[snapshot.strings[snapshot.types[type.row].name]];
  }
  if (span.objects == 0) return "; no other slot of its span has an object";
  const auto most = std::ranges::max_element(types, {}, [](const auto& each) { return each.second; });
  if (most == types.end()) return {};
  return fmt::format("; of {} beside it {} {} {}", format_count(span.objects, "object"), format_count(most->second),
                     most->second == 1 ? "is" : "are", short_type(most->first));
}

// Of the stacks that allocated objects of this size, the one of which most samples were freed.
std::string allocators(const heap::Snapshot& snapshot, std::uint64_t slot_size) {
  const heap::ProfileRecord* most = nullptr;
  for (const heap::ProfileRecord& record : snapshot.profile.records)
    if (record.object_size == slot_size && record.frees > 0 && (most == nullptr || record.frees > most->frees))
      most = &record;
  if (most == nullptr) return {};
  const heap::AllocationStack& stack = snapshot.allocation_stacks[most->stack.row];
  const heap::Frame* const frame =
      first_own_frame(snapshot, heap::OwnerRules::built_in(), stack.first_frame, stack.frame_count);
  if (frame == nullptr) return {};
  return fmt::format("; of the freed objects of its size that were sampled, {} allocated most ({} freed)",
                     short_type(snapshot.strings[frame->function]), format_count(most->frees));
}

}  // namespace

std::string history_of_slot(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address) {
  const auto hit = index.find(address);
  if (!hit || hit->allocated) return {};
  const heap::Span& span = snapshot.spans[hit->span.row];
  return since_when(snapshot, *hit) + neighbours(snapshot, span) + allocators(snapshot, span.slot_size);
}

std::string history_of(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address) {
  if (!heap::FreedMemory(index, snapshot).has(address)) return {};
  return history_of_slot(snapshot, index, address) +
         fmt::format("; `holdfast dangling TARGET --object {:#x}` says which words still name it", address.value);
}

}  // namespace holdfast::view
