#include "view/type_rules.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>

#include "heap/heap_builder_for_tests.h"
#include "view/holder_of.h"
#include "view/holders.h"
#include "view/owners.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;

class Rules : public testing::Test {
 protected:
  TypeId type(std::string_view name) { return heap_.structure(name, 32, {}); }
  void add(std::string_view text) { rules_.add(text, "my.rules"); }
  TypeRules made() { return TypeRules(heap_.snapshot(), rules_); }

  HeapBuilder heap_;
  heap::OwnerRules rules_;
};

TEST_F(Rules, AreOfOneTypeWithAnyArguments) {
  add("container lru example.com/lru/v2.Cache\ncontainer lru map[...]*lru.entry\nholder main.pair[int]");
  const TypeId cache = type("example.com/lru/v2.Cache[string,map[int]*main.T]"), other = type("main.lru.Cache[int]");
  const TypeId entries = type("map[[8]uint8]*lru.entry[string]"), one = type("main.pair[int]"),
               two = type("main.pair[string]");
  const TypeRules rules = made();
  EXPECT_EQ(rules.name(rules.container(cache)), "lru");
  EXPECT_EQ(rules.container(cache), rules.container(entries)) << "rules of one name are one container";
  EXPECT_EQ(rules.container(other), Container::kNone);
  EXPECT_TRUE(rules.holder(one));
  EXPECT_FALSE(rules.holder(two));
}

TEST_F(Rules, TheLastOneCounts) {
  rules_ = heap::OwnerRules::built_in();
  add("container main.Known sync.Map");
  const TypeId map = type("sync.Map");
  const TypeRules rules = made();
  EXPECT_EQ(rules.name(rules.container(map)), "main.Known");
  EXPECT_EQ(rules.rules()[rules.container_rule(map)].line, 1U);
}

TEST_F(Rules, LookThroughClosuresOfPlumbing) {
  add("plumbing example.com/middleware\nthrough main.mux");
  const TypeId closure = heap_.structure("example.com/middleware.Log.func1", 32, {});
  heap_.snapshot().types[closure.row].role = heap::TypeRole::kClosure;
  const TypeId own = type("example.com/middleware.Logger"), mux = type("main.mux");
  const TypeRules rules = made();
  EXPECT_TRUE(rules.through(closure));
  EXPECT_FALSE(rules.through(own));
  EXPECT_TRUE(rules.through(mux));
}

TEST_F(Rules, FindWeakFieldsInValuesOfValues) {
  add("weak main.node.parent");
  const TypeId pointer = heap_.pointer_type("*main.node");
  const TypeId node = heap_.structure("main.node", 16, {{"next", pointer, 0}, {"parent", pointer, 8}});
  const TypeId tree = heap_.structure("main.tree", 40, {{"name", pointer, 0}, {"node", node, 16}});
  const auto from = heap_.object(40, tree), two = heap_.object(32, node), to = heap_.object(16);
  heap_.edge(from, 0, to).edge(from, 16, to).edge(from, 24, to).edge(two, 8, to).edge(two, 24, to);
  const heap::Snapshot snapshot = heap_.build();
  const heap::ObjectIndex index(snapshot);
  const TypeRules rules(snapshot, rules_);
  const WeakEdges weak(snapshot, index, rules);
  std::vector<RuleId> of_edges;
  ASSERT_TRUE(weak.rules_of(heap_.id(from), of_edges));
  EXPECT_EQ(of_edges, (std::vector<RuleId>{{}, {}, RuleId(0)}));
  ASSERT_TRUE(weak.rules_of(heap_.id(two), of_edges));
  EXPECT_EQ(of_edges, (std::vector<RuleId>{RuleId(0), RuleId(0)}));
  EXPECT_FALSE(weak.rule(heap_.id(from), heap_.id(to))) << "it refers to it otherwise as well";
  EXPECT_TRUE(weak.rule(heap_.id(two), heap_.id(to)));
}

// A heap of objects of four types, any of which refers to any, with rules of every kind about them.
struct AnyHeap {
  explicit AnyHeap(std::uint64_t seed) : random(seed) {
    std::vector<TypeId> types;
    const TypeId pointer = heap.pointer_type("*main.T");
    for (const char* const name : {"main.A", "main.B", "main.C", "main.D"})
      types.push_back(heap.structure(name, 64, {{"a", pointer, 0}, {"b", pointer, 8}, {"c", pointer, 16}}));
    std::vector<HeapBuilder::Handle> objects;
    for (int i = 0; i < 60; ++i) objects.push_back(heap.object(64, types[random() % types.size()]));
    for (int i = 0; i < 100; ++i)
      heap.edge(objects[random() % objects.size()], random() % 3 * 8, objects[random() % objects.size()]);
    const RootId place = heap.group(WaitReason::kSleep, "main.work");
    for (std::uint64_t r = 0; r < 12; ++r) {
      const RootId goroutine = heap.root(RootKind::kGoroutine, "", r % 2 == 0 ? place : RootId());
      const RootId variable = heap.root(RootKind::kGlobal, r % 3 == 0 ? "runtime.x" : "main.v");
      heap.refer(r % 4 < 2 ? goroutine : variable, objects[random() % objects.size()]);
    }
  }

  heap::OwnerRules some_rules() {
    static constexpr std::array kRules = {"part main.A.c",           "part main.B.a",      "weak main.A.b",
                                          "weak main.B.a",           "weak main.C.c",      "holder main.A",
                                          "holder main.D",           "through main.B",     "through main.C",
                                          "container x main.A",      "container x main.B", "container y main.C",
                                          "pool p main.D",           "plumbing main",      "worker main",
                                          "alike z main.A",          "alike z main.D",     "children z main.A.a busy",
                                          "children z main.D.b busy"};
    heap::OwnerRules rules = heap::OwnerRules::built_in();
    for (const char* const rule : kRules)
      if (random() % 3 == 0) rules.add(rule, "my.rules");
    return rules;
  }

  std::mt19937_64 random;
  HeapBuilder heap;
};

void expect_each_byte_once(const heap::Snapshot& snapshot, const heap::OwnerRules& rules, std::uint64_t seed) {
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators, rules);
  const auto& homes = groundwork.owners().homes();
  const auto add = [](std::uint64_t sum, const Home& home) { return sum + home.bytes; };
  const std::uint64_t live = graph::reach(snapshot).bytes;
  EXPECT_EQ(std::accumulate(homes.begin(), homes.end(), std::uint64_t{0}, add), live) << seed;
  const std::vector<Found> found = search_holders(groundwork, graph::DominatorTree(dominators), live);
  HolderOf holder_of(groundwork.names(), dominators, groundwork.owners(), found);
  std::vector<std::uint64_t> bytes(found.size());
  for (std::uint32_t object = 0; object < snapshot.objects; ++object)
    if (const std::uint32_t of = holder_of.of(ObjectId(object)); of != HolderOf::kNobody) bytes[of] += 64;
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].bytes, bytes[i]) << seed << " " << i;
}

TEST(RulesAndSums, EachLiveByteHasOneHomeWithAnyRules) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    AnyHeap any(seed);
    const heap::Snapshot snapshot = any.heap.build();
    expect_each_byte_once(snapshot, heap::OwnerRules::built_in(), seed);
    expect_each_byte_once(snapshot, any.some_rules(), seed);
  }
}

}  // namespace
}  // namespace holdfast::view
