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
  explicit Contexts(int count, std::string_view type_of_children = "context.cancelCtx") {
    add_ballast(heap);
    const TypeId table = heap.structure("internal/runtime/maps.Map", 1 << 12, {});
    heap.snapshot().types[table.row].role = heap::TypeRole::kMapHeader;
    const TypeId type = heap.structure("context.cancelCtx", 64,
                                       {{"Context", {}, 0}, {"children", heap.pointer_type("*map", table), 32}});
    parent = heap.object(64, type);
    const TypeId of_children =
        type_of_children == "context.cancelCtx" ? type : heap.structure(type_of_children, 64, {{"Context", {}, 0}});
    const auto map = heap.object(std::max<std::uint64_t>(1 << 12, 8 * static_cast<std::uint64_t>(count)), table);
    heap.edge(parent, 32, map);
    for (int i = 0; i < count; ++i) {
      children.push_back(heap.object(64, of_children));
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

// Whoever wants a function to be called at the end may never want to stop that.
TEST(ContextChildren, AreOnlyPossibleWhereTheyAreFunctionsToCall) {
  const view::Finding* finding = nullptr;
  Contexts few(200, "context.afterFuncCtx"), many(20'000, "context.afterFuncCtx");
  EXPECT_EQ(find(report_of(few.heap.build()), "context-children"), nullptr) << "12 KiB";
  const Report report = report_of(many.heap.build());
  finding = find(report, "context-children");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_THAT(finding->title.full, HasSubstr("20,000 functions of context.AfterFunc wait for the end of the context"));
}

TEST(ContextChildren, AreNoneWhereTheyAreFew) {
  Contexts contexts(20);
  EXPECT_EQ(find(report_of(contexts.heap.build()), "context-children"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
