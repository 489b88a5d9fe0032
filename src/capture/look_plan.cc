#include "capture/look_plan.h"

#include <utility>

#include "base/ranges.h"
#include "go/needed_memory.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kDeepStack = 64 << 10;

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
  const auto zeros = within(plan.ranges, target.anonymous);
  plan.empty = without(zeros, filled_of(zeros, present));
  return plan;
}

}  // namespace holdfast::capture
