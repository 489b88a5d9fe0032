#include "view/cut.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>
#include <set>

#include "graph/dominators.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// The snapshot and what is asked of it.
struct Asked {
  explicit Asked(heap::Snapshot built)
      : snapshot(std::move(built)),
        index(snapshot),
        names(snapshot, index),
        dominators(graph::dominators(snapshot)),
        reached(graph::reach(snapshot)),
        referrers(snapshot) {
    EXPECT_THAT(heap::problems(snapshot), IsEmpty());
  }
  std::string at(ObjectId object) const { return fmt::format("{:#x}", index.address_of(object).value); }
  CutEffect without(const std::vector<std::string>& drops) const {
    std::vector<Drop> parsed;
    for (const std::string& drop : drops) parsed.push_back(parse_drop(drop));
    return cut(names, dominators, reached, parsed);
  }
  FewestPointers free(ObjectId object) const {
    return fewest_pointers(names, reached, referrers, parse_subject(at(object)), 64);
  }

  heap::Snapshot snapshot;
  heap::ObjectIndex index;
  Names names;
  graph::Dominators dominators;
  graph::Reachability reached;
  graph::Referrers referrers;
};

TEST(Cut, FreesWhatNothingElseReachesAndSaysWhoKeepsTheRest) {
  HeapBuilder heap;
  const TypeId node = heap.structure("main.Node", 64, {{"next", {}, 0}, {"text", {}, 8}, {"twin", {}, 16}});
  const auto a = heap.object(64, node), b = heap.object(64, node), text = heap.leaf(32), twin = heap.leaf(48);
  const RootId registry = heap.root(RootKind::kGlobal, "main.registry");
  heap.refer(registry, a).refer(heap.root(RootKind::kGlobal, "main.cache"), b);
  heap.edge(a, 0, b).edge(a, 8, text).edge(a, 16, twin).edge(b, 16, twin).edge(b, 8, twin);
  const Asked asked(heap.build());
  const CutEffect all = asked.without({"global:main.registry"});
  EXPECT_EQ(all.freed_bytes, 96U);
  EXPECT_EQ(all.freed_objects, 2U);
  EXPECT_EQ(all.kept_bytes, 112U);
  ASSERT_THAT(all.kept, SizeIs(1));
  EXPECT_EQ(all.kept.front().what.full, "main.cache");
  ASSERT_THAT(all.freed, SizeIs(2));
  EXPECT_EQ(all.freed.front().what.full, "main.Node");
  EXPECT_EQ(asked.without({asked.at(heap.id(a)) + ".text"}).freed_bytes, 32U);
  EXPECT_EQ(asked.without({asked.at(heap.id(a)) + "->" + asked.at(heap.id(text))}).freed_bytes, 32U);
  EXPECT_EQ(asked.without({asked.at(heap.id(b)) + ".text", asked.at(heap.id(a)) + ".twin"}).freed_bytes, 0U)
      << ".twin of b refers to it as well";
  EXPECT_EQ(
      asked.without({asked.at(heap.id(b)) + ".text", asked.at(heap.id(b)) + ".twin", asked.at(heap.id(a)) + ".twin"})
          .freed_bytes,
      48U);
  EXPECT_EQ(asked.without({"entries:" + asked.at(heap.id(b)), asked.at(heap.id(a)) + ".twin"}).freed_bytes, 48U);
  EXPECT_EQ(asked.without({asked.at(heap.id(b))}).freed_bytes, 64U);
}

TEST(Cut, RefusesWhatIsNoReference) {
  for (const char* text : {"", "0xc0->", "0xc0->0xd0.x", "0xc0 x", "entries:main.a", "entries:0xc0.x", "entries:"})
    EXPECT_THROW(parse_drop(text), Error) << text;
  HeapBuilder heap;
  const TypeId node = heap.structure("main.Node", 64, {{"next", {}, 0}});
  const auto a = heap.object(64, node), b = heap.object(64, node);
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), a).edge(a, 0, b);
  const Asked asked(heap.build());
  const auto message = [&](const std::string& drop) {
    try {
      asked.without({drop});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message(asked.at(heap.id(a)) + ".nex"), HasSubstr("refers to nothing; these do: .next"));
  EXPECT_THAT(message(asked.at(heap.id(b)) + "->" + asked.at(heap.id(a))), HasSubstr("has no pointer to"));
  EXPECT_THAT(message("entries:" + asked.at(heap.id(b))), HasSubstr("no entries"));
  EXPECT_THAT(message("global:main.b"), HasSubstr("no package variable main.b"));
}

TEST(FewestPointers, CanBeDroppedAndThenTheObjectIsFree) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<HeapBuilder::Handle> objects;
    for (int i = 0; i < 12; ++i) objects.push_back(heap.object(64));
    for (const auto from : objects)
      for (std::uint64_t at = 0, edges = random() % 4; at < edges; ++at)
        heap.edge(from, at * 8, objects[random() % objects.size()]);
    heap.refer(heap.root(RootKind::kGlobal, "main.a"), objects[0]);
    heap.refer(heap.root(RootKind::kGlobal, "main.b"), objects[1]);
    const Asked asked(heap.build());
    for (const auto object : objects) {
      if (!asked.reached.contains(heap.id(object))) continue;
      const FewestPointers fewest = asked.free(heap.id(object));
      ASSERT_TRUE(fewest.is_complete);
      std::vector<std::string> drops;
      std::uint32_t pointers = 0;
      for (const FewestPointers::Reference& reference : fewest.references) {
        pointers += reference.pointers;
        if (!reference.drop.empty()) drops.push_back(reference.drop);
      }
      EXPECT_EQ(pointers, fewest.pointers);
      if (drops.size() < fewest.references.size()) continue;  // a root refers to it
      const CutEffect effect = asked.without(drops);
      EXPECT_EQ(effect.freed_bytes, fewest.freed_bytes);
      EXPECT_GE(effect.freed_bytes, 64U);
    }
  }
}

TEST(Cut, IsWhatASearchOverSetsSays) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<HeapBuilder::Handle> objects;
    std::vector<std::vector<std::size_t>> targets(30);
    for (std::size_t i = 0; i < 30; ++i) objects.push_back(heap.object(64));
    for (std::size_t i = 0; i < 30; ++i)
      for (std::uint64_t at = 0, edges = random() % 4; at < edges; ++at) {
        targets[i].push_back(random() % objects.size());
        heap.edge(objects[i], at * 8, objects[targets[i].back()]);
      }
    heap.refer(heap.root(RootKind::kGlobal, "main.a"), objects[0]);
    heap.refer(heap.root(RootKind::kGlobal, "main.b"), objects[1]);
    const Asked asked(heap.build());
    const std::size_t gone = random() % objects.size();
    if (!asked.reached.contains(heap.id(objects[gone]))) continue;
    const auto search = [&](const std::vector<std::size_t>& from, bool without) {
      std::set<std::size_t> seen;
      std::vector<std::size_t> open = from;
      while (!open.empty()) {
        const std::size_t at = open.back();
        open.pop_back();
        if ((without && at == gone) || !seen.insert(at).second) continue;
        open.insert(open.end(), targets[at].begin(), targets[at].end());
      }
      return seen;
    };
    const auto before = search({0, 1}, false), after = search({0, 1}, true), led_to = search({gone}, false);
    const CutEffect effect = asked.without({asked.at(heap.id(objects[gone]))});
    EXPECT_EQ(effect.freed_objects, before.size() - after.size()) << seed;
    EXPECT_EQ(effect.kept_objects, std::ranges::count_if(led_to, [&](std::size_t i) { return after.contains(i); }));
    const auto add = [](std::uint64_t sum, const CutRow& row) { return sum + row.bytes; };
    EXPECT_EQ(std::accumulate(effect.kept.begin(), effect.kept.end(), std::uint64_t{0}, add), effect.kept_bytes);
    EXPECT_EQ(std::accumulate(effect.freed.begin(), effect.freed.end(), std::uint64_t{0}, add), effect.freed_bytes);
  }
}

}  // namespace
}  // namespace holdfast::view
