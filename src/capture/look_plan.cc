#include "capture/look_plan.h"

#include <algorithm>
#include <utility>

#include "base/architecture.h"
#include "base/ranges.h"
#include "go/needed_memory.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kDeepStack = 64 << 10;

// Memory that is neither the heap's nor planned already, as far as it holds anything and may be copied.
std::vector<AddressRange> outside_memory(const go::HeapModel& heap, const LookPlan& plan, const TargetRanges& target,
                                         const Present& present) {
  std::vector<AddressRange> outside;
  if (target.most_outside == 0) return outside;
  const auto others =
      without(without(without(target.anonymous, heap.arena_ranges()), plan.ranges), joined(plan.blocks));
  std::uint64_t left = target.most_outside / kSystemPage * kSystemPage;
  for (const AddressRange& range : filled_of(others, present)) {
    if (left == 0) break;
    outside.push_back({range.begin, range.begin + std::min(range.size(), left)});
    left -= outside.back().size();
  }
  return outside;
}

}  // namespace

std::vector<AddressRange> filled_of(const std::vector<AddressRange>& ranges, const Present& present) {
  constexpr std::uint64_t kNear = 256 << 10;
  std::vector<AddressRange> filled;
  for (std::size_t i = 0; i < ranges.size();) {
    AddressRange hull = ranges[i];
    for (++i; i < ranges.size() && ranges[i].begin - hull.end <= kNear; ++i) hull.end = ranges[i].end;
    for (const AddressRange& range : present(hull)) filled.push_back(range);
  }
  return within(ranges, filled);
}

void touch_records(const go::Runtime& runtime, const go::HeapModel& heap, const FrozenMemory& memory,
                   LossLedger& losses) {
  go::visit_small_records(
      runtime, heap, [&](AddressRange range) { memory.touch(range); }, losses);
}

LookPlan plan_look(const go::Runtime& runtime, const go::HeapModel& heap, const FrozenMemory& records,
                   const TargetRanges& target, std::span<const Address> stack_pointers, bool with_content,
                   const Present& present) {
  LookPlan plan;
  plan.ranges = go::heap_memory(runtime, heap, with_content);
  plan.ranges.insert(plan.ranges.end(), target.variables.begin(), target.variables.end());
  // The stacks of running threads are not known yet.
  const auto stacks = within(go::stack_memory(runtime, stack_pointers), target.readable);
  plan.ranges.insert(plan.ranges.end(), stacks.begin(), stacks.end());
  for (const AddressRange& range : stacks)
    if (range.size() > kDeepStack) plan.deep_stack_bytes += range.size();
  plan.ranges = joined(std::move(plan.ranges));
  plan.blocks = without(records.blocks(), plan.ranges);
  plan.outside = outside_memory(heap, plan, target, present);
  plan.ranges.insert(plan.ranges.end(), plan.outside.begin(), plan.outside.end());
  plan.ranges = joined(std::move(plan.ranges));
  const auto zeros = within(plan.ranges, target.anonymous);
  plan.empty = without(zeros, filled_of(zeros, present));
  return plan;
}

}  // namespace holdfast::capture
