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
using view::Report;

// Twelve objects, each with a part; `back` is whether the part refers to the object.
struct Resources {
  explicit Resources(RootKind kind, bool back) {
    add_ballast(heap);
    const TypeId type = heap.structure("main.resource", 16, {{"handle", {}, 0}});
    const TypeId handle = heap.structure("main.handle", 8 << 10, {{"owner", {}, 0}});
    const RootId group = heap.group(kind);
    for (int i = 0; i < 12; ++i) {
      objects.push_back(heap.object(16, type));
      const auto part = heap.object(8 << 10, handle);
      heap.edge(objects.back(), 0, part);
      if (back) heap.edge(part, 0, objects.back());
      const RootId special = heap.root(kind, "main.close", group);
      heap.refer(special, part);
      specials.push_back(special);
    }
  }

  heap::Snapshot build() {
    heap::Snapshot snapshot = heap.build();
    for (std::size_t i = 0; i < specials.size(); ++i) snapshot.roots[specials[i].row].about = heap.id(objects[i]);
    return snapshot;
  }

  HeapBuilder heap;
  std::vector<HeapBuilder::Handle> objects;
  std::vector<RootId> specials;
};

TEST(FinalizerCycle, IsProvenWhereNothingElseReachesTheRing) {
  for (const RootKind kind : {RootKind::kFinalizer, RootKind::kCleanup}) {
    Resources resources(kind, true);
    const Report report = report_of(resources.build());
    const view::Finding* const finding = find(report, "finalizer-cycle");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, Confidence::kProven);
    EXPECT_EQ(finding->count, 12U);
    EXPECT_EQ(finding->bytes, 12 * ((8U << 10) + 16));
    EXPECT_THAT(finding->title.full, HasSubstr("12 × main.resource are never freed"));
    EXPECT_THAT(finding->title.full, HasSubstr("main.close"));
    EXPECT_THAT(finding->because.full, HasSubstr("leads back to the object, as from main.handle.owner"));
    ASSERT_EQ(finding->chain.size(), 3U);
    EXPECT_EQ(finding->chain[1].type, "main.handle");
    EXPECT_EQ(finding->chain[2].type, "main.resource");
  }
}

TEST(FinalizerCycle, IsNoneWithoutAWayBack) {
  Resources resources(RootKind::kFinalizer, false);
  EXPECT_EQ(find(report_of(resources.build()), "finalizer-cycle"), nullptr);
}

TEST(FinalizerCycle, IsNoneAsLongAsSomebodyElseHoldsTheObjects) {
  Resources resources(RootKind::kFinalizer, true);
  const RootId variable = resources.heap.root(RootKind::kGlobal, "main.open");
  for (const auto object : resources.objects) resources.heap.refer(variable, object);
  EXPECT_EQ(find(report_of(resources.build()), "finalizer-cycle"), nullptr);
}

TEST(FinalizerCycle, OfFewSmallObjectsIsNotWorthAWord) {
  HeapBuilder heap;
  add_ballast(heap);
  const auto object = heap.object(16);
  const RootId special = heap.root(RootKind::kFinalizer, "main.close");
  heap.edge(object, 0, object).refer(special, object);
  heap::Snapshot snapshot = heap.build();
  snapshot.roots[special.row].about = heap.id(object);
  EXPECT_EQ(find(report_of(snapshot), "finalizer-cycle"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
