#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

constexpr std::uint64_t kValueBytes = 2048;

// A table with an entry for each handle, as Go 1.24 has it.
view::Report report_of_handles(std::uint64_t present, std::optional<std::uint64_t> made) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId entry = heap.structure("internal/sync.entry[interface {},interface {}]", 48, {});
  const TypeId node = heap.structure("internal/sync.indirect[interface {},interface {}]", 8 * present, {});
  const TypeId session = heap.structure("main.session", kValueBytes, {});
  const auto table = heap.object(8 * present, node);
  heap.refer(heap.root(heap::RootKind::kGlobal, "runtime/cgo.handles"), table);
  for (std::uint64_t i = 0; i < present; ++i) {
    const auto each = heap.object(48, entry);
    heap.edge(table, 8 * i, each).edge(each, 24, heap.leaf(8)).edge(each, 40, heap.object(kValueBytes, session));
  }
  heap.snapshot().target.c_handles_made = made;
  return report_of(heap.build());
}

TEST(CgoHandles, AreStrongWhereHardlyOneWasDeleted) {
  const view::Report report = report_of_handles(2000, 2100);
  const view::Finding* finding = find(report, "cgo-handles");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kStrong);
  EXPECT_EQ(finding->title.full, "2,000 handles that were made for C with cgo.NewHandle were never deleted");
  EXPECT_EQ(finding->because.full,
            "the program has made 2,100 in all, and 2,000 of them are still in its table; 2,000 of the values are of "
            "main.session");
  EXPECT_GE(finding->bytes, 2000 * kValueBytes);
}

TEST(CgoHandles, ArePossibleWhereMostWereDeletedOrNobodyCounts) {
  for (const std::optional<std::uint64_t> made :
       {std::optional<std::uint64_t>(1'000'000), std::optional<std::uint64_t>()}) {
    const view::Report report = report_of_handles(2000, made);
    const view::Finding* finding = find(report, "cgo-handles");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  }
}

TEST(CgoHandles, AreLeftAloneWhileTheyAreFew) {
  EXPECT_EQ(find(report_of_handles(900, 900), "cgo-handles"), nullptr);
}

// Up to Go 1.23 entries of deleted handles refer to one object.
TEST(CgoHandles, OfOlderReleasesAreEntriesWithAValueOfTheirOwn) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId entry = heap.structure("sync.entry", 8, {});
  const TypeId inside = heap.structure("sync.readOnly", 8 * 3000, {});
  const auto table = heap.object(8 * 3000, inside);
  heap.refer(heap.root(heap::RootKind::kGlobal, "runtime/cgo.handles"), table);
  const auto expunged = heap.object(16);
  for (std::uint64_t i = 0; i < 3000; ++i) {
    const auto each = heap.object(8, entry);
    heap.edge(table, 8 * i, each);
    const auto boxed = i < 1500 ? heap.object(16) : expunged;
    heap.edge(each, 0, boxed);
    if (i < 1500) heap.edge(boxed, 8, heap.object(kValueBytes));
  }
  heap.snapshot().target.c_handles_made = 1600;
  const view::Report report = report_of(heap.build());
  const view::Finding* finding = find(report, "cgo-handles");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->count, 1500U);
}

}  // namespace
}  // namespace holdfast::detect
