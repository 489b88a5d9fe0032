#include "view/owners.h"

#include <gmock/gmock.h>

#include <map>
#include <numeric>
#include <random>

#include "heap/heap_builder_for_tests.h"
#include "view/holders.h"
#include "view/owner_words.h"
#include "view/ways.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;

std::string owner_named(const heap::Snapshot& snapshot, const Owners& owners, RootId root) {
  return owner_text(snapshot, owners, owners.owner_of(root)).full;
}

TEST(Owners, EveryReachableByteIsAtHomeOnce) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<HeapBuilder::Handle> objects;
    for (int i = 0; i < 60; ++i) objects.push_back(heap.object(32 + random() % 4 * 16));
    for (int i = 0; i < 120; ++i)
      heap.edge(objects[random() % objects.size()], random() % 4 * 8, objects[random() % objects.size()]);
    const RootId place = heap.group(WaitReason::kSleep, "main.work");
    for (std::uint64_t r = 0; r < 12; ++r) {
      const RootId goroutine = heap.root(RootKind::kGoroutine, "", r % 2 == 0 ? place : RootId());
      const RootId variable = heap.root(RootKind::kGlobal, r % 3 == 0 ? "runtime.x" : "main.v");
      heap.refer(r % 4 < 2 ? goroutine : variable, objects[random() % objects.size()]);
    }
    const heap::Snapshot snapshot = heap.build();
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Owners owners(snapshot, dominators);
    std::uint64_t sum = 0;
    for (const Home& home : owners.homes()) sum += home.bytes;
    EXPECT_EQ(sum, graph::reach(snapshot).bytes) << seed;
  }
}

TEST(Owners, WhatIsFreeInAPoolGivesWayToWhoUsesIt) {
  HeapBuilder heap;
  const TypeId part = heap.structure("sync.poolLocal", 128, {});
  const auto local = heap.object(128, part), store = heap.object(64), writer = heap.object(64);
  heap.edge(local, 0, writer).edge(writer, 0, store);
  const RootId pool = heap.root(RootKind::kGlobal, "main.writers"),
               variable = heap.root(RootKind::kGlobal, "main.store");
  heap.refer(pool, local);
  heap.refer(variable, store);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Owners owners(snapshot, dominators);
  const auto bytes_at = [&](RootId root) { return owners.homes()[owners.owner_of(root)].bytes; };
  EXPECT_EQ(bytes_at(pool), 192U);
  EXPECT_EQ(bytes_at(variable), 64U) << "not shared by both";
}

TEST(Owners, WorkersGiveWayToWhoHasTheThing) {
  HeapBuilder heap;
  const auto cache = heap.object(64);
  const RootId variable = heap.root(RootKind::kGlobal, "main.cache"), goroutine = heap.root(RootKind::kGoroutine, "");
  heap.refer(variable, cache).refer(goroutine, cache);
  heap.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kSelect, goroutine);
  heap.snapshot().goroutines[0].created_by = heap.snapshot().strings.add("example.com/cache.New");
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  EXPECT_FALSE(Owners(snapshot, dominators).homes().back().is_one()) << "it may wait for ever";
  heap::OwnerRules rules = heap::OwnerRules::built_in();
  rules.add("worker example.com/cache", "my.rules");
  const Owners owners(snapshot, dominators, rules);
  const std::uint32_t home = owners.owner_of(variable);
  EXPECT_EQ(owners.homes()[home].bytes, 64U);
  ASSERT_EQ(owners.also_held(home).size(), 1U);
  EXPECT_EQ(rules[owners.also_held(home)[0].rule].file, "my.rules");
}

TEST(Owners, AVariableWithANameNeedsNoNumberOfWords) {
  HeapBuilder heap;
  heap::Label behind;
  behind.basis = heap::Basis::kSymbol;
  behind.data = {heap::Section::kData, {}, 0x100};
  behind.relation = heap::Relation::kBehind;
  heap.root(RootKind::kGlobal, "main.cache");
  behind.behind = LabelId(0);
  const RootId a = heap.root(RootKind::kGlobal, behind), b = heap.root(RootKind::kGlobal, behind);
  heap.refer(a, heap.object(64)).refer(b, heap.object(64));
  const heap::Snapshot snapshot = heap.build();
  const Owners owners(snapshot, graph::dominators(snapshot));
  EXPECT_EQ(owners.owner_of(a), owners.owner_of(b));
  EXPECT_EQ(owner_named(snapshot, owners, a), "variable behind main.cache (data+0x100)");
}

// main.tree has a node; a goroutine that waits has its child, which refers to it.
TEST(Owners, WhoKnowsSomethingOnlyWeaklyGivesWay) {
  HeapBuilder heap;
  const TypeId word = heap.pointer_type("*main.node", {});
  const TypeId node = heap.structure("main.node", 32, {{"child", word, 0}, {"parent", word, 16}});
  const TypeId inner = heap.structure("main.inner", 48, {{"name", {}, 0}, {"node", node, 16}});
  const auto parent = heap.object(32, node), child = heap.object(48, inner);
  heap.edge(parent, 0, child).edge(child, 32, parent);
  const RootId variable = heap.root(RootKind::kGlobal, "main.tree"), goroutine = heap.root(RootKind::kGoroutine, "");
  heap.refer(variable, parent).refer(goroutine, child);
  heap.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kChanReceive, goroutine);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  EXPECT_EQ(Owners(snapshot, dominators).homes().back().bytes, 80U) << "without a rule both have both";
  heap::OwnerRules rules = heap::OwnerRules::built_in();
  rules.add("weak main.node.parent", "my.rules");
  const Owners owners(snapshot, dominators, rules);
  const std::uint32_t home = owners.owner_of(variable);
  EXPECT_EQ(owners.homes()[home].bytes, 32U);
  ASSERT_EQ(owners.also_held(home).size(), 1U);
  EXPECT_EQ(owners.also_held(home)[0].owner, owners.owner_of(goroutine));
  EXPECT_EQ(owners.also_held(home)[0].bytes, 32U);
  EXPECT_EQ(rules[owners.also_held(home)[0].rule].file, "my.rules");
}

TEST(Owners, TheListOfAllPoolsGivesWayToo) {
  HeapBuilder heap;
  const TypeId list = heap.pointer_type("*sync.Pool", heap.structure("sync.Pool", 64, {}));
  const auto pools = heap.object(8, list), head = heap.object(256);
  heap.edge(pools, 0, head);
  const RootId all = heap.root(RootKind::kGlobal, "sync.allPools"),
               variable = heap.root(RootKind::kGlobal, "main.head");
  heap.refer(all, pools);
  heap.refer(variable, head);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Owners owners(snapshot, dominators);
  EXPECT_EQ(owners.homes()[owners.owner_of(variable)].bytes, 256U);
}

// Whether a variable and goroutines that refer to the same object share it, or the variable has it.
bool shares(std::uint32_t goroutines, heap::GoroutineState state, WaitReason reason) {
  HeapBuilder heap;
  const auto shared = heap.object(64);
  heap.refer(heap.root(RootKind::kGlobal, "main.queue"), shared);
  const RootId place = heap.group(reason, "main.work");
  for (std::uint32_t i = 0; i < goroutines; ++i) {
    const RootId root = heap.root(RootKind::kGoroutine, "", place);
    heap.refer(root, shared).goroutine(i + 1, state, reason, root);
  }
  const heap::Snapshot snapshot = heap.build();
  const Owners owners(snapshot, graph::dominators(snapshot));
  EXPECT_EQ(owners.bytes_with_others(owners.owner_of(place)), 64U);
  return !owners.homes()[owners.home_of(ObjectId(0))].is_one();
}

TEST(Owners, GoroutinesThatPassByGiveWayToAVariable) {
  using heap::GoroutineState;
  EXPECT_FALSE(shares(1, GoroutineState::kRunning, WaitReason::kZero));
  EXPECT_FALSE(shares(Owners::kMany - 1, GoroutineState::kWaiting, WaitReason::kIoWait));
  EXPECT_TRUE(shares(Owners::kMany, GoroutineState::kWaiting, WaitReason::kIoWait)) << "so many do not pass by";
  EXPECT_TRUE(shares(1, GoroutineState::kWaiting, WaitReason::kChanReceive)) << "it may wait for ever";
}

TEST(Owners, TheRuntimesVariablesAreOne) {
  HeapBuilder heap;
  const RootId a = heap.root(RootKind::kGlobal, "runtime.allgs"), b = heap.root(RootKind::kGlobal, "runtime.allp");
  const RootId c = heap.root(RootKind::kGlobal, "runtimes.x");
  heap.refer(a, heap.object(64)).refer(b, heap.object(64)).refer(c, heap.object(64));
  const heap::Snapshot snapshot = heap.build();
  const Owners owners(snapshot, graph::dominators(snapshot));
  EXPECT_EQ(owner_named(snapshot, owners, a), "the runtime");
  EXPECT_EQ(owners.owner_of(a), owners.owner_of(b));
  EXPECT_EQ(owner_named(snapshot, owners, c), "runtimes.x");
}

TEST(Owners, WordsWithoutANameAreOneOnlyIfTheyLeadToTheSameSort) {
  HeapBuilder heap;
  std::vector<RootId> roots;
  for (std::uint64_t i = 0; i < 3; ++i) {
    heap::Label label;
    label.basis = heap::Basis::kCode;
    label.data = {heap::Section::kBss, {}, 0x100 + i * 8};
    label.relation = i == 0 ? heap::Relation::kItself : heap::Relation::kAfter;
    label.distance = i * 8;
    label.user = heap.snapshot().strings.add("main.serve");
    roots.push_back(heap.root(RootKind::kGlobal, label));
    heap.refer(roots.back(), heap.object(i < 2 ? 64 : 128));
  }
  const heap::Snapshot snapshot = heap.build();
  const Owners owners(snapshot, graph::dominators(snapshot));
  EXPECT_EQ(owners.owner_of(roots[0]), owners.owner_of(roots[1]));
  EXPECT_NE(owners.owner_of(roots[0]), owners.owner_of(roots[2]));
}

// Of what one holder has, any example will do; who asks about an object means this one.
TEST(PlaceFinder, SaysWhereThisVeryObjectIs) {
  HeapBuilder heap;
  const TypeId table = heap.structure("main.Table", 64, {{"next", {}, 0}});
  const TypeId app = heap.structure("main.App", 32, {{"near", {}, 0}, {"far", {}, 8}});
  const auto a = heap.object(32, app), b = heap.object(32, app);
  const auto near = heap.object(64, table), far = heap.object(64, table);
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), a).refer(heap.root(RootKind::kGlobal, "main.b"), b);
  heap.edge(a, 0, near).edge(b, 0, near).edge(a, 8, far).edge(b, 8, far);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  PlaceFinder places(groundwork);
  for (const auto& [object, field] : {std::pair(near, ".near"), std::pair(far, ".far")}) {
    const HoldingPlace place = places.place_of(heap.id(object));
    EXPECT_EQ(place.chain.back().address, groundwork.names().index().address_of(heap.id(object)));
    EXPECT_EQ(place.chain.back().field, field);
    EXPECT_EQ(place.text.full, std::string("main.a") + field);
  }
}

TEST(Ways, AreTheShortestAndMadeOfPointers) {
  HeapBuilder heap;
  const auto a = heap.object(32), b = heap.object(32), c = heap.object(32), d = heap.leaf(32), lone = heap.leaf(32);
  heap.edge(a, 0, b).edge(b, 0, c).edge(c, 0, d).edge(a, 8, c);
  const RootId goroutine = heap.root(RootKind::kGoroutine, "");
  const RootId frame = heap.root(RootKind::kFrame, "main.f", goroutine);
  heap.refer(frame, b).refer(frame, lone);
  const heap::Snapshot snapshot = heap.build();
  Ways ways(snapshot);
  EXPECT_EQ(ways.between(heap.id(a), heap.id(d)), (std::vector<graph::NodeId>{heap.id(c)}));
  EXPECT_EQ(ways.between(heap.id(a), heap.id(c)), std::vector<graph::NodeId>());
  EXPECT_EQ(ways.between(heap.id(a), heap.id(lone)), std::nullopt);
  const auto is_d = [&](ObjectId object) { return object == heap.id(d); };
  const auto is_d_or_lone = [&](ObjectId object) { return object == heap.id(d) || object == heap.id(lone); };
  EXPECT_EQ(ways.from_roots(std::vector{goroutine}, is_d),
            (std::vector<graph::NodeId>{goroutine, frame, heap.id(b), heap.id(c), heap.id(d)}));
  EXPECT_EQ(ways.from_roots(std::vector{goroutine}, is_d_or_lone),
            (std::vector<graph::NodeId>{goroutine, frame, heap.id(lone)}));
}

}  // namespace
}  // namespace holdfast::view
