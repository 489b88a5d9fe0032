#include "view/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "base/terminal_text.h"
#include "base/units.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/hold_sections.h"
#include "heap/validate.h"
#include "report/audit_report.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "view/names.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using heap::KnownBy;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using view::ChainStep;
using view::CodePlace;
using view::Holder;
using view::make_report;
using view::name_of;
using view::Names;
using view::Report;
using view::short_type;
using view::StepKind;
using view::TypeTotals;

Report report_of(const heap::Snapshot& snapshot) {
  EXPECT_THAT(heap::problems(snapshot), IsEmpty());
  const auto reached = graph::reach(snapshot);
  const auto dominators = graph::dominators(snapshot);
  return make_report(snapshot, reached, dominators, view::Owners(snapshot, dominators),
                     graph::audit(snapshot, reached));
}

// Adds a global registry with a map of sessions that each hold a buffer.
void add_registry(HeapBuilder& heap, int sessions, std::uint64_t buffer) {
  const TypeId bytes = heap.type("uint8", TypeKind::kUint8, 1);
  const TypeId slice = heap.type("[]uint8", TypeKind::kSlice, 24, bytes);
  const TypeId session = heap.structure("example.com/shop/main.Session", 48, {{"ID", {}, 0}, {"Buf", slice, 16}});
  const TypeId map = heap.type("map[string]*main.Session", TypeKind::kMap, 8,
                               heap.pointer_type("*main.Session", session), 0, heap.string_type());
  const TypeId header = heap.type_of_role(heap::TypeRole::kMapHeader, 48, map);
  const TypeId table = heap.type_of_role(heap::TypeRole::kMapTable, 32, map);
  const TypeId group = heap.type_of_role(heap::TypeRole::kMapGroup, 208, map);
  const TypeId registry = heap.structure("main.Registry", 32, {{"mu", {}, 0}, {"sessions", map, 24}});
  const auto owner = heap.object(32, registry);
  const auto hmap = heap.object(48, header, KnownBy::kPropagated);
  heap.refer(heap.root(RootKind::kGlobal, "main.registry"), owner);
  heap.edge(owner, 24, hmap);
  std::vector<HeapBuilder::Handle> groups;
  for (int t = 0; t < 4; ++t) {
    const auto one = heap.object(32, table, KnownBy::kPropagated);
    heap.edge(hmap, static_cast<std::uint64_t>(t) * 8, one);
    groups.push_back(heap.object(static_cast<std::uint64_t>(sessions) * 8, group, KnownBy::kPropagated));
    heap.edge(one, 8, groups.back());
  }
  // Every tenth buffer was sampled; some were allocated on another way.
  const std::vector<std::string_view> opened = {"runtime.makeslice", "main.(*Registry).Open", "main.serve"};
  const std::vector<std::string_view> loaded = {"runtime.makeslice", "main.load", "main.main"};
  for (int i = 0; i < sessions; ++i) {
    const auto one = heap.object(48, session, KnownBy::kPropagated);
    heap.edge(groups[static_cast<std::size_t>(i) % 4], static_cast<std::uint64_t>(i / 4) * 8, one);
    const auto text = heap.leaf(buffer, bytes, KnownBy::kPropagated);
    heap.edge(one, 16, text);
    if (i % 10 == 0) heap.sample(text, i % 50 == 0 ? loaded : opened);
  }
}

// "main.work+0x3a pool.go:17"
heap::Label work_frame(HeapBuilder& heap) {
  heap::Label label;
  label.code.function = heap.snapshot().strings.add("main.work");
  label.code.offset = 0x3a;
  label.code.file = heap.snapshot().strings.add("/src/pool.go");
  label.code.line = 17;
  return label;
}

const CodePlace kStart = {"main.start", "/src/pool.go", 9};

void add_goroutines(HeapBuilder& heap, int count, std::uint64_t bytes) {
  const RootId group = heap.group(WaitReason::kChanSend, "main.work", "/src/pool.go", 17);
  for (int i = 0; i < count; ++i) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "", group);
    const RootId frame = heap.root(RootKind::kFrame, work_frame(heap), goroutine);
    heap.refer(frame, heap.object(bytes));
    const GoroutineId id =
        heap.goroutine(static_cast<std::uint64_t>(i) + 7, heap::GoroutineState::kWaiting, WaitReason::kChanSend,
                       goroutine, {"runtime.gopark", "main.work", "main.start.func1"});
    heap::Goroutine& row = heap.snapshot().goroutines[id.row];
    row.waiting_ns = std::uint64_t{4} * 3600 * 1'000'000'000;
    row.stack = {Address(0x1000), Address(0x3000)};
    row.created_by = heap.snapshot().strings.add("main.start");
    row.created_file = heap.snapshot().strings.add("/src/pool.go");
    row.created_line = 9;
    heap.snapshot().frames[row.first_frame + 1].file = heap.snapshot().strings.add("/src/pool.go");
    heap.snapshot().frames[row.first_frame + 1].line = 17;
  }
}

TEST(Holders, SayHowManyOfWhatAreInWhichMap) {
  HeapBuilder heap;
  add_registry(heap, 1000, 16384);
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  const Holder& holder = report.holders[0];
  EXPECT_EQ(holder.what.full, "1,000 × main.Session in the map main.registry.sessions");
  EXPECT_EQ(holder.count, 1000U);
  EXPECT_EQ(holder.bytes, 32 + 48 + 4 * (32 + 8000) + 1000 * (48 + 16384U)) << "all that the variable holds";
  EXPECT_THAT(holder.owners, ElementsAre(testing::Field(&view::Sentence::full, "main.registry")));
  std::vector<std::string_view> kinds, fields;
  for (const ChainStep& step : holder.chain) kinds.push_back(name_of(step.kind)), fields.push_back(step.field);
  EXPECT_THAT(kinds, ElementsAre("root", "object", "container", "object", "object"));
  EXPECT_THAT(fields, ElementsAre("", "", ".sessions", testing::_, ".Buf"));
  EXPECT_EQ(holder.chain[2].type, "map[string]*main.Session") << "a map is one thing";
  EXPECT_EQ(holder.chain.back().type, "[]uint8");
}

TEST(Holders, TakeGoroutinesAtOnePlaceForOne) {
  HeapBuilder heap;
  add_goroutines(heap, 200, 4096);
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "200 goroutines in chan send at main.work pool.go:17 for at least 4 h");
  EXPECT_EQ(report.holders[0].created_by, kStart);
  EXPECT_EQ(report.holders[0].bytes, 200 * 4096U);
  EXPECT_EQ(report.holders[0].count, 200U);
  ASSERT_THAT(report.goroutines, SizeIs(1));
  EXPECT_EQ(report.goroutines[0].retained_bytes, 200 * 4096U);
  EXPECT_EQ(report.goroutines[0].stack_bytes, 200 * 8192U);
  EXPECT_EQ(report.goroutines[0].created_by, kStart);
}

// What two of them share belongs to neither, yet the goroutines hold it; and their stacks are more than that.
TEST(Holders, CountForManyGoroutinesWhatSomeOfThemShareAndTheirStacks) {
  HeapBuilder heap;
  const RootId place = heap.group(WaitReason::kChanSend, "main.work", "/src/pool.go", 17);
  const auto shared = heap.leaf(100000);
  for (std::uint64_t i = 0; i < 20; ++i) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "", place);
    const RootId frame = heap.root(RootKind::kFrame, work_frame(heap), goroutine);
    heap.refer(frame, heap.object(2048)).refer(frame, shared);
    heap.goroutine(7 + i, heap::GoroutineState::kWaiting, WaitReason::kChanSend, goroutine,
                   {"runtime.gopark", "main.work"});
    heap.snapshot().goroutines.back().stack = {Address(0x10000 * (i + 1)), Address(0x10000 * (i + 1) + 8192)};
  }
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), heap.leaf(200000));
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(2));
  EXPECT_THAT(report.holders[0].what.full, HasSubstr("20 goroutines in chan send"));
  EXPECT_EQ(report.holders[0].count, 20U);
  EXPECT_EQ(report.holders[0].bytes, report.goroutines[0].retained_bytes);
  EXPECT_GE(report.holders[0].bytes, 100000U + 20 * 2048);
  EXPECT_EQ(report.holders[0].stack_bytes, 20U * 8192);
  EXPECT_THAT(report.holders[1].what.full, HasSubstr("main.cache")) << "more heap, but less with the stacks";
}

TEST(Holders, SayWhoStartedAGoroutine) {
  HeapBuilder heap;
  add_goroutines(heap, 1, 1 << 16);
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "one object of 64.0 KiB in goroutine 7, main.work+0x3a pool.go:17");
  EXPECT_EQ(report.holders[0].created_by, kStart);
}

TEST(Holders, SayWhereAClosureWasWritten) {
  HeapBuilder heap;
  const TypeId closure = heap.structure("main.serve.func1", 0, {}, TypeKind::kClosure);
  heap.snapshot().types[closure.row].role = heap::TypeRole::kClosure;
  heap.snapshot().types[closure.row].file = heap.snapshot().strings.add("/src/server.go");
  heap.snapshot().types[closure.row].line = 88;
  const auto list = heap.object(512);
  heap.refer(heap.root(RootKind::kGlobal, "main.hooks"), list);
  for (std::uint64_t i = 0; i < 64; ++i) {
    const auto one = heap.object(1024, closure, KnownBy::kClosure);
    heap.edge(list, i * 8, one);
  }
  Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "64 × func main.serve.func1 server.go:88 in main.hooks");
  EXPECT_EQ(report.holders[0].chain.back().place, "server.go:88");
}

TEST(Holders, TakeALargeMapOfTheRuntimeForOneHop) {
  HeapBuilder heap;
  const TypeId session = heap.structure("main.Session", 64, {{"ID", {}, 0}});
  const TypeId table = heap.structure("internal/runtime/maps.table", 64, {{"groups", {}, 0}});
  const TypeId directories = heap.pointer_type("*internal/runtime/maps.table", table);
  heap.snapshot().types[table.row].role = heap::TypeRole::kMapTable;
  heap.snapshot().types[directories.row].role = heap::TypeRole::kMapDirectory;
  const TypeId slots = heap.type_of_role(heap::TypeRole::kMapGroup, 512, {});
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, {}));
  const auto directory = heap.object(1024, directories);
  heap.refer(heap.root(RootKind::kGlobal, "main.sessions"), header);
  heap.edge(header, 16, directory);
  for (std::uint64_t t = 0; t < 128; ++t) {
    const auto one = heap.object(64, table);
    const auto group = heap.object(512, slots);
    heap.edge(directory, t * 8, one).edge(one, 0, group);
    for (std::uint64_t s = 0; s < 32; ++s) heap.edge(group, s * 16, heap.object(64, session));
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "4,096 × main.Session in the map main.sessions");
}

// Makes a map of eight slots, one of which has nearly all; the snapshot keeps the bytes of the group and of a key.
heap::Snapshot one_large_entry(bool swiss, TypeId (*key_type)(HeapBuilder&), std::uint64_t key_size,
                               std::uint64_t number) {
  HeapBuilder heap;
  const TypeId session = heap.structure("main.Session", 1 << 16, {{"ID", {}, 0}});
  const TypeId pointer = heap.pointer_type("*main.Session", session);
  const TypeId key = key_type(heap);
  const std::uint64_t slot_bytes = key_size + 8;
  TypeId group;
  if (swiss) {
    const TypeId slot = heap.structure("slot", slot_bytes, {{"key", key, 0}, {"elem", pointer, key_size}});
    const TypeId slots = heap.type("[8]slot", TypeKind::kArray, 8 * slot_bytes, slot, 8);
    group = heap.structure("map.group[K]*main.Session", 8 + 8 * slot_bytes, {{"ctrl", {}, 0}, {"slots", slots, 8}});
  } else {
    const TypeId keys = heap.type("[8]K", TypeKind::kArray, 8 * key_size, key, 8);
    const TypeId elems = heap.type("[8]*main.Session", TypeKind::kArray, 64, pointer, 8);
    group = heap.structure("map.bucket[K]*main.Session", 8 + 8 * slot_bytes,
                           {{"topbits", {}, 0}, {"keys", keys, 8}, {"elems", elems, 8 + 8 * key_size}});
  }
  heap.snapshot().types[group.row].role = swiss ? heap::TypeRole::kMapGroup : heap::TypeRole::kMapBucket;
  const std::uint64_t group_bytes = 8 + 8 * slot_bytes;
  const auto container = heap.object(group_bytes, group);
  heap.refer(heap.root(RootKind::kGlobal, "main.sessions"), container);
  const std::uint64_t key_at = swiss ? 8 + 3 * slot_bytes : 8 + 3 * key_size;
  heap.edge(container, swiss ? key_at + key_size : 8 + 8 * key_size + 24, heap.object(1 << 16, session));
  heap::Snapshot snapshot = heap.build();
  const Address base = snapshot.spans[0].base;
  snapshot.content.ranges = {{Address(0x1000), Address(0x1000 + 60)}, {base, base + group_bytes}};
  snapshot.content.bytes = HugeArray<std::uint8_t>(60 + group_bytes);
  const std::string text =
      "user-\x1b"
      "17, with a name that is longer than what is shown";
  std::copy(text.begin(), text.end(), snapshot.content.bytes.begin());
  const std::uint64_t words[] = {key_size == 16 ? 0x1000 : number, number};
  std::memcpy(snapshot.content.bytes.data() + 60 + key_at, words, key_size);
  return snapshot;
}

TEST(Holders, ShowTheKeyOfTheOneEntryThatMattersIfTheSnapshotHasValues) {
  const auto text = [](HeapBuilder& heap) { return heap.string_type(); };
  const auto small = [](HeapBuilder& heap) { return heap.type("int32", TypeKind::kInt32, 4); };
  const auto large = [](HeapBuilder& heap) { return heap.type("uint64", TypeKind::kUint64, 8); };
  for (const bool swiss : {true, false}) {
    heap::Snapshot snapshot = one_large_entry(swiss, text, 16, 8);
    const Report report = report_of(snapshot);
    ASSERT_THAT(report.holders, SizeIs(1));
    EXPECT_EQ(report.holders[0].what.full, "one main.Session, 64.0 KiB, in the map main.sessions[\"user-?17\"]");
    EXPECT_EQ(report.holders[0].chain.back().key, "\"user-?17\"");
    EXPECT_THAT(report_text(report, {}), HasSubstr("main.sessions[\"user-?17\"] → main.Session"));
    snapshot.content = {};
    EXPECT_EQ(report_of(snapshot).holders[0].what.full, "one main.Session, 64.0 KiB, in the map main.sessions");
    EXPECT_EQ(report_of(snapshot).holders[0].chain.back().key, "");

    const auto key_of = [&](auto type, std::uint64_t size, std::uint64_t number) {
      return report_of(one_large_entry(swiss, type, size, number)).holders[0].chain.back().key;
    };
    EXPECT_EQ(key_of(text, 16, 54), "\"user-?17, with a name that is longer tha…\"");
    EXPECT_EQ(key_of(text, 16, 0), "\"\"");
    EXPECT_EQ(key_of(large, 8, ~std::uint64_t{0}), "18446744073709551615");
    EXPECT_EQ(key_of(small, 4, 0xfffffffe), "-2");
  }
}

TEST(Holders, TakeAListForOneThing) {
  HeapBuilder heap;
  const TypeId node = heap.structure("main.Node", 32, {{"next", {}, 0}, {"data", {}, 8}});
  std::vector<HeapBuilder::Handle> nodes;
  for (int i = 0; i < 5000; ++i) {
    nodes.push_back(heap.object(32, node));
    if (i > 0) heap.edge(nodes[nodes.size() - 2], 0, nodes.back());
    heap.edge(nodes.back(), 8, heap.leaf(128));
  }
  heap.refer(heap.root(RootKind::kGlobal, "main.head"), nodes.front());
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "5,000 × main.Node in main.head");
  EXPECT_EQ(report.holders[0].bytes, 5000 * 160U);
}

// Objects of library types that lead to 30 events of 320 bytes.
Holder holder_of_events(const std::string& variable, std::initializer_list<const char*> parts) {
  HeapBuilder heap;
  const TypeId event = heap.structure("example.com/shop/main.Event", 320, {});
  std::vector<HeapBuilder::Handle> holding;
  for (const char* const part : parts) holding.push_back(heap.object(32, heap.structure(part, 32, {{"v", {}, 0}})));
  heap.refer(heap.root(RootKind::kGlobal, variable), holding.front());
  for (std::size_t i = 1; i < holding.size(); ++i) heap.edge(holding[i - 1], 0, holding[i]);
  for (int i = 0; i < 30; ++i) {
    const auto entry = heap.object(32, heap.structure(*(parts.end() - 1), 32, {{"v", {}, 0}}));
    heap.edge(holding.back(), 8, entry).edge(entry, 0, heap.object(320, event));
  }
  return report_of(heap.build()).holders.at(0);
}

TEST(Holders, SayWhatContainersOfTheLibraryContain) {
  const Holder list = holder_of_events("main.recent", {"container/list.List", "container/list.Element"});
  EXPECT_EQ(list.what.brief, "30 × main.Event in the list main.recent");
  EXPECT_EQ(list.container, view::Container::kList);
  EXPECT_EQ(holder_of_events("main.free", {"sync.poolLocal", "sync.poolChainElt", "sync.eface"}).what.brief,
            "30 × main.Event free in the sync.Pool main.free");
  EXPECT_EQ(holder_of_events("main.seen", {"internal/sync.indirect[interface {},interface {}]",
                                           "internal/sync.entry[interface {},interface {}]"})
                .what.brief,
            "30 × main.Event in the sync.Map main.seen");
  EXPECT_EQ(holder_of_events("main.x", {"main.HashTrieMap[string,int]"}).container, view::Container::kNone);
}

TEST(Holders, SplitWhatHoldsSeveralLargeThings) {
  HeapBuilder heap;
  const TypeId a = heap.structure("main.Users", 16, {{"all", {}, 8}});
  const TypeId b = heap.structure("main.Orders", 16, {{"all", {}, 8}});
  const TypeId app = heap.structure("main.App", 24, {{"users", {}, 0}, {"orders", {}, 8}, {"name", {}, 16}});
  const auto top = heap.object(24, app);
  const auto users = heap.object(16, a);
  const auto orders = heap.object(16, b);
  heap.edge(top, 0, users).edge(top, 8, orders);
  heap.edge(users, 8, heap.leaf(1 << 20)).edge(orders, 8, heap.leaf(2 << 20));
  heap.refer(heap.root(RootKind::kGlobal, "main.app"), top);
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(2));
  EXPECT_EQ(report.holders[0].what.full, "one object of 2.0 MiB in main.app.orders.all");
  EXPECT_EQ(report.holders[0].bytes, (2U << 20) + 16);
  EXPECT_EQ(report.holders[1].what.full, "one object of 1.0 MiB in main.app.users.all");
}

TEST(Holders, NameAllWhoShareSomething) {
  HeapBuilder heap;
  const TypeId table = heap.structure("main.Table", 1 << 16, {{"rows", {}, 0}});
  const auto shared = heap.object(1 << 16, table);
  heap.refer(heap.root(RootKind::kGlobal, "main.first"), shared);
  heap.refer(heap.root(RootKind::kGlobal, "main.second"), shared);
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "one main.Table, 64.0 KiB, held by main.first and by main.second");
  EXPECT_THAT(report.holders[0].owners, SizeIs(2));
  EXPECT_EQ(report.heap.named_bytes, 0U);
}

// Each pair of variables holds a table of its own: twelve things, not one under the name of the first.
TEST(Holders, PutTogetherOnlyWhatTheSameOwnersShare) {
  HeapBuilder heap;
  const TypeId table = heap.structure("main.Table", 1 << 16, {{"rows", {}, 0}});
  for (int i = 0; i < 12; ++i) {
    const auto shared = heap.object(1 << 16, table);
    heap.refer(heap.root(RootKind::kGlobal, fmt::format("main.a{}", i)), shared);
    heap.refer(heap.root(RootKind::kGlobal, fmt::format("main.b{}", i)), shared);
  }
  const heap::Snapshot snapshot = heap.build();
  const Report report = report_of(snapshot);
  EXPECT_EQ(report.holder_count, 12U);
  EXPECT_EQ(report.held_bytes, 12U << 16);
  EXPECT_EQ(report.holders[0].what.full, "one main.Table, 64.0 KiB, held by main.a0 and by main.b0");
}

// The items refer to one another, so that some hang below the map's own objects and some below its header.
TEST(Holders, TakeAMapWhoseValuesReferToEachOtherForOneThing) {
  HeapBuilder heap;
  const TypeId item = heap.structure("main.Item", 224, {{"prev", {}, 0}});
  const TypeId map = heap.type("map[string]*main.Item", TypeKind::kMap, 8, heap.pointer_type("*main.Item", item), 0,
                               heap.string_type());
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const TypeId group = heap.type_of_role(heap::TypeRole::kMapGroup, 208, map);
  heap.refer(heap.root(RootKind::kGlobal, "main.items"), header);
  std::vector<HeapBuilder::Handle> groups, items;
  for (std::uint64_t i = 0; i < 4; ++i) {
    groups.push_back(heap.object(208 * 64, group));
    heap.edge(header, i * 8, groups.back());
  }
  for (std::uint64_t i = 0; i < 900; ++i) {
    items.push_back(heap.object(224, item));
    heap.edge(groups[i % 4], i / 4 * 8, items.back());
    if (i > 0 && i % 3 == 0) heap.edge(items.back(), 0, items[i - 1]);
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "900 × main.Item in the map main.items");
  EXPECT_EQ(report.holders[0].bytes, report.heap.reachable_bytes);
}

TEST(Holders, SayWhatAMapOfManySortsHas) {
  HeapBuilder heap;
  const TypeId order = heap.structure("main.Order", 64, {{"f", {}, 0}});
  const TypeId user = heap.structure("main.User", 64, {{"f", {}, 0}});
  const TypeId map = heap.type("map[string]any", TypeKind::kMap, 8, {}, 0, heap.string_type());
  const auto group = heap.object(1 << 14, heap.type_of_role(heap::TypeRole::kMapGroup, 272, map));
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), group);
  for (std::uint64_t i = 0; i < 1000; ++i) heap.edge(group, i * 8, heap.object(64, i % 5 < 3 ? order : user));
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "600 × main.Order, 400 × main.User in the map main.cache");
  EXPECT_EQ(report.holders[0].bytes, (1U << 14) + 64000);
}

TEST(Holders, SayThatSeveralWaysLeadToSomething) {
  HeapBuilder heap;
  const TypeId symbol = heap.structure("main.Sym", 1024, {{"b", {}, 0}});
  const TypeId program = heap.structure("main.Program", 32, {{"syms", {}, 0}});
  const TypeId watcher = heap.structure("main.Watcher", 48, {{"prog", {}, 0}, {"cache", {}, 8}});
  const auto top = heap.object(48, watcher), prog = heap.object(32, program), cache = heap.object(1 << 14);
  const auto list = heap.object(1 << 13);
  heap.refer(heap.root(RootKind::kGlobal, "main.w"), top);
  heap.edge(top, 0, prog).edge(top, 8, cache).edge(prog, 0, list);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto one = heap.object(1024, symbol);
    heap.edge(list, i * 8, one).edge(cache, i * 16, one);
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  std::vector<std::string_view> fields;
  std::vector<bool> several;
  for (const ChainStep& step : report.holders[0].chain) fields.push_back(step.field), several.push_back(step.several);
  EXPECT_THAT(several, ElementsAre(false, false, true, false)) << "the tree jumps from the watcher to the symbols";
  EXPECT_THAT(fields, ElementsAre("", "", ".cache", testing::_)) << "each step is a pointer";
}

// While a request looks at it, what a cache has is the cache's.
TEST(Holders, LeaveToAVariableWhatAFrameHasForTheMoment) {
  HeapBuilder heap;
  const TypeId table = heap.structure("main.Table", 1 << 16, {{"rows", {}, 0}});
  const auto top = heap.object(1 << 12), part = heap.object(1 << 16, table);
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), top).edge(top, 0, part);
  const RootId goroutine = heap.root(RootKind::kGoroutine, "");
  heap.refer(heap.root(RootKind::kFrame, "main.serve", goroutine), part);
  heap.goroutine(7, heap::GoroutineState::kRunning, WaitReason::kZero, goroutine, {"main.serve"});
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].bytes, (1U << 12) + (1 << 16));
  EXPECT_THAT(report.holders[0].owners, ElementsAre(testing::Field(&view::Sentence::full, "main.cache")));
  ASSERT_THAT(report.holders[0].also, SizeIs(1));
  EXPECT_EQ(report.holders[0].also[0].bytes, 1U << 16);
  EXPECT_EQ(report.holders[0].also[0].who.full, "goroutine 7 at main.serve");
  EXPECT_EQ(report.goroutines[0].shared_bytes, 1U << 16);
}

// Words without a name that lie side by side and lead to the same sort of thing are one variable.
TEST(Holders, PutTheWordsOfAnArrayWithoutANameTogether) {
  HeapBuilder heap;
  const TypeId connection = heap.structure("main.Conn", 32, {{"buf", {}, 0}});
  for (std::uint64_t i = 0; i < 300; ++i) {
    heap::Label label;
    label.basis = i == 0 ? heap::Basis::kCode : heap::Basis::kNearness;
    label.data = {heap::Section::kBss, {}, 0x97c0 + i * 8};
    label.relation = i == 0 ? heap::Relation::kItself : heap::Relation::kAfter;
    label.distance = i * 8;
    label.user = heap.snapshot().strings.add("main.main");
    heap.refer(heap.root(RootKind::kGlobal, label), heap.object(32, connection));
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].bytes, 300 * 32U);
  EXPECT_THAT(report.holders[0].what.full,
              HasSubstr("300 × main.Conn in 300 words from global of main.main (bss+0x97c0) on"));
}

// Through its record in the queue of a channel every goroutine would be held by whoever knows the channel, and through
// the records of threads everything by everybody.
TEST(Holders, LeaveItsRecordToTheGoroutine) {
  HeapBuilder heap;
  const TypeId record = heap.structure("runtime.g", 1 << 12, {{"m", {}, 0}});
  const auto channel = heap.object(96), g = heap.object(1 << 12, record), cache = heap.leaf(1 << 16);
  heap.refer(heap.root(RootKind::kGlobal, "main.queue"), channel).edge(channel, 0, g).edge(g, 0, cache);
  heap.refer(heap.root(RootKind::kGlobal, "runtime.allgs"), g);
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), cache);
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, testing::Not(IsEmpty()));
  EXPECT_EQ(report.holders[0].what.full, "one object of 64.0 KiB in main.cache");
  EXPECT_EQ(report.holders[1].what.full, "one goroutine record");
}

TEST(Holders, SayWhereMostOfTheirSamplesWereAllocated) {
  HeapBuilder heap;
  add_registry(heap, 1000, 16384);
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  const auto& site = report.holders[0].allocated_at;
  ASSERT_TRUE(site.has_value());
  EXPECT_EQ(site->places[0].place.function, "main.(*Registry).Open");
  EXPECT_EQ(site->places[0].sampled, 80U);
  EXPECT_EQ(site->sampled, 100U);
  EXPECT_THAT(site->places[0].stack,
              ElementsAre(CodePlace{"runtime.makeslice", "", 0}, CodePlace{"main.(*Registry).Open", "", 0},
                          CodePlace{"main.serve", "", 0}));
}

TEST(Holders, NameWhoeverAskedTheStandardLibraryForMemory) {
  HeapBuilder heap;
  const auto buffer = heap.leaf(1 << 20);
  heap.refer(heap.root(RootKind::kGlobal, "main.log"), buffer);
  heap.sample(buffer, {"runtime.growslice", "bytes.growSlice", "bytes.(*Buffer).Write", "main.record", "main.main"});
  const Report report = report_of(heap.build());
  EXPECT_EQ(report.holders[0].allocated_at->places[0].place.function, "main.record");
}

TEST(Holders, NameNoPlaceUnlessMostSamplesAgree) {
  HeapBuilder heap;
  const auto list = heap.object(1 << 12);
  heap.refer(heap.root(RootKind::kGlobal, "main.list"), list);
  for (int i = 0; i < 4; ++i) {
    const auto buffer = heap.leaf(1 << 16);
    heap.edge(list, static_cast<std::uint64_t>(i) * 8, buffer);
    heap.sample(buffer, {i < 2 ? "main.first" : i < 3 ? "main.second" : "main.third"});
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].allocated_at->share(), 0.5);
  EXPECT_THAT(report_text(report, {}), testing::Not(HasSubstr("put there by")));
  const auto json = report_json(report)["holders"][0]["allocated_at"];
  EXPECT_EQ(json["place"], "main.first");
  EXPECT_FALSE(json["agreed"]);
}

TEST(Holders, CountASampleForTheInnermostHolderOnly) {
  HeapBuilder heap;
  const TypeId app = heap.structure("main.App", 24, {{"users", {}, 0}, {"orders", {}, 8}});
  const auto top = heap.object(24, app);
  const auto users = heap.leaf(1 << 20), orders = heap.leaf(2 << 20);
  heap.edge(top, 0, users).edge(top, 8, orders);
  heap.refer(heap.root(RootKind::kGlobal, "main.app"), top);
  const auto other = heap.leaf(1 << 18);
  heap.refer(heap.root(RootKind::kGlobal, "main.other"), other);
  const auto garbage = heap.leaf(64);
  heap.sample(users, {"main.users"}).sample(orders, {"main.orders"}).sample(garbage, {"main.gone"});
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(3));
  EXPECT_EQ(report.holders[0].allocated_at->places[0].place.function, "main.orders");
  EXPECT_EQ(report.holders[0].allocated_at->sampled, 1U);
  EXPECT_EQ(report.holders[1].allocated_at->places[0].place.function, "main.users");
  EXPECT_FALSE(report.holders[2].allocated_at.has_value()) << "nothing was sampled there";
}

// Adds objects of four types and of none under four globals, some of them held twice. Those with pointers have 64
// bytes, the others one of `leaf_sizes` sizes from 64 on.
std::vector<HeapBuilder::Handle> add_random_objects(HeapBuilder& heap, std::uint64_t seed, std::uint64_t leaf_sizes) {
  std::mt19937_64 random(seed);
  std::vector<TypeId> types(1);
  for (int t = 0; t < 4; ++t) types.push_back(heap.structure(fmt::format("main.T{}", t), 64, {{"f", {}, 0}}));
  std::vector<HeapBuilder::Handle> all;
  for (std::uint64_t i = 0; i < 20 + random() % 400; ++i) {
    const TypeId type = types[random() % types.size()];
    all.push_back(random() % 3 == 0 ? heap.leaf(64 + random() % leaf_sizes * 8, type) : heap.object(64, type));
  }
  for (std::size_t i = 1; i < all.size(); ++i) {
    std::size_t from = random() % i;
    while (from > 0 && !all[from].has_pointers) --from;
    if (all[from].has_pointers) heap.edge(all[from], random() % 8 * 8, all[i]);
    if (random() % 8 == 0 && all[i].has_pointers) heap.edge(all[i], 0, all[random() % all.size()]);
  }
  for (int r = 0; r < 4; ++r)
    heap.refer(heap.root(RootKind::kGlobal, fmt::format("main.g{}", r)), all[random() % all.size()]);
  return all;
}

TEST(Holders, NeverCountAByteTwice) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    HeapBuilder heap;
    add_random_objects(heap, seed, 40);
    const heap::Snapshot snapshot = heap.build();
    const Report report = report_of(snapshot);
    std::uint64_t sum = 0;
    for (const Holder& holder : report.holders) sum += holder.bytes;
    EXPECT_LE(sum, report.heap.reachable_bytes) << seed;
    std::uint64_t own = 0;
    for (const TypeTotals& row : report.types) {
      own += row.bytes;
      EXPECT_LE(row.bytes, row.retained_bytes) << seed;
      EXPECT_LE(row.retained_bytes, report.heap.reachable_bytes) << seed;
    }
    EXPECT_EQ(own, report.heap.reachable_bytes) << seed;
  }
}

TEST(Types, RetainWhatGoesWithAllOfThem) {
  HeapBuilder heap;
  const TypeId node = heap.structure("main.Node", 32, {{"next", {}, 0}, {"data", {}, 8}});
  const TypeId wrap = heap.structure("main.Wrap", 16, {{"node", {}, 0}});
  const auto a = heap.object(32, node);
  const auto w = heap.object(16, wrap);
  const auto b = heap.object(32, node);
  heap.edge(a, 0, w).edge(w, 0, b).edge(b, 8, heap.leaf(1000));
  heap.refer(heap.root(RootKind::kGlobal, "main.head"), a);
  heap.leaf(64, node);  // not reachable
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.types, SizeIs(3));
  EXPECT_EQ(report.types[0].type, "main.Node");
  EXPECT_EQ(report.types[0].count, 2U);
  EXPECT_EQ(report.types[0].bytes, 64U);
  EXPECT_EQ(report.types[0].retained_bytes, 32 + 16 + 32 + 1000U) << "the inner one goes with the outer one";
  EXPECT_EQ(report.types[1].retained_bytes, 16 + 32 + 1000U);
  EXPECT_EQ(report.types[2].type, "unknown, 1000 B, no pointers");
  EXPECT_EQ(report.types[2].retained_bytes, 1000U);
}

TEST(Names, ShortenTypesAndLongLines) {
  EXPECT_EQ(short_type("example.com/app/cart.Item"), "cart.Item");
  EXPECT_EQ(short_type("map[string]*example.com/a/b.T[example.com/c.X,int]"), "map[string]*b.T[c.X,int]");
  EXPECT_EQ(short_type("func(*net/http.Request)"), "func(*http.Request)");
  EXPECT_EQ(fit("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(fit("abcdefghijk", 10), "abcde…hijk");
  EXPECT_EQ(fit("ääääääääääää", 5), "ää…ää");
}

// A small shop, whose first screen is compared.
heap::Snapshot shop() {
  HeapBuilder heap;
  add_registry(heap, 400, 8192);
  add_goroutines(heap, 100, 2048);
  heap.leaf(50000);  // garbage
  heap::Snapshot& snapshot = heap.snapshot();
  snapshot.target.pid = 4711;
  snapshot.target.name = "checkout";
  snapshot.target.go_version = "go1.26.11";
  snapshot.target.goarch = "amd64";
  snapshot.target.memory_limit = 64 << 20;
  snapshot.pause = {35, 38, 6 << 20};
  snapshot.account.known = true;
  snapshot.account.mappings = 64 << 10;
  snapshot.account.globals = 40 << 10;
  snapshot.account.free = 1 << 20;
  snapshot.account.stacks = 800 << 10;
  snapshot.account.next_gc = 7 << 20;
  snapshot.losses.push_back(make_loss(LossKind::kUnreadablePage, 3, Address(0xc000123000)));
  snapshot.losses.push_back(make_loss(LossKind::kNoCounters, 1, {}, "runtime.memstats was not found"));
  heap::Snapshot shop = heap.build();
  heap::Account& account = shop.account;
  for (const heap::Span& span : shop.spans) account.live += span.objects * span.slot_size;
  account.rss = account.live + account.globals + account.free + account.stacks + account.mappings;
  return shop;
}

// Compares with tests/golden/<name>; UPDATE_GOLDEN=1 in the environment writes the file anew.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(HOLDFAST_GOLDEN) + "/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  const std::string expected((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(text, expected) << path;
}

TEST(Report, HasTheFirstScreenAsText) {
  Report report = report_of(shop());
  report.took_ms = {{"read", 900}, {"graph", 3000}};
  TextOptions options;
  options.target = "4711";
  expect_golden("report.txt", report_text(report, options));
}

TEST(Report, SaysWhichOfSeveralRuntimesItIsOf) {
  heap::Snapshot snapshot = shop();
  TextOptions options;
  options.style.width = 200;
  snapshot.target.runtimes = {{"/lib/a.so", "go1.26.8", 12 << 20, true}};
  std::string text = report_text(report_of(snapshot), options);
  EXPECT_EQ(text.find("runtimes in this process"), std::string::npos);
  EXPECT_EQ(text.find("the other Go heaps"), std::string::npos);
  snapshot.target.runtimes.push_back({"/lib/b.so", "go1.26.8", 120 << 10, false});
  text = report_text(report_of(snapshot), options);
  EXPECT_THAT(text,
              HasSubstr("\n2 Go runtimes in this process: a.so 12.0 MiB, b.so 120.0 KiB; this is of a.so; --image b.so "
                        "for the other\n"));
  EXPECT_THAT(text, HasSubstr("  mappings             64.0 KiB   1 %  with the other Go heaps"));
}

// Each part of a .hold file that may be missing, and what of the report goes with it.
TEST(Report, TellsWhatIsLeftWithoutAPartOfACapture) {
  for (const heap::HoldPart part : {heap::HoldPart::kTypes, heap::HoldPart::kMarks, heap::HoldPart::kAccount,
                                    heap::HoldPart::kSamples, heap::HoldPart::kLosses, heap::HoldPart::kContent,
                                    heap::HoldPart::kRuntimes, heap::HoldPart::kGoroutineLabels}) {
    heap::Snapshot snapshot = shop();
    heap::rule_of(part).forget(snapshot);
    const Report report = report_of(snapshot);
    const std::string text = report_text(report, {});
    EXPECT_EQ(report.heap.reachable_objects, 910U);
    EXPECT_EQ(report.account.known, part != heap::HoldPart::kAccount);
    EXPECT_EQ(report.heap.typed_bytes > 0, part != heap::HoldPart::kTypes);
    EXPECT_EQ(report.losses.empty(), part == heap::HoldPart::kLosses);
    EXPECT_EQ(text.find("main.Session") == std::string::npos, part == heap::HoldPart::kTypes) << text;
    EXPECT_THAT(text, HasSubstr("910 live objects: there are no marks of a completed collection"));
    EXPECT_THAT(text, HasSubstr("100 × chan send at main.work"));
  }
}

TEST(Report, HasTheSameAsJson) {
  expect_golden("report.json", report_json(report_of(shop())).dump(2) + "\n");
}

// Names come from the target, which can write anything.
TEST(Report, HidesNothingFromATerminalAndObeysNothing) {
  const std::string evil = "\x1b[2J\x1b]0;owned\x07\r\xff";
  HeapBuilder heap;
  const TypeId type = heap.structure("main." + evil, 1 << 16, {{evil, {}, 0}});
  const auto top = heap.object(1 << 16, type);
  heap.edge(top, 0, heap.leaf(1 << 20));
  heap.refer(heap.root(RootKind::kGlobal, evil), top);
  heap.sample(top, {evil});
  const RootId goroutine = heap.root(RootKind::kGoroutine, "");
  heap.refer(goroutine, heap.leaf(1 << 18));
  heap.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kSelect, goroutine, {evil});
  heap::Snapshot& snapshot = heap.snapshot();
  snapshot.target.name = evil;
  snapshot.target.go_version = evil;
  snapshot.target.goarch = evil;
  snapshot.losses.push_back({evil, 1, {}, evil});
  snapshot.audit.counters.push_back({evil, 1, 2, heap::CounterRule::kMustMatch, 0});
  const heap::Snapshot built = heap.build();
  TextOptions options;
  options.target = evil;
  const auto reached = graph::reach(built);
  for (const std::string& text :
       {report_text(report_of(built), options), audit_text(built, graph::audit(built, reached), {}, {})}) {
    EXPECT_THAT(text, HasSubstr("?[2J"));
    for (const char c : text) EXPECT_TRUE(c == '\n' || (c != 0x7f && static_cast<unsigned char>(c) >= 0x20)) << text;
  }
}

TEST(Report, AProofSaysWhatBecameOfWhatNothingReached) {
  heap::Snapshot snapshot;
  graph::Audit audit;
  audit.clean = true;
  graph::LaterAudit later;
  later.gc_cycle = 7;
  later.unreached = {12, 768};
  later.freed = {10, 640};
  later.excused = {2, 128};
  std::string text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\nclean\n"));
  EXPECT_THAT(text, HasSubstr("    freed by collection 7, the next                   10\n"));
  EXPECT_THAT(text, HasSubstr("    kept without a cause                               0\n"));
  EXPECT_THAT(text, Not(HasSubstr("revived")));
  EXPECT_EQ(audit_json(snapshot, audit, later)["after_collection"]["excused"]["bytes"], 128);
  EXPECT_TRUE(audit_json(snapshot, audit)["after_collection"].is_null());
  later.kept = {1, 64};
  text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\nNOT CLEAN\n"));
  EXPECT_THAT(text, HasSubstr("a root is missing from our list: "));
  EXPECT_THAT(text, Not(HasSubstr("gone at a later look")));
  later.kept = {};
  later.let_go = {1, 64};
  text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\nclean\n"));
  EXPECT_THAT(text, HasSubstr("    kept once, gone at a later look                    1\n"));
}

TEST(Report, TheAuditFitsTheWidth) {
  heap::Snapshot snapshot = shop();
  snapshot.losses.push_back(make_loss(LossKind::kUnreadablePage, 123456789, Address(0xc000123456)));
  snapshot.audit.counters.push_back(
      {"a.counter.with.a.long.name.of.its.own.that.folds", 12345678901, 12345678902, heap::CounterRule::kMustMatch, 0});
  graph::Audit audit = graph::audit(snapshot, graph::reach(snapshot));
  audit.objects = audit.reached = 12345678901;
  audit.unexplained_objects = 12345678901;
  audit.unexplained_bytes = 1023 << 10;
  const graph::NamingPlace place{snapshot.strings.add("github.com/evanw/esbuild/internal/bundler.parseFile"),
                                 snapshot.strings.add("/src/internal/bundler/bundler.go"), 726, 123456789};
  audit.causes.push_back({.objects = 123456789,
                          .bytes = 1 << 30,
                          .shown = 1,
                          .examples = {Address(0xc000123456)},
                          .named_at = {place, place, place, place}});
  const graph::Fate many{12345678901, 1ULL << 40};
  const graph::LaterAudit later{12345678, many, many,        many, many,
                                many,     many, 12345678901, many, {{Address(0xc000123456), 64}}};
  for (const std::size_t width : {60U, 80U, 120U, 250U}) {
    std::istringstream lines(audit_text(snapshot, audit, later, {.width = width}));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), width) << line;
  }
  EXPECT_THAT(audit_text(snapshot, audit, {}, {.width = 60}),
              HasSubstr("12,345,678,901  12,345,678,902\n      differ"));
  EXPECT_THAT(audit_text(snapshot, audit, {}, {.color = true}), HasSubstr("\033[1mNOT CLEAN\033[0m\n"));
}

TEST(Report, TheAuditSaysWhatItsListsLeaveOut) {
  const heap::Snapshot snapshot = shop();
  graph::Audit audit;
  audit.unexplained_objects = 1;
  audit.unexplained = {Address(0xc000123456)};
  graph::LaterAudit later;
  later.kept = {3, 192};
  later.kept_objects = {{Address(0xc000200000), 64}};
  std::string text = audit_text(snapshot, audit, later, {});
  EXPECT_THAT(text, HasSubstr("\n    0xc000123456\n\n"));
  EXPECT_THAT(text, HasSubstr("\n      0xc000200000\n      and 2 more\n"));
  audit.unexplained_objects = 33;
  EXPECT_THAT(audit_text(snapshot, audit, {}, {}), HasSubstr("\n    0xc000123456\n    and 32 more\n"));
}

// Two pages of a buffer were written to, and none of some garbage.
TEST(Report, CountsInTheAccountWhatIsInMemory) {
  HeapBuilder heap;
  const auto buffer = heap.leaf(1 << 20);
  const auto garbage = heap.leaf(256 << 10);
  const auto small = heap.object(4096);
  heap.refer(heap.root(RootKind::kGlobal, "main.buffer"), buffer);
  heap.refer(heap.root(RootKind::kGlobal, "main.small"), small);
  heap::Snapshot snapshot = heap.build();
  const heap::ObjectIndex index(snapshot);
  const Address at = index.address_of(heap.id(buffer));
  snapshot.absent = {{at, at + (1 << 20) - 8192}};
  const Address dropped = index.address_of(heap.id(garbage));
  snapshot.absent.push_back({dropped, dropped + (256 << 10)});
  std::sort(snapshot.absent.begin(), snapshot.absent.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
  snapshot.account.known = true;
  snapshot.account.rss = snapshot.account.live = 8192 + 4096;
  snapshot.account.swapped = 3 << 20;
  const Report report = report_of(snapshot);
  EXPECT_EQ(report.account.live, 8192U + 4096);
  EXPECT_EQ(report.account.garbage, 0U);
  const std::string text = report_text(report, {});
  EXPECT_THAT(text, HasSubstr("12.0 KiB resident, 3.0 MiB swapped out"));
  EXPECT_THAT(text, HasSubstr("2 objects; 1016.0 KiB more not in memory"));
  EXPECT_THAT(text,
              HasSubstr("WHAT HOLDS IT  of 12.0 KiB resident and 1016.0 KiB not in memory\n  1     1.0 MiB (100 %)  "));
  EXPECT_THAT(text, HasSubstr("     the rest, 4.0 KiB"))
      << "too little of the whole, though a third of what is resident";
}

// Most of a process may be outside of the Go heap.
TEST(Report, ListsWhatIsOutsideOfTheHeapAmongTheHolders) {
  HeapBuilder heap;
  for (const char* name : {"main.a", "main.b"}) heap.refer(heap.root(RootKind::kGlobal, name), heap.leaf(1 << 20));
  heap.refer(heap.root(RootKind::kGlobal, "main.small"), heap.leaf(1 << 16));
  heap.leaf(1 << 16);  // garbage
  heap::Snapshot snapshot = heap.build();
  heap::Account& account = snapshot.account;
  account.live = (2 << 20) + (2 << 16);  // of all objects
  account.c_heap = 96 << 20;
  account.known = true;
  account.rss = account.live + account.c_heap;
  const Report report = report_of(snapshot);
  const std::string text = report_text(report, {});
  const auto after = [&](std::string_view part, std::size_t from) { return text.find(part, from); };
  const std::size_t c_heap = after("  1    96.0 MiB (98 %)  the C heap", 0);
  ASSERT_NE(c_heap, std::string::npos) << text;
  ASSERT_NE(after("  2     1.0 MiB (1 %)  one object of 1.0 MiB in main.", c_heap), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("     the rest, 128.0 KiB")) << "the small variable and the garbage";
  EXPECT_THAT(text, Not(HasSubstr("main.small")));
  TextOptions options;
  options.holders = TextOptions::kAll;
  EXPECT_THAT(report_text(report, options), HasSubstr("garbage, which the next collection frees"));
  options.holders = 2;
  EXPECT_THAT(report_text(report, options), HasSubstr("     and 1 more, 1.0 MiB; holdfast report --top 0"));
}

TEST(Report, FoldsTheRuntimesOwnGoroutines) {
  HeapBuilder heap;
  add_goroutines(heap, 3, 2048);
  for (const WaitReason reason : {WaitReason::kGcWorkerIdle, WaitReason::kForceGcIdle, WaitReason::kFinalizerWait}) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "", heap.group(reason, "runtime.gopark"));
    heap.goroutine(2, heap::GoroutineState::kWaiting, reason, goroutine, {"runtime.gopark"});
    heap.snapshot().goroutines.back().system = true;
    heap.snapshot().goroutines.back().stack = {Address(0x10000), Address(0x10800)};
  }
  const Report report = report_of(heap.build());
  EXPECT_EQ(report.system_goroutines.count, 3U);
  const std::string text = report_text(report, {});
  EXPECT_THAT(text, HasSubstr("GOROUTINES  6, in 4 places"));
  EXPECT_THAT(text, HasSubstr("3 × chan send at main.work pool.go:17"));
  EXPECT_THAT(text, HasSubstr("3 goroutines of the runtime itself: 6.0 KiB: 0 B of the heap, 6.0 KiB of stacks"));
  EXPECT_THAT(text, testing::Not(HasSubstr("GC worker")));
  EXPECT_THAT(report_json(report).dump(), HasSubstr("GC worker (idle)"));
}

TEST(Report, LeavesLabelsOutOfLongChains) {
  HeapBuilder heap;
  add_goroutines(heap, 2, 4096);
  Report report = report_of(heap.build());
  ChainStep root, middle, end;
  root.text.brief = "global of app.(*Server).serve, app.init (bss+0x58)";
  root.least = "bss+0x58";
  root.kind = StepKind::kRoot;
  middle.text.brief = middle.least = "app.Session";
  end.text.brief = end.least = "app.Buffer";
  report.holders[0].chain = {root, middle, end};
  TextOptions options;
  options.style.width = 100;
  EXPECT_THAT(report_text(report, options),
              HasSubstr("     global of app.(*Server).serve, app.init (bss+0x58) → app.Session → app.Buffer"));
  options.style.width = 60;
  EXPECT_THAT(report_text(report, options), HasSubstr("     bss+0x58 → app.Session → app.Buffer"));
}

// However narrow the terminal, it says what the goroutines wait for.
TEST(Report, NeverCutsWhatGoroutinesWaitFor) {
  HeapBuilder heap;
  add_goroutines(heap, 200, 4096);
  const heap::Snapshot snapshot = heap.build();
  TextOptions options;
  options.style.width = 60;
  Report report = report_of(snapshot);
  report.holders[0].what.brief = "200 goroutines in chan send at bundler.(*scanner).parse x.go:7";
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr("200 goroutines in chan send at"));
  EXPECT_THAT(text, HasSubstr("bundler.(*scanner).parse"));
}

TEST(Report, CountsOneThingInTheSingular) {
  HeapBuilder heap;
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), heap.leaf(4096));
  add_goroutines(heap, 1, 64);
  heap::Snapshot snapshot = heap.build();
  snapshot.audit.not_unwound = {1};
  EXPECT_THAT(report_of(snapshot).audit_line, HasSubstr("; 1 stack not walked to the end"));
}

TEST(Report, SaysThatNoMarksCanBeCompared) {
  heap::Snapshot snapshot = shop();
  EXPECT_THAT(report_of(snapshot).audit_line,
              HasSubstr("910 live objects: there are no marks of a completed collection to compare with"));
  snapshot.audit.gc_cycles = 1;
  EXPECT_THAT(report_of(snapshot).audit_line, HasSubstr("marks differ in 910"));
  for (heap::Span& span : snapshot.spans) span.has_marks = true;
  for (std::uint32_t o = 0; o < snapshot.objects; ++o) heap::set_bit(snapshot.fresh, o);
  EXPECT_THAT(report_of(snapshot).audit_line,
              HasSubstr("the graph equals the runtime's own marks but for 910 allocated since; 0 unexplained"));
  snapshot.account.next_gc = ~std::uint64_t{0} >> 1;
  EXPECT_THAT(report_text(report_of(snapshot), {}), HasSubstr("collections are switched off"));
}

TEST(Names, GiveWayFromTheLongestWordOn) {
  EXPECT_EQ(fit_words("chan send at bundler.(*scanner).maybeParseFile x.go:1", 45),
            "chan send at bundler.…).maybeParseFile x.go:1");
  EXPECT_EQ(fit_words("short words only", 80), "short words only");
  EXPECT_EQ(text_width(fit_words("one two three four five six seven eight nine ten eleven", 20)), 20U);
}

TEST(Report, SaysBeforeTheGraphIsKnownWhatIsKnown) {
  const std::string text = first_screen(shop(), 100);
  EXPECT_THAT(text, HasSubstr("checkout, pid 4711 · go1.26.11 linux/amd64, stripped · held still for 38 ms"));
  EXPECT_THAT(text, HasSubstr("  objects               3.4 MiB  64 %"));
  EXPECT_THAT(text, HasSubstr("100 goroutines"));
  EXPECT_THAT(text, testing::Not(HasSubstr("garbage")));
  EXPECT_THAT(text, testing::Not(HasSubstr("WHAT HOLDS IT")));
}

// The heap was once ordered by more than it showed: 13.7 MiB stood above 68.7.
TEST(Report, IsOrderedByTheNumbersThatItShows) {
  HeapBuilder heap;
  add_goroutines(heap, 100, 64);
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), heap.leaf(200000));
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(2));
  const std::string text = report_text(report, {});
  EXPECT_THAT(text, HasSubstr(fmt::format("  1  {:>10} (", format_bytes(report.holders[0].total_bytes()))));
  EXPECT_THAT(text, HasSubstr(fmt::format("  2  {:>10} (", format_bytes(report.holders[1].total_bytes()))));
  EXPECT_GE(report.holders[0].total_bytes(), report.holders[1].total_bytes());
}

TEST(Report, SaysWhatItsListsLeaveOut) {
  HeapBuilder heap;
  for (int i = 0; i < 12; ++i) heap.refer(heap.root(RootKind::kGlobal, fmt::format("main.s{}", i)), heap.leaf(1 << 16));
  for (const char* name : {"main.small", "main.little"}) {
    const RootId small = heap.root(RootKind::kGlobal, name);
    for (int i = 0; i < 40; ++i) heap.refer(small, heap.leaf(64));
  }
  add_goroutines(heap, 1, 64);
  const Report report = report_of(heap.build());
  EXPECT_EQ(report.holder_count, 12U);
  TextOptions options;
  options.goroutines = 0;
  options.types = 0;
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr("     and 2 more, 128.0 KiB; holdfast report --top 0 shows all\n"));
  EXPECT_THAT(text, HasSubstr("     the rest, 13.1 KiB (2 %), is in places that hold less than 0.5 % each\n"));
  EXPECT_THAT(text, HasSubstr(fmt::format("     and {} more, own 773.1 KiB;", report.type_count)));
  EXPECT_THAT(text, HasSubstr("     and 1 more place, 1 goroutine, "));
}

TEST(Report, SaysHowManyFindingsItLeavesOut) {
  Report report = report_of(shop());
  report.findings.resize(3);
  view::shorten(report, {.findings = 1});
  EXPECT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report_text(report, {}), HasSubstr("     and 2 more; holdfast report --top 0 shows all\n"));
  EXPECT_EQ(report_json(report)["finding_count"], 3);
}

// In a pipe a line is as long as its text.
TEST(Report, WithoutAWidthIsNeitherCutNorFolded) {
  Report report = report_of(shop());
  report.holders[0].what.brief = std::string(300, 'w') + " in " + std::string(300, 'x');
  report.target.name = std::string(300, 'n');
  TextOptions options;
  options.style.width = kEndless;
  options.target = std::string(100, 't');
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr(report.holders[0].what.brief));
  EXPECT_THAT(text, HasSubstr(report.target.name));
  EXPECT_THAT(text, HasSubstr(fmt::format("holdfast types {0} · holdfast goroutines {0} · ", options.target)));
}

TEST(Report, NeverCutsACommand) {
  TextOptions options;
  options.target = "a-core-file-with-a-long-name.core";
  options.style.width = 60;
  const std::string text = report_text(report_of(shop()), options);
  for (const char* verb : {"types", "goroutines", "roots", "audit"})
    EXPECT_THAT(text, HasSubstr(fmt::format("holdfast {} {}", verb, options.target)));
}

TEST(Report, FitsTheWidthAndColorsOnlyWhenAsked) {
  const Report report = report_of(shop());
  for (const std::size_t width : {60U, 80U, 100U, 250U}) {
    TextOptions options;
    options.style.width = width;
    const std::string text = report_text(report, options);
    EXPECT_THAT(text, testing::Not(HasSubstr("\033")));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_EQ(fit(line, width), line);
  }
  TextOptions options;
  options.style.color = true;
  EXPECT_THAT(report_text(report, options), HasSubstr("\033[1mTYPES\033[0m"));
}

}  // namespace
}  // namespace holdfast::report
