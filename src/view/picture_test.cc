#include "view/picture.h"

#include <gmock/gmock.h>

#include <map>
#include <numeric>

#include "base/error.h"
#include "graph/dominators.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

Picture picture_of(const heap::Snapshot& snapshot, PictureOf of, const std::string& subject, std::size_t most = 200) {
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  return picture(groundwork, graph::reachability(dominators), graph::Referrers(snapshot),
                 {of, parse_subject(subject), most});
}

std::vector<std::string> boxes(const Picture& picture) {
  std::vector<std::string> texts;
  for (const Box& box : picture.boxes)
    texts.push_back(box.count == 1 ? box.text : fmt::format("{} x {}", box.count, box.text));
  return texts;
}

std::vector<std::string> arrows(const Picture& picture) {
  std::vector<std::string> texts;
  for (const Arrow& arrow : picture.arrows)
    texts.push_back(fmt::format("{} {}{} {}", picture.boxes[arrow.from].text, arrow.count,
                                arrow.text.empty() ? "" : " " + arrow.text, picture.boxes[arrow.to].text));
  return texts;
}

// main.all -> list -> 5 x main.item -> main.owner, which refers to its list and to a text.
heap::Snapshot items() {
  HeapBuilder heap;
  const TypeId pointer = heap.pointer_type("*main.item");
  const TypeId item = heap.structure("main.item", 16, {{"owner", heap.pointer_type("*main.owner"), 8}});
  const TypeId owner = heap.structure("main.owner", 16, {{"items", pointer, 0}, {"text", {}, 8}});
  const auto list = heap.object(64, pointer), one = heap.object(16, owner);
  for (std::uint64_t i = 0; i < 5; ++i) {
    const auto each = heap.object(16, item);
    heap.edge(list, i * 8, each).edge(each, 8, one);
  }
  heap.edge(one, 0, list).edge(one, 8, heap.leaf(32, heap.type("uint8", heap::TypeKind::kUint8, 1)));
  heap.refer(heap.root(RootKind::kGlobal, "main.all"), list);
  return heap.build();
}

TEST(Picture, OfAPathHasOnlyThePointersOfTheWay) {
  const Picture found = picture_of(items(), PictureOf::kPath, "type:main.owner");
  EXPECT_THAT(found.title, HasSubstr("shortest ways to"));
  EXPECT_THAT(boxes(found), UnorderedElementsAre("main.all", "[]*main.item", "main.item", "main.owner"));
  EXPECT_THAT(arrows(found), UnorderedElementsAre("main.all 1 []*main.item", "[]*main.item 1 […] main.item",
                                                  "main.item 1 .owner main.owner"));
  EXPECT_EQ(found.objects, 3U);
  EXPECT_EQ(found.bytes, 96U);
  for (const Box& box : found.boxes) EXPECT_EQ(box.asked, box.text == "main.owner");
}

TEST(Picture, ShowsAllPartsOfAMapAsOneBox) {
  HeapBuilder heap;
  const TypeId item = heap.structure("main.item", 16, {});
  const TypeId map = heap.type("map[string]*main.item", heap::TypeKind::kMap, 8);
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const auto group = heap.object(208, heap.type_of_role(heap::TypeRole::kMapGroup, 208, map));
  heap.edge(header, 16, group).edge(group, 24, heap.object(16, item));
  heap.refer(heap.root(RootKind::kGlobal, "main.all"), header);
  const Picture found = picture_of(heap.build(), PictureOf::kPath, "type:main.item");
  EXPECT_THAT(boxes(found), UnorderedElementsAre("main.all", "map[string]*main.item", "main.item"));
  EXPECT_THAT(arrows(found),
              UnorderedElementsAre("main.all 1 map[string]*main.item", "map[string]*main.item 1 main.item"));
  EXPECT_EQ(found.bytes, 48U + 208 + 16);
}

TEST(Picture, OfACircleHasItsObjectsAndWhatHoldsThem) {
  const Picture found = picture_of(items(), PictureOf::kComponent, "type:main.owner", 4);
  EXPECT_THAT(boxes(found), UnorderedElementsAre("main.all", "[]*main.item", "5 x main.item", "main.owner"));
  EXPECT_THAT(arrows(found), UnorderedElementsAre("main.all 1 []*main.item", "[]*main.item 5 […] main.item",
                                                  "main.item 5 .owner main.owner", "main.owner 1 .items []*main.item"));
}

TEST(Picture, OfACircleIsRefusedWhereThereIsNone) {
  HeapBuilder heap;
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), heap.object(32, heap.structure("main.t", 32, {})));
  try {
    picture_of(heap.build(), PictureOf::kComponent, "type:main.t");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

TEST(Picture, OfANeighbourhoodGoesTwoStepsBothWays) {
  const Picture found = picture_of(items(), PictureOf::kNeighbourhood, "type:main.owner", 6);
  std::map<std::string, int> distance;
  for (const Box& box : found.boxes) distance[box.text] = box.distance;
  EXPECT_EQ(distance,
            (std::map<std::string, int>{{"main.owner", 0}, {"[]*main.item", 1}, {"[]uint8", 1}, {"main.item", -1}}))
      << "what lies on both sides stands where it was met first";
}

// However little room there is, nothing is lost.
TEST(Picture, FoldsIntoTheRoomThatThereIs) {
  const heap::Snapshot snapshot = items();
  for (std::size_t most = 1; most < 12; ++most) {
    const Picture found = picture_of(snapshot, PictureOf::kNeighbourhood, "type:main.owner", most);
    std::uint64_t bytes = 0, count = 0;
    for (const Box& box : found.boxes) bytes += box.bytes, count += box.count;
    EXPECT_EQ(bytes, 64U + 6 * 16 + 32) << most;
    EXPECT_EQ(count, 8U) << most;
    EXPECT_LE(found.boxes.size(), std::max<std::size_t>(most, 3)) << "a box for each distance is the least";
    const std::uint64_t pointers =
        std::accumulate(found.arrows.begin(), found.arrows.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const Arrow& arrow) { return sum + arrow.count; });
    EXPECT_EQ(pointers, 12U) << most;
  }
}

}  // namespace
}  // namespace holdfast::view
