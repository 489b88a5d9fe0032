#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;

// 16 free buffers in a part of a pool, of which the first few have large arrays.
view::Report report_of_pool(unsigned large, std::uint64_t large_bytes, std::uint64_t small_bytes,
                            std::string_view part = "sync.poolChainElt") {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId element = heap.type(part, TypeKind::kStruct, 256);
  const TypeId buffer = heap.type("main.buffer", TypeKind::kStruct, 24);
  const auto elements = heap.object(256, element);
  heap.refer(heap.root(RootKind::kGlobal, "main.pool"), elements);
  for (unsigned i = 0; i < 16; ++i) {
    const auto one = heap.object(24, buffer);
    heap.edge(elements, std::uint64_t{8} * i, one).edge(one, 0, heap.leaf(i < large ? large_bytes : small_bytes));
  }
  return report_of(heap.build());
}

TEST(PooledGiants, ArePossibleIfFewAreMuchLargerThanMost) {
  const view::Report report = report_of_pool(3, 2 << 20, 1024);
  const view::Finding* const finding = find(report, "pooled-giants");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 3U);
}

TEST(PooledGiants, AreNoneInAPoolOfOneSizeOrWhatIsNoPool) {
  EXPECT_EQ(find(report_of_pool(0, 0, 1 << 20), "pooled-giants"), nullptr);
  EXPECT_EQ(find(report_of_pool(3, 2 << 20, 1 << 20), "pooled-giants"), nullptr);
  EXPECT_EQ(find(report_of_pool(3, 64 << 10, 1024), "pooled-giants"), nullptr);
  EXPECT_EQ(find(report_of_pool(3, 2 << 20, 1024, "main.list"), "pooled-giants"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
