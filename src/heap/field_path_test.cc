#include "heap/field_path.h"

#include <gtest/gtest.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::heap {
namespace {

using testing::HeapBuilder;

TEST(FieldPath, NamesFieldsElementsAndWhatTheyContain) {
  HeapBuilder heap;
  const TypeId text = heap.string_type();
  const TypeId any = heap.type("interface {}", TypeKind::kInterface, 16);
  const TypeId item = heap.structure("main.Item", 40, {{"key", text, 0}, {"value", any, 16}, {"n", {}, 32}});
  const TypeId items = heap.type("[3]main.Item", TypeKind::kArray, 120, item, 3);
  const TypeId list = heap.type("[]main.Item", TypeKind::kSlice, 24, item);
  const TypeId cache = heap.structure("main.Cache", 160, {{"buf", list, 0}, {"items", items, 24}, {"next", {}, 152}});
  const TypeId func = heap.structure("main.run.func1", 24, {{"F", {}, 0}, {"session", {}, 8}}, TypeKind::kClosure);
  const Snapshot snapshot = heap.build();
  EXPECT_EQ(field_path(snapshot, cache, 0).text, ".buf");
  EXPECT_EQ(field_path(snapshot, cache, 8).text, ".buf+0x8");
  EXPECT_EQ(field_path(snapshot, cache, 24 + 80).text, ".items[2].key");
  const std::vector<StringId> fields = field_path(snapshot, cache, 24 + 80).fields;
  ASSERT_EQ(fields.size(), 2U) << "elements have no name";
  EXPECT_EQ(snapshot.strings[fields[0]], "items");
  EXPECT_EQ(snapshot.strings[fields[1]], "key");
  EXPECT_EQ(field_path(snapshot, cache, 24 + 40 + 16).text, ".items[1].value");
  EXPECT_EQ(field_path(snapshot, cache, 24 + 40 + 24).text, ".items[1].value");
  EXPECT_EQ(field_path(snapshot, cache, 24 + 32).text, ".items[0].n");
  EXPECT_EQ(field_path(snapshot, cache, 152).text, ".next");
  EXPECT_EQ(field_path(snapshot, cache, 144).text, "+0x90") << "padding";
  EXPECT_EQ(field_path(snapshot, items, 40).text, "[1].key");
  EXPECT_EQ(field_path(snapshot, func, 8).text, ".session");
  EXPECT_EQ(field_path(snapshot, text, 0).text, "");
  EXPECT_TRUE(field_path(snapshot, cache, 8).is_named);
  EXPECT_TRUE(field_path(snapshot, items, 40).is_named);
  EXPECT_FALSE(field_path(snapshot, cache, 144).is_named) << "padding";
  EXPECT_FALSE(field_path(snapshot, text, 0).is_named) << "the word itself";
  EXPECT_FALSE(field_path(snapshot, {}, 24).is_named);
}

TEST(FieldPath, EndsAtWhatIsOneThing) {
  HeapBuilder heap;
  const TypeId pool = heap.structure("sync.Pool", 32, {{"noCopy", {}, 0}, {"local", {}, 8}});
  const TypeId server = heap.structure("main.Server", 48, {{"name", {}, 0}, {"buffers", pool, 16}});
  const Snapshot snapshot = heap.build();
  const auto is_pool = [&](TypeId type) { return type == pool; };
  EXPECT_EQ(field_path(snapshot, server, 24).text, ".buffers.local");
  EXPECT_EQ(field_path(snapshot, server, 24, 0, is_pool).text, ".buffers");
  EXPECT_EQ(field_path(snapshot, pool, 8, 0, is_pool).text, "");
  EXPECT_FALSE(field_path(snapshot, pool, 8, 0, is_pool).is_named);
}

TEST(FieldPath, TakesRoomForSeveralValuesForAnArray) {
  HeapBuilder heap;
  const TypeId node = heap.structure("main.Node", 40, {{"name", {}, 0}, {"next", {}, 32}});
  const TypeId empty = heap.structure("struct {}", 0, {});
  const Snapshot snapshot = heap.build();
  EXPECT_EQ(field_path(snapshot, node, 32, 48).text, ".next") << "rounded up to its size class";
  EXPECT_EQ(field_path(snapshot, node, 32, 80).text, "[0].next");
  EXPECT_EQ(field_path(snapshot, node, 112, 120).text, "[2].next");
  EXPECT_EQ(field_path(snapshot, node, 112).text, "[2].next") << "room not given";
  EXPECT_EQ(field_path(snapshot, empty, 16, 64).text, "+0x10");
}

TEST(FieldPath, SaysTheDistanceWhereNothingIsKnown) {
  HeapBuilder heap;
  const TypeId opaque = heap.type("C.struct_x", TypeKind::kOpaque, 64);
  const Snapshot snapshot = heap.build();
  EXPECT_EQ(field_path(snapshot, {}, 0x18).text, "+0x18");
  EXPECT_EQ(field_path(snapshot, {}, 0).text, "+0x0");
  EXPECT_EQ(field_path(snapshot, opaque, 0x18).text, "+0x18");
}

TEST(FieldPath, EndsInATypeThatContainsItself) {
  HeapBuilder heap;
  const TypeId self = heap.structure("main.Self", 16, {{"s", TypeId(0), 0}});
  const TypeId array = heap.type("array", TypeKind::kArray, 16, TypeId(1), 1);
  const Snapshot snapshot = heap.build();
  EXPECT_EQ(field_path(snapshot, self, 8).text.size(), 64 * 2 + 4U);
  EXPECT_EQ(field_path(snapshot, array, 8).text.size(), 64 * 3 + 4U);
}

TEST(EdgeOffset, AddsShortAndLongSteps) {
  HeapBuilder heap;
  const TypeId pointer = heap.pointer_type("*main.Node");
  const auto small = heap.object(16, heap.structure("main.Pair", 16, {{"a", pointer, 0}, {"b", pointer, 8}}));
  const auto array = heap.object(1 << 16, pointer);
  constexpr std::uint64_t kOffsets[] = {0, 8, 254ULL * 8, 509ULL * 8, 60000};
  for (const std::uint64_t offset : kOffsets) heap.edge(array, offset, small);
  heap.edge(small, 8, array);
  const ObjectId source = heap.id(array);
  const ObjectId pair = heap.id(small);
  const Snapshot snapshot = heap.build();
  const ObjectIndex index(snapshot);
  std::uint32_t edge = snapshot.edges.row_begin[source.row];
  EXPECT_EQ(snapshot.edges.long_steps.size(), 2U);
  for (const std::uint64_t offset : kOffsets) EXPECT_EQ(edge_offset(snapshot.edges, source, edge++), offset);
  EXPECT_EQ(edge_path(snapshot, index, source, edge - 1).text, "[7500]");
  EXPECT_EQ(edge_path(snapshot, index, pair, snapshot.edges.row_begin[pair.row]).text, ".b");
}

TEST(EdgePath, BeginsBehindTheAllocationHeader) {
  HeapBuilder heap;
  const TypeId big = heap.structure("main.Big", 600, {{"first", {}, 0}, {"last", {}, 592}});
  const auto a = heap.object(640, big);
  heap.edge(a, 8, a).edge(a, 600, a);
  Snapshot snapshot = heap.build();
  snapshot.spans[0].header = 8;
  const ObjectIndex index(snapshot);
  EXPECT_EQ(edge_path(snapshot, index, ObjectId(0), 0).text, ".first");
  EXPECT_EQ(edge_path(snapshot, index, ObjectId(0), 1).text, ".last");
}

TEST(EdgePath, NamesNothingBehindAKnownBeginning) {
  HeapBuilder heap;
  const TypeId head = heap.structure("main.Head", 16, {{"name", {}, 0}, {"next", {}, 8}});
  const auto a = heap.object(48, head, KnownBy::kPart);
  heap.edge(a, 8, a).edge(a, 24, a);
  const Snapshot snapshot = heap.build();
  const ObjectIndex index(snapshot);
  EXPECT_EQ(edge_path(snapshot, index, ObjectId(0), 0).text, ".next");
  EXPECT_EQ(edge_path(snapshot, index, ObjectId(0), 1).text, "+0x18") << "it is no array";
}

}  // namespace
}  // namespace holdfast::heap
