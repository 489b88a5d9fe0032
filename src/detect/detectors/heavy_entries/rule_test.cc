#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;

// 500 pages in an array, of which the first few have large bodies.
view::Report report_of_pages(unsigned large, std::uint64_t large_bytes, RootKind root = RootKind::kGlobal) {
  HeapBuilder heap;
  const TypeId page = heap.type("main.page", TypeKind::kStruct, 32);
  const auto array = heap.object(8 * 500, heap.pointer_type("*main.page", page));
  heap.refer(heap.root(root, "main.pages"), array);
  for (unsigned i = 0; i < 500; ++i) {
    const auto one = heap.object(32, page);
    heap.edge(array, std::uint64_t{8} * i, one).edge(one, 0, heap.leaf(i < large ? large_bytes : 1024));
  }
  return report_of(heap.build());
}

TEST(HeavyEntries, ArePossibleIfFewHaveMost) {
  const view::Report report = report_of_pages(10, 1 << 20);
  const view::Finding* const finding = find(report, "heavy-entries");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 10U);
  EXPECT_EQ(finding->bytes, 10U * ((1 << 20) + 32));
}

TEST(HeavyEntries, AreNoneIfSizesDifferLittleOrManyAreLargeOrItEndsWithSomething) {
  EXPECT_EQ(find(report_of_pages(10, 16 << 10), "heavy-entries"), nullptr);
  EXPECT_EQ(find(report_of_pages(300, 1 << 20), "heavy-entries"), nullptr);
  EXPECT_EQ(find(report_of_pages(11, 1 << 20), "heavy-entries"), nullptr);
  EXPECT_EQ(find(report_of_pages(10, 1 << 20, RootKind::kFinalizer), "heavy-entries"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
