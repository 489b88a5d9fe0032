#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;
using view::Finding;

struct Links {
  int count = 5'000;
  bool has_arrays = false;      // between one and the next
  bool knows_the_last = false;  // as a queue does
  bool has_branches = false;    // as a tree
};

// Versions of 1 KiB, each of which keeps the one before.
view::Report report_of_links(const Links& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId version = heap.structure("main.version", 1024, {{"prev", {}, 0}, {"other", {}, 8}});
  const RootId current = heap.root(RootKind::kGlobal, "main.current");
  auto above = heap.object(1024, version);
  heap.refer(current, above);
  for (int i = 1; i < asked.count; ++i) {
    const auto next = heap.object(1024, version);
    if (asked.has_arrays) {
      const auto array = heap.object(16);
      heap.edge(above, 0, array).edge(array, 0, next);
    } else {
      heap.edge(above, 0, next);
    }
    if (asked.has_branches) heap.edge(above, 8, heap.object(1024, version));
    above = next;
  }
  if (asked.knows_the_last) heap.refer(heap.root(RootKind::kGlobal, "main.last"), above);
  return report_of(heap.build());
}

TEST(LongChain, IsNamedWithItsTypeAndItsFirstLink) {
  const view::Report report = report_of_links({});
  const Finding* const finding = find(report, "long-chain");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_EQ(finding->bytes, 4'999U * 1024);
  EXPECT_THAT(finding->title.full, HasSubstr("5,000 × main.version form a chain"));
  EXPECT_THAT(finding->title.full, HasSubstr("(.prev), from main.current"));
}

TEST(LongChain, MayHaveArraysBetweenItsLinks) {
  EXPECT_NE(find(report_of_links({.has_arrays = true}), "long-chain"), nullptr);
}

TEST(LongChain, IsNoneWhereItIsAQueueATreeOrShort) {
  EXPECT_EQ(find(report_of_links({.knows_the_last = true}), "long-chain"), nullptr);
  EXPECT_EQ(find(report_of_links({.has_branches = true}), "long-chain"), nullptr);
  EXPECT_EQ(find(report_of_links({.count = 900}), "long-chain"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
