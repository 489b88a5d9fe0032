#include "evidence/heavy_places.h"

#include <gmock/gmock.h>

#include "graph/dominator_tree.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::evidence {
namespace {

using heap::KnownBy;
using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A registry of 16 B that holds 40 blocks, beside another block that a variable holds.
class HeavyPlaces : public testing::Test {
 protected:
  HeavyPlaces() {
    registry_ = heap_.structure("main.Registry", 16, {});
    block_ = heap_.structure("main.Block", 64, {});
    const HeapBuilder::Handle registry = heap_.object(16, registry_, KnownBy::kPropagated);
    heap_.refer(heap_.root(RootKind::kGlobal, "main.registry"), registry);
    for (int i = 0; i < 40; ++i) heap_.edge(registry, 8, heap_.object(64, block_, KnownBy::kPropagated));
    heap_.refer(heap_.root(RootKind::kGlobal, "main.block"), heap_.object(64, block_, KnownBy::kPropagated));
  }
  std::vector<HeavyPlace> find(const LineVerdicts* by_profile, const LineVerdicts* by_code) {
    const heap::Snapshot snapshot = heap_.build();
    const graph::Dominators dominators = graph::dominators(snapshot);
    const auto types = view::type_totals(snapshot, graph::DominatorTree(dominators));
    return heavy_places(snapshot, types, by_profile, by_code);
  }
  static LineVerdict made_by(TypeId type, std::uint32_t line) {
    LineVerdict verdict;
    verdict.by_code.emplace();
    verdict.by_code->places = {{"main.open", "/src/main.go", line}};
    verdict.by_code->types = {{"main.Registry", 1, 16, "perhaps", type}};
    return verdict;
  }
  const LineVerdicts& profiled(std::uint64_t samples_of_all) {
    profile_.lines.resize(1);
    profile_.lines[0].place = {"main.open", "/src/main.go", 7};
    profile_.lines[0].type = {"main.Registry", 3, samples_of_all, 1, 16, registry_};
    return profile_;
  }

  HeapBuilder heap_;
  LineVerdicts profile_;
  TypeId registry_, block_;
};

TEST_F(HeavyPlaces, SmallAndHolding) {
  const std::vector<HeavyPlace> found = find(nullptr, nullptr);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].type, "main.Registry");
  EXPECT_EQ(found[0].objects, 1u);
  EXPECT_EQ(found[0].bytes, 16u);
  EXPECT_EQ(found[0].kept_alive, 16u + 40 * 64);
  EXPECT_THAT(found[0].places, IsEmpty());
}

TEST_F(HeavyPlaces, NamedByCode) {
  LineVerdicts code;
  code.lines = {made_by(registry_, 7), made_by(block_, 9)};
  const std::vector<HeavyPlace> found = find(nullptr, &code);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].places, ElementsAre(view::CodePlace{"main.open", "/src/main.go", 7}));
  EXPECT_EQ(found[0].doubt, "perhaps");
  EXPECT_FALSE(found[0].by_profile);
}

TEST_F(HeavyPlaces, NamedByAProfileIfAllSamplesAreOfThePlace) {
  const std::vector<HeavyPlace> found = find(&profiled(3), nullptr);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_TRUE(found[0].by_profile);
  EXPECT_THAT(found[0].places, ElementsAre(view::CodePlace{"main.open", "/src/main.go", 7}));
}

TEST_F(HeavyPlaces, NotNamedByAProfileIfAnotherPlaceHasSamples) {
  const std::vector<HeavyPlace> found = find(&profiled(4), nullptr);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].places, IsEmpty());
}

}  // namespace
}  // namespace holdfast::evidence
