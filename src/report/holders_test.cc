#include "view/holders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "report/chain.h"
#include "report/report_for_tests.h"
#include "report/report_json.h"
#include "report/report_text.h"
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
using view::name_of;
using view::Report;
using view::TypeTotals;

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
  EXPECT_EQ(report.holders[0].what.full, "200 goroutines in chan send at main.work pool.go:17, one for at least 4 h");
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
  EXPECT_EQ(list.what.brief, "30 × main.Event in the list.List main.recent");
  EXPECT_EQ(list.container, "list.List");
  ASSERT_EQ(list.chain[1].rules.size(), 2U) << "of the list, and of its elements";
  EXPECT_EQ(list.chain[1].rules[0].text(), "container list.List container/list.List");
  EXPECT_TRUE(list.chain[2].rules.empty());
  EXPECT_EQ(holder_of_events("main.free", {"sync.poolLocal", "sync.poolChainElt", "sync.eface"}).what.brief,
            "30 × main.Event free in the sync.Pool main.free");
  EXPECT_EQ(holder_of_events("main.seen", {"internal/sync.indirect[interface {},interface {}]",
                                           "internal/sync.entry[interface {},interface {}]"})
                .what.brief,
            "30 × main.Event in the sync.Map main.seen");
  EXPECT_EQ(holder_of_events("main.x", {"main.HashTrieMap[string,int]"}).container, "");
}

// `var recent = &Recent{...}`: the linker writes no symbol for what the pointer leads to.
TEST(Holders, SayInWhichVariableBehindAnotherOneAContainerLies) {
  HeapBuilder heap;
  heap::Label behind;
  behind.basis = heap::Basis::kSymbol;
  behind.data = {heap::Section::kData, {}, 0x100};
  behind.relation = heap::Relation::kBehind;
  heap.root(RootKind::kGlobal, "main.recent");
  behind.behind = LabelId(0);
  const TypeId element = heap.structure("container/list.Element", 320, {{"next", {}, 0}, {"Value", {}, 8}});
  const TypeId event = heap.structure("main.Event", 320, {});
  auto last = heap.object(320, element);
  heap.refer(heap.root(RootKind::kGlobal, behind), last);
  for (int i = 0; i < 30; ++i) {
    const auto next = heap.object(320, element);
    heap.edge(last, 0, next).edge(last, 8, heap.object(320, event));
    last = next;
  }
  EXPECT_EQ(report_of(heap.build()).holders.at(0).what.brief,
            "30 × main.Event in the list.List in the variable behind main.recent (data+0x100)");
}

TEST(Holders, ShowWhichRulesHaveASay) {
  HeapBuilder heap;
  const TypeId node = heap.structure("main.node", 16, {{"parent", heap.pointer_type("*main.node"), 8}});
  const auto known = heap.object(16, node), parent = heap.object(320, heap.structure("main.tree", 320, {}));
  heap.edge(known, 8, parent);
  heap.refer(heap.root(RootKind::kGlobal, "main.node"), known);
  const heap::Snapshot snapshot = heap.build();
  heap::OwnerRules rules = heap::OwnerRules::built_in();
  rules.add("\nweak main.node.parent", "my.rules");
  const Report report = report_of(snapshot, rules);
  const ChainStep& step = report.holders.at(0).chain.back();
  EXPECT_TRUE(step.weak) << "nobody else has it";
  const auto json = report_json(report)["holders"][0]["chain"].back();
  EXPECT_EQ(json["weak"], true);
  EXPECT_EQ(json["rules"][0]["rule"], "weak main.node.parent");
  EXPECT_EQ(json["rules"][0]["file"], "my.rules");
  EXPECT_EQ(json["rules"][0]["line"], 2);
  const std::string text = report_text(report, {.style = {.width = 200}, .target = "x"});
  EXPECT_THAT(text, HasSubstr("main.node → main.node.parent → main.tree°"));
  EXPECT_THAT(text, HasSubstr("° by owner rules: my.rules line 2\n"));
}

TEST(Holders, SayWhoseFinalizersHoldIt) {
  HeapBuilder heap;
  const RootId all = heap.group(RootKind::kFinalizer);
  for (int i = 0; i < 40; ++i)
    heap.refer(heap.root(RootKind::kFinalizer, i % 2 == 0 ? "main.close" : "main.free", all), heap.object(320));
  EXPECT_EQ(report_of(heap.build()).holders.at(0).what.brief,
            "20 × finalizer main.close, 20 × finalizer main.free in finalizers");
}

TEST(Holders, CallTheBytesOfStringsStrings) {
  HeapBuilder heap;
  const TypeId bytes = heap.type_of_role(heap::TypeRole::kStringData, 1, {});
  const auto table = heap.object(320);
  heap.refer(heap.root(RootKind::kGlobal, "main.names"), table);
  for (std::uint64_t i = 0; i < 40; ++i) heap.edge(table, i * 8, heap.leaf(1 << 10, bytes));
  const auto licence = heap.leaf(1 << 16, bytes);
  heap.refer(heap.root(RootKind::kGlobal, "main.licence"), licence);
  const auto holders = report_of(heap.build()).holders;
  EXPECT_EQ(holders.at(0).what.brief, "one string, 64.0 KiB, in main.licence");
  EXPECT_EQ(holders.at(0).chain.back().type, "string data");
  EXPECT_THAT(holders.at(1).what.brief, testing::StartsWith("40 strings in main.names"));
}

// The way to an example goes on below the last level, of which nothing but sums is known.
TEST(Holders, TellNoIndexOfWhatIsAmongOtherThings) {
  HeapBuilder heap;
  heap.refer(heap.root(RootKind::kGlobal, "main.much"), heap.leaf(300'000));
  const auto array = heap.object(640, heap.string_type());
  heap.refer(heap.root(RootKind::kGlobal, "main.env"), array);
  const RootId runtime = heap.root(RootKind::kGlobal, "runtime.envs");
  const TypeId bytes = heap.type_of_role(heap::TypeRole::kStringData, 1, {});
  for (int i = 0; i < 38; ++i) {
    const auto text = heap.leaf(32, bytes);
    heap.edge(array, 16 * i, text).refer(runtime, text);
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(2));
  EXPECT_EQ(report.holders[1].what.full, "38 strings, 1 × []string in main.env[…]");
}

// A channel whose elements are pointers has its buffer elsewhere.
TEST(Holders, SayThatJobsAreInAChannel) {
  HeapBuilder heap;
  const TypeId job = heap.structure("main.job", 320, {}), pointer = heap.pointer_type("*main.job", job);
  const TypeId header = heap.type_of_role(heap::TypeRole::kChannel, 96, pointer);
  heap.snapshot().types[header.row].first_field = static_cast<std::uint32_t>(heap.snapshot().fields.size());
  heap.snapshot().types[header.row].field_count = 1;
  heap.snapshot().fields.push_back({heap.snapshot().strings.add("buf"), {}, 16});
  const auto channel = heap.object(96, header), buffer = heap.object(512, pointer);
  heap.refer(heap.root(RootKind::kGlobal, "main.jobs"), channel);
  heap.edge(channel, 16, buffer);
  for (std::uint64_t i = 0; i < 40; ++i) heap.edge(buffer, i * 8, heap.object(320, job));
  const Holder holder = report_of(heap.build()).holders.at(0);
  EXPECT_EQ(holder.what.brief, "40 × main.job in the channel main.jobs");
  EXPECT_EQ(holder.container, "channel");
  EXPECT_EQ(holder.chain[1].type, "chan *main.job");
  EXPECT_EQ(holder.chain.size(), 3U) << "header and buffer are one thing";
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
    groups.push_back(heap.object(std::uint64_t{208} * 64, group));
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

// Rows of a log, each with a map of its columns; the texts of most columns are shared.
TEST(Holders, SpeakOfManySmallMapsAndNotOfTheLittleThatIsInThem) {
  HeapBuilder heap;
  const TypeId map = heap.type("map[string]string", TypeKind::kMap, 8, heap.string_type(), 0, heap.string_type());
  const TypeId header = heap.type_of_role(heap::TypeRole::kMapHeader, 48, map);
  const TypeId group = heap.type_of_role(heap::TypeRole::kMapGroup, 272, map);
  const TypeId row = heap.structure("main.row", 8, {{"columns", {}, 0}});
  const auto rows = heap.object(8 * 1000, row);
  const auto shared = heap.leaf(16, heap.type("string data", TypeKind::kUint8, 1));
  heap.refer(heap.root(RootKind::kGlobal, "main.rows"), rows);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto one = heap.object(48, header), slots = heap.object(272, group);
    heap.edge(rows, 8 * i, one).edge(one, 0, slots).edge(slots, 8, i % 50 == 0 ? heap.leaf(16) : shared);
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(1));
  EXPECT_EQ(report.holders[0].what.full, "1,000 × map[string]string in main.rows[…].columns");
  EXPECT_EQ(report.holders[0].count, 1000U);
  EXPECT_EQ(report.holders[0].container, "");
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
TEST(Holders, SayOnceWhatTheRuntimeKeepsForItself) {
  HeapBuilder heap;
  heap.refer(heap.root(RootKind::kGlobal, "main.table"),
             heap.object(200'000, heap.structure("main.Table", 200'000, {})));
  const RootId here = heap.root(RootKind::kGlobal, "runtime.allp"),
               there = heap.root(RootKind::kGlobal, "runtime.allm");
  const auto processor = heap.object(160, heap.structure("runtime.p", 160, {}));
  heap.refer(here, processor);
  std::uint64_t offset = 0;
  for (const char* name : {"time.Timer", "time.Ticker", "runtime.timer", "runtime.g", "runtime.m", "runtime.mPadded"}) {
    const TypeId type = heap.structure(name, 4096, {});
    heap.edge(processor, offset += 8, heap.object(4096, type));
    heap.refer(there, heap.object(4096, type));
  }
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(2));
  EXPECT_EQ(report.holders[1].what.full, "what the runtime keeps for itself");
  EXPECT_EQ(report.holders[1].bytes, 160 + 12 * 4096U);
}

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

TEST(OpeningCommand, AsksForTheObjectOrElseTheGoroutineOrTheVariable) {
  view::ChainStep object, gap, goroutine, variable, nameless;
  object.address = Address(0xc000012000);
  gap.kind = view::StepKind::kGap;
  goroutine.root.emplace().goid = 17;
  variable.root.emplace().variable = "main.it's";
  nameless.root.emplace();
  EXPECT_EQ(opening_command({variable, object}, "a b.hold"), "holdfast why 'a b.hold' 0xc000012000");
  EXPECT_EQ(opening_command({goroutine, gap}, "4711"), "holdfast goroutines 4711 --goroutine 17");
  EXPECT_EQ(opening_command({variable}, "4711"), "holdfast owners 4711 --under 'global:main.it'\\''s'");
  EXPECT_EQ(opening_command({nameless}, "4711"), "");
  EXPECT_EQ(opening_command(std::vector<view::ChainStep>{}, "4711"), "");
  EXPECT_EQ(opening_command({object}, ""), "") << "nobody said what the target is called";
  view::Finding finding;
  EXPECT_EQ(opening_command(finding, "4711"), "");
  finding.verb = "account";
  EXPECT_EQ(opening_command(finding, "a b.hold"), "holdfast account 'a b.hold'");
  finding.goid = 18;
  EXPECT_EQ(opening_command(finding, "4711"), "holdfast goroutines 4711 --goroutine 18");
  finding.chain = {variable, object};
  EXPECT_EQ(opening_command(finding, "4711"), "holdfast why 4711 0xc000012000");
}

}  // namespace
}  // namespace holdfast::report
