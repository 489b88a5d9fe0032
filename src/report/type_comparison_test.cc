#include "view/type_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "heap/heap_builder_for_tests.h"
#include "report/comparison_report.h"

namespace holdfast::report {
namespace {

using heap::testing::HeapBuilder;
using testing::HasSubstr;
using testing::Not;
using view::Agreed;
using view::Agreement;
using view::compare_types;
using view::TypeComparison;

const Agreed& sum_of(const TypeComparison& comparison, Agreement agreement) {
  return comparison.sums[static_cast<std::size_t>(agreement)];
}

TEST(TypeComparison, JudgesEachLiveObject) {
  HeapBuilder heap;
  const TypeId word = heap.structure("int", 8, {});
  const TypeId inner = heap.structure("main.Inner", 8, {{"a", word, 0}});
  const TypeId outer = heap.structure("main.Outer", 16, {{"inner", inner, 0}, {"b", word, 8}});
  const TypeId twin = heap.structure("main.Twin", 8, {{"c", word, 0}});
  const RootId root = heap.root(heap::RootKind::kGlobal, "main.all");
  std::vector<HeapBuilder::Handle> objects;
  for (int i = 0; i < 7; ++i) {
    objects.push_back(heap.object(16, i == 5 || i == 6 ? TypeId() : inner));
    heap.refer(root, objects.back());
  }
  heap.object(16, inner);  // garbage
  const heap::Snapshot snapshot = heap.build();
  heap::TypeColumns without{HugeArray<heap::ObjectType>(snapshot.objects), snapshot.types, snapshot.fields};
  const TypeId answers[] = {inner, twin, outer, word, TypeId(), inner, TypeId()};
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (answers[i]) without.object_type[heap.id(objects[i]).row] = {answers[i], heap::KnownBy::kCode};

  const TypeComparison comparison = compare_types(snapshot, without, graph::dominators(snapshot));
  EXPECT_EQ(sum_of(comparison, Agreement::kSame).objects, 1U);
  EXPECT_EQ(sum_of(comparison, Agreement::kOtherName).objects, 1U);
  EXPECT_EQ(sum_of(comparison, Agreement::kNesting).objects, 2U) << "the outer struct, and the first field";
  EXPECT_EQ(sum_of(comparison, Agreement::kWrong).objects, 0U);
  EXPECT_EQ(sum_of(comparison, Agreement::kOnlyWith).objects, 1U);
  EXPECT_EQ(sum_of(comparison, Agreement::kOnlyWithout).objects, 1U);
  EXPECT_EQ(sum_of(comparison, Agreement::kNeither).objects, 1U);
  EXPECT_EQ(sum_of(comparison, Agreement::kSame).bytes, 16U);
  EXPECT_THAT(comparison_text(comparison, {}), HasSubstr("main.Inner    main.Twin"));
  EXPECT_EQ(comparison_json(comparison)["agreement"]["nesting"]["bytes"], 32);
  EXPECT_EQ(comparison_json(comparison)["known_by"]["with"]["header"]["objects"], 5);
  EXPECT_EQ(comparison_json(comparison)["known_by"]["without"]["code"]["objects"], 5);
  EXPECT_EQ(comparison_json(comparison)["known_by"]["without"]["header"]["bytes"], 0);
}

TEST(TypeComparison, NamesOfOursForStructuresOfTheRuntimeAreOtherNames) {
  HeapBuilder heap;
  const TypeId channel = heap.structure("runtime.hchan", 96, {});
  const TypeId of_int = heap.type_of_role(heap::TypeRole::kChannel, 96, heap.type("int", heap::TypeKind::kInt, 8));
  const auto object = heap.object(96, channel);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.all"), object);
  const heap::Snapshot snapshot = heap.build();
  heap::TypeColumns without{HugeArray<heap::ObjectType>(snapshot.objects), snapshot.types, snapshot.fields};
  without.object_type[heap.id(object).row] = {of_int, heap::KnownBy::kCode};
  EXPECT_EQ(sum_of(compare_types(snapshot, without, graph::dominators(snapshot)), Agreement::kOtherName).objects, 1U);
}

TEST(TypeComparison, TypesThatDoNotFitAreWrong) {
  HeapBuilder heap;
  const TypeId word = heap.structure("int", 8, {});
  const TypeId one = heap.structure("main.One", 16, {{"a", word, 8}});
  const TypeId two = heap.structure("main.Two", 8, {{"a", word, 0}});
  const auto object = heap.object(16, one);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.all"), object);
  const heap::Snapshot snapshot = heap.build();
  heap::TypeColumns without{HugeArray<heap::ObjectType>(snapshot.objects), snapshot.types, snapshot.fields};
  without.object_type[heap.id(object).row] = {two, heap::KnownBy::kCode};
  const TypeComparison comparison = compare_types(snapshot, without, graph::dominators(snapshot));
  EXPECT_EQ(sum_of(comparison, Agreement::kWrong).bytes, 16U);
  EXPECT_EQ(comparison_json(comparison)["known_by"]["wrong"]["code"]["bytes"], 16);
  EXPECT_EQ(comparison_json(comparison)["known_by"]["wrong"]["header"]["objects"], 0);
  ASSERT_EQ(comparison.differences.size(), 1U);
  EXPECT_EQ(comparison.differences[0].with, "main.One");
}

TEST(TypeComparison, TheTextSaysHowMuchOfTheDifferencesItLeavesOut) {
  TypeComparison comparison;
  for (int i = 0; i < 20; ++i)
    comparison.differences.push_back(
        {.agreement = Agreement::kWrong, .with = "main.One", .without = {}, .sum = {1, 4096}});
  EXPECT_THAT(comparison_text(comparison, {}), Not(HasSubstr("more")));
  comparison.differences.push_back({.agreement = Agreement::kWrong, .with = "main.Two", .without = {}, .sum = {1, 16}});
  comparison.differences.push_back(
      {.agreement = Agreement::kWrong, .with = "main.Three", .without = {}, .sum = {1, 8}});
  EXPECT_THAT(comparison_text(comparison, {}), HasSubstr("and 2 more, 24 B; --json has them all"));
}

TEST(TypeComparison, CountsThePointersOfFrames) {
  HeapBuilder heap;
  const TypeId type = heap.structure("main.One", 64, {});
  const auto typed = heap.object(64, type), untyped = heap.object(64, type), other = heap.object(64, type);
  const RootId frame = heap.root(heap::RootKind::kFrame, "main.serve");
  heap.refer(frame, typed).refer(frame, untyped, 8).refer(frame, other, 16);
  const RootId guess = heap.root(heap::RootKind::kFrame, "main.interrupted");
  heap.snapshot().roots[guess.row].conservative = true;
  heap.refer(guess, untyped);
  const heap::Snapshot snapshot = heap.build();
  heap::TypeColumns without{HugeArray<heap::ObjectType>(snapshot.objects), snapshot.types, snapshot.fields};
  without.object_type[heap.id(typed).row] = without.object_type[heap.id(other).row] = {type, heap::KnownBy::kCode};

  const TypeComparison comparison = compare_types(snapshot, without, graph::dominators(snapshot));
  EXPECT_EQ(comparison.slots.all, 3U) << "what may be no pointer does not count";
  EXPECT_EQ(comparison.slots.with, 3U);
  EXPECT_EQ(comparison.slots.without, 2U);
  EXPECT_EQ(comparison_json(comparison)["frame_slots"]["typed_without"], 2);
}

TEST(TypeComparison, LargeVariablesAreThoseThatRetainAThousandth) {
  HeapBuilder heap;
  const TypeId type = heap.structure("main.One", 64, {});
  const auto typed = heap.object(4096, type), untyped = heap.object(4096, type), tiny = heap.object(8, type);
  const RootId both = heap.root(heap::RootKind::kGlobal, "main.both");
  heap.refer(both, typed).refer(both, untyped, 8);
  const auto other = heap.object(4096, type);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.other"), other);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.tiny"), tiny);
  const heap::Snapshot snapshot = heap.build();
  heap::TypeColumns without{HugeArray<heap::ObjectType>(snapshot.objects), snapshot.types, snapshot.fields};
  without.object_type[heap.id(typed).row] = without.object_type[heap.id(other).row] = {type, heap::KnownBy::kCode};

  const TypeComparison comparison = compare_types(snapshot, without, graph::dominators(snapshot));
  EXPECT_EQ(comparison.variables.all, 2U);
  EXPECT_EQ(comparison.variables.with, 2U);
  EXPECT_EQ(comparison.variables.without, 1U);
  EXPECT_THAT(comparison.untyped_variables, testing::ElementsAre("main.both"));
  EXPECT_THAT(comparison_text(comparison, {}), HasSubstr("untyped: main.both"));
  EXPECT_EQ(comparison_json(comparison)["large_variables"]["typed_without"], 1);
}

}  // namespace
}  // namespace holdfast::report
