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

// A parent with children in a map of one array.
struct Contexts {
  explicit Contexts(int count) {
    add_ballast(heap);
    const TypeId table = heap.structure("internal/runtime/maps.Map", 1 << 12, {});
    heap.snapshot().types[table.row].role = heap::TypeRole::kMapHeader;
    const TypeId type = heap.structure("context.cancelCtx", 64,
                                       {{"Context", {}, 0}, {"children", heap.pointer_type("*map", table), 32}});
    parent = heap.object(64, type);
    const auto map = heap.object(1 << 12, table);
    heap.edge(parent, 32, map);
    for (int i = 0; i < count; ++i) {
      children.push_back(heap.object(64, type));
      heap.edge(map, 8 * static_cast<std::uint64_t>(i), children.back()).edge(children.back(), 0, parent);
    }
    heap.refer(heap.root(RootKind::kGlobal, "main.base"), parent);
  }

  HeapBuilder heap;
  HeapBuilder::Handle parent;
  std::vector<HeapBuilder::Handle> children;
};

TEST(ContextChildren, AreProvenWhereOnlyTheirParentKnowsThem) {
  Contexts contexts(200);
  const RootId variable = contexts.heap.root(RootKind::kGlobal, "main.current");
  for (int i = 0; i < 50; ++i) contexts.heap.refer(variable, contexts.children[static_cast<std::size_t>(i)]);
  const Report report = report_of(contexts.heap.build());
  const view::Finding* const finding = find(report, "context-children");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kProven);
  EXPECT_EQ(finding->count, 150U) << "somebody can cancel the others";
  EXPECT_EQ(finding->bytes, 150U * 64);
  EXPECT_THAT(finding->title.full, HasSubstr("150 children of the context main.base can only go with it"));
}

TEST(ContextChildren, AreNoneWhereSomebodyHasThem) {
  Contexts contexts(200);
  const RootId variable = contexts.heap.root(RootKind::kGlobal, "main.current");
  for (const auto child : contexts.children) contexts.heap.refer(variable, child);
  EXPECT_EQ(find(report_of(contexts.heap.build()), "context-children"), nullptr);
}

TEST(ContextChildren, AreNoneWhereTheyAreFew) {
  Contexts contexts(20);
  EXPECT_EQ(find(report_of(contexts.heap.build()), "context-children"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
