#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using view::Finding;

constexpr std::uint64_t kEntry = 64, kRoom = 65'536;

struct Growing {
  std::uint64_t entries = 60'000, allocated = 32 * kMiB;
  std::uint64_t collections = 8;
  std::uint64_t begin = 0;     // of the slice in its array, in entries
  std::uint64_t room = kRoom;  // in entries
  bool is_fresh = true;        // the array is
  unsigned texts = 0;          // of the last of so many entries the last `fresh` are new
  unsigned fresh = 0;
  bool is_fresh_first = false;  // the first text is new, too
  RootKind root = RootKind::kGlobal;
};

// An array of 4 MiB with entries by value, in main.log.
heap::Snapshot log_of(const Growing& which) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId entry = heap.type("main.entry", TypeKind::kStruct, kEntry);
  const TypeId entries = heap.type("[]main.entry", TypeKind::kSlice, 24, entry);
  const auto array = which.texts > 0 ? heap.object(kEntry * kRoom, entry) : heap.leaf(kEntry * kRoom, entry);
  const RootId variable = heap.root(which.root, "main.log", {}, entries);
  heap.snapshot().roots[variable.row].where = Address(0x500000);
  heap.refer(variable, array);
  which.is_fresh ? heap.mark_fresh(array) : heap.mark(array);
  for (unsigned i = 0; i < which.texts; ++i) {
    const auto text = heap.leaf(32);
    const bool is_new = i + which.fresh >= which.texts || (i == 0 && which.is_fresh_first);
    heap.edge(array, (which.entries - which.texts + i) * kEntry, text);
    is_new ? heap.mark_fresh(text) : heap.mark(text);
  }
  // What else came, so that the clock has moved.
  const auto other = heap.leaf(64 << 10);
  heap.refer(variable, other, 48).mark_fresh(other);
  heap::Snapshot s = heap.build();
  s.audit.gc_cycles = which.collections;
  s.mem_stats = {{"TotalAlloc", which.allocated}};
  s.large_headers = {{{},
                      variable,
                      heap.id(array),
                      entries,
                      0,
                      which.begin * kEntry,
                      which.entries * kEntry,
                      (which.room - which.begin) * kEntry}};
  return s;
}

const Finding* find_growth(const view::Report& report) {
  return find(report, "growing-slice");
}

TEST(GrowingSlice, IsPossibleIfAppendHasMadeTheArrayLargerSinceTheLastCollection) {
  const view::Report report = report_of(log_of({}));
  const Finding* const finding = find_growth(report);
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 60'000U);
  EXPECT_EQ(finding->bytes, kEntry * kRoom);
  EXPECT_THAT(finding->title.full, ::testing::HasSubstr("60,000 × main.entry in one array of main.log gather"));
  EXPECT_THAT(finding->because.full,
              ::testing::HasSubstr("7,725 of them or more came since the last of 8 collections"));
}

TEST(GrowingSlice, IsPossibleIfTheElementsAtTheEndReferToWhatIsNew) {
  const view::Report report =
      report_of(log_of({.allocated = 24 * kMiB, .is_fresh = false, .texts = 2'000, .fresh = 500}));
  const Finding* const finding = find_growth(report);
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->because.full, ::testing::HasSubstr("500 of them or more came"));
}

TEST(GrowingSlice, IsNoneIfItDoesNotGrowOrIsFilledAnewOrCutOrYoung) {
  for (const Growing& which :
       {Growing{.is_fresh = false}, Growing{.allocated = 400 * kMiB}, Growing{.begin = 10}, Growing{.entries = 50'000},
        Growing{.room = 65'000}, Growing{.collections = 2}, Growing{.root = RootKind::kFinalizer},
        Growing{.allocated = 24 * kMiB, .is_fresh = false, .texts = 2'000, .fresh = 500, .is_fresh_first = true},
        Growing{.allocated = 60 * kMiB, .is_fresh = false, .texts = 2'000, .fresh = 500}})
    EXPECT_EQ(find_growth(report_of(log_of(which))), nullptr);
}

view::Report report_of_growth(std::uint64_t entries_before, bool same_pointers, std::uint64_t collections = 5) {
  view::Since since;
  since.seconds = 20;
  since.collections = collections;
  since.is_one_process = true;
  since.slices = {{Address(0x500000), entries_before * kEntry, entries_before * kEntry, 500, same_pointers}};
  return report_of(log_of({.is_fresh = false}), since);
}

TEST(GrowingSlice, IsStrongIfItGrewSinceAnEarlierLookAndWhatItHadIsStillThere) {
  const view::Report report = report_of_growth(30'000, true);
  const Finding* const finding = find_growth(report);
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kStrong);
  EXPECT_THAT(finding->title.full, ::testing::HasSubstr("grow: 1.8 MiB more than 20.0 s before"));
  EXPECT_THAT(finding->because.full, ::testing::HasSubstr("30,000 there then, 60,000 now; the elements of then"));
}

TEST(GrowingSlice, IsPossibleIfItGrewAndNothingTellsWhatBecameOfWhatItHad) {
  for (const view::Report& report : {report_of_growth(30'000, false), report_of_growth(30'000, true, 1)}) {
    const Finding* const finding = find_growth(report);
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  }
}

TEST(GrowingSlice, IsNoneIfItGrewLittle) {
  EXPECT_EQ(find_growth(report_of_growth(58'000, true)), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
