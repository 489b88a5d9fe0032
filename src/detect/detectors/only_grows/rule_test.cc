#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using ::testing::Not;

struct Gathering {
  unsigned things = 2000, recent = 100;
  std::uint64_t allocated = 40 << 20;  // in all its life; of it 200 KiB since the last collection
  std::uint64_t collections = 8;
  RootKind root = RootKind::kGlobal;
  bool is_fixed = false;   // the variable itself has room for them
  bool is_shared = false;  // another variable leads to the same array
  const char* type = "main.visit";
};

// Visits of 2 KiB in an array. At the pace of those that are recent, allocated / 2 KiB came in all.
heap::Snapshot visits(const Gathering& which) {
  HeapBuilder heap;
  const TypeId visit = heap.type(which.type, TypeKind::kStruct, 2048);
  const auto array = heap.object(std::uint64_t{8} * which.things, heap.pointer_type("*main.visit", visit));
  const RootId variable = heap.root(which.root, "main.visits");
  heap.mark(array);
  for (unsigned i = 0; i < which.things; ++i) {
    const auto thing = heap.leaf(2048, visit);
    if (which.is_fixed)
      heap.refer(variable, thing, 8 * i);
    else
      heap.edge(array, std::uint64_t{8} * i, thing);
    if (i < which.recent)
      heap.mark_fresh(thing);
    else
      heap.mark(thing);
  }
  if (!which.is_fixed) heap.refer(variable, array);
  if (which.is_shared) heap.refer(heap.root(which.root, "main.backup"), array);
  heap::Snapshot s = heap.build();
  s.audit.gc_cycles = which.collections;
  s.mem_stats = {{"TotalAlloc", which.allocated}};
  return s;
}

view::Report report_of_gathering(const Gathering& which) {
  return report_of(visits(which));
}

// With an earlier look, at which there were so many; of these some have gone.
view::Report report_of_growth(std::uint64_t before, std::uint64_t gone, std::optional<std::uint64_t> collections = 5,
                              bool is_one_process = true, RootKind root = RootKind::kGlobal) {
  const heap::Snapshot s = visits({.recent = 0, .root = root});
  view::Since since;
  since.seconds = 20;
  since.collections = collections;
  since.is_one_process = is_one_process;
  const heap::ObjectIndex index(s);
  view::GrownPath path;
  path.what = view::sentence("2,000 × main.visit in main.visits");
  path.example = index.address_of(ObjectId(s.pointerful));
  path.before = {before, before * 2048, before * 2048};
  path.now = {2000, 2000 * 2048 + 16384, 2000 * 2048 + 16384};
  since.grown = {path};
  view::TypeFlow flow{"main.visit", {}};
  flow.flow.before[static_cast<std::size_t>(graph::SlotFate::kAlone)] = {gone, gone * 2048, 0};
  const std::uint64_t came = 2000 - before + gone;
  flow.flow.after[static_cast<std::size_t>(graph::SlotFate::kAlone)] = {came, came * 2048, 0};
  since.flows = {flow};
  return report_of(s, since);
}

TEST(OnlyGrows, IsStrongIfItGrewSinceAnEarlierLookAndNothingLeft) {
  const view::Report report = report_of_growth(1000, 0);
  const view::Finding* const finding = find(report, "only-grows");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kStrong);
  EXPECT_EQ(finding->bytes, 2000U * 2048 + 16000);
  EXPECT_THAT(finding->title.full, HasSubstr("2.0 MiB more than 20.0 s before, twice as much in"));
  EXPECT_THAT(finding->because.full,
              HasSubstr("1,000 things of their type came, and of those that were there none left"));
}

TEST(OnlyGrows, IsPossibleIfSomeLeftOrNothingTells) {
  for (const view::Report& report : {report_of_growth(1000, 200), report_of_growth(1000, 0, 1),
                                     report_of_growth(1000, 0, std::nullopt), report_of_growth(1000, 0, 5, false)}) {
    const view::Finding* const finding = find(report, "only-grows");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  }
}

TEST(OnlyGrows, IsNoneIfItGrewLittleOrIsHeldForTheMoment) {
  EXPECT_EQ(find(report_of_growth(1900, 0), "only-grows"), nullptr);
  EXPECT_EQ(find(report_of_growth(1000, 0, 5, true, RootKind::kFinalizer), "only-grows"), nullptr);
}

TEST(OnlyGrows, IsPossibleIfAllThatCameAtThisPaceIsStillThere) {
  const view::Report report = report_of_gathering({.allocated = 4 << 20});
  const view::Finding* const finding = find(report, "only-grows");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 2000U);
  EXPECT_GE(finding->bytes, 2000U * 2048);
  EXPECT_THAT(finding->title.full, HasSubstr("2,000 × main.visit"));
  EXPECT_THAT(finding->because.full, HasSubstr("100 of them came since the last of 8 collections"));
}

TEST(OnlyGrows, ShowsAWayToThemIfSeveralHaveThem) {
  const view::Report shared = report_of_gathering({.allocated = 4 << 20, .is_shared = true});
  const view::Finding* const finding = find(shared, "only-grows");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, HasSubstr(" and by main.backup, as at main.visits[0], gather"));
  const view::Report of_one = report_of_gathering({.allocated = 4 << 20});
  ASSERT_NE(find(of_one, "only-grows"), nullptr);
  EXPECT_THAT(find(of_one, "only-grows")->title.full, Not(HasSubstr("as at")));
}

TEST(OnlyGrows, NeedsAFifthOfTheHeapIfTheThingsAreFew) {
  EXPECT_NE(find(report_of_gathering({.things = 900, .allocated = 2 << 20}), "only-grows"), nullptr);
}

TEST(OnlyGrows, IsNoneIfThingsLeaveOrNothingComesOrItIsYoung) {
  for (const Gathering& which :
       {Gathering{.allocated = 40 << 20}, Gathering{.recent = 0, .allocated = 4 << 20},
        Gathering{.recent = 5, .allocated = 4 << 20}, Gathering{.allocated = 4 << 20, .collections = 2},
        Gathering{.things = 90, .allocated = 2 << 20}, Gathering{.recent = 1900, .allocated = 200 << 20},
        Gathering{.allocated = 4 << 20, .root = RootKind::kFinalizer},
        Gathering{.allocated = 4 << 20, .is_fixed = true}})
    EXPECT_EQ(find(report_of_gathering(which), "only-grows"), nullptr);
}

TEST(OnlyGrows, IsNotSaidOfWhatPackageUniqueKeepsForOthers) {
  for (const char* type : {"unique.entry[string]", "internal/concurrent.entry[string,weak.Pointer[string]]"})
    EXPECT_EQ(find(report_of_gathering({.allocated = 4 << 20, .type = type}), "only-grows"), nullptr);
  for (const char* type : {"unique.Handle[string]", "internal/sync.entry[interface {},interface {}]"})
    EXPECT_NE(find(report_of_gathering({.allocated = 4 << 20, .type = type}), "only-grows"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
