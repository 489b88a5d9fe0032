#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;
using view::Finding;

enum class KeptBy { kVariable, kGoroutine, kMainGoroutine, kTimers };

// So many handlers with 100 KiB each; a list of the requests has these as well if they are shared, and another handler
// if they are paired.
view::Report report_with(std::size_t count, KeptBy kept_by, bool is_shared = false, bool is_paired = false) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId handler = heap.type("main.serve.func1", TypeKind::kClosure, 16),
               other = heap.type("main.serve.func2", TypeKind::kClosure, 16);
  const auto list = heap.object(8192), requests = heap.object(8192);
  std::vector<ObjectId> values;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = heap.object(16, handler), request = heap.leaf(100 << 10);
    values.push_back(heap.id(value));
    heap.edge(list, i * 8, value);
    heap.edge(value, 8, request);
    if (is_shared) heap.edge(requests, i * 8, request);
    if (!is_paired) continue;
    const auto second = heap.object(16, other);
    heap.edge(list, 4096 + i * 8, second);
    heap.edge(second, 8, request);
  }
  if (kept_by == KeptBy::kGoroutine || kept_by == KeptBy::kMainGoroutine) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "");
    heap.goroutine(kept_by == KeptBy::kGoroutine ? 300 : 1, heap::GoroutineState::kWaiting, WaitReason::kSelect,
                   goroutine, {"main.work"});
    heap.goroutine(500, heap::GoroutineState::kWaiting, WaitReason::kSelect, heap.root(RootKind::kGoroutine, ""),
                   {"main.other"});
    heap.refer(goroutine, list);
  } else {
    heap.refer(heap.root(RootKind::kGlobal, "main.handlers"), list);
  }
  heap.refer(heap.root(RootKind::kGlobal, "main.requests"), requests);
  heap::Snapshot s = heap.build();
  if (kept_by == KeptBy::kTimers)
    for (const ObjectId value : values) s.timers.push_back({.argument = value, .kind = heap::TimerKind::kFunction});
  return report_of(s);
}

TEST(CapturedVariable, IsNamedWithWhatItKeeps) {
  const view::Report report = report_with(50, KeptBy::kVariable);
  const Finding* const finding = find(report, "captured-variable");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_EQ(finding->count, 50);
  EXPECT_GE(finding->bytes, 50 * (100ULL << 10));
  EXPECT_THAT(finding->title.full, HasSubstr("50 function values of main.serve.func1"));
  EXPECT_THAT(finding->title.full, HasSubstr("main.handlers"));
}

TEST(CapturedVariable, LeavesAFewAlone) {
  EXPECT_EQ(find(report_with(19, KeptBy::kVariable), "captured-variable"), nullptr);
}

TEST(CapturedVariable, LeavesAloneWhatOthersHaveToo) {
  EXPECT_EQ(find(report_with(50, KeptBy::kVariable, true), "captured-variable"), nullptr);
}

TEST(CapturedVariable, IsNamedIfTwoFunctionsHaveItTogether) {
  const view::Report report = report_with(50, KeptBy::kVariable, false, true);
  const Finding* const finding = find(report, "captured-variable");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->count, 100);
  EXPECT_GE(finding->bytes, 50 * (100ULL << 10));
  EXPECT_THAT(finding->title.full, HasSubstr("100 function values of main.serve.func1 and main.serve.func2"));
  EXPECT_EQ(find(report_with(50, KeptBy::kVariable, true, true), "captured-variable"), nullptr);
  EXPECT_EQ(find(report_with(50, KeptBy::kGoroutine, false, true), "captured-variable"), nullptr);
}

TEST(CapturedVariable, LeavesAloneWhatTimersCall) {
  EXPECT_EQ(find(report_with(50, KeptBy::kTimers), "captured-variable"), nullptr);
}

TEST(CapturedVariable, IsNamedWhereTheMainGoroutineHasIt) {
  EXPECT_NE(find(report_with(50, KeptBy::kMainGoroutine), "captured-variable"), nullptr);
}

TEST(CapturedVariable, LeavesGoroutinesToOthers) {
  EXPECT_EQ(find(report_with(50, KeptBy::kGoroutine), "captured-variable"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
