#include "view/growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/error.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;

// Facts that looks at one process have in common.
heap::Snapshot of_process(heap::Snapshot snapshot, std::int64_t at_s, std::uint32_t generation) {
  snapshot.target.pid = 17;
  snapshot.target.name = "shop";
  snapshot.target.go_version = "go1.26.11";
  snapshot.target.build_id = "abc";
  snapshot.target.host = "vm";
  snapshot.target.captured_at_ns = at_s * 1'000'000'000;
  snapshot.audit.sweep_generation = generation;
  heap::Mapping stack;
  stack.range = {Address(0x7ffd00000000), Address(0x7ffd00020000)};
  stack.name = snapshot.strings.add("[stack]");
  stack.writable = true;
  snapshot.mappings.push_back(stack);
  return snapshot;
}

void add_look(GrowthBuilder& builder, heap::Snapshot snapshot, std::string name = "a.hold") {
  const auto dominators = graph::dominators(snapshot);
  graph::Reachability reached = graph::reach(snapshot);
  Moment moment;
  {
    const Groundwork groundwork(snapshot, dominators);
    moment = make_moment(groundwork, reached);
  }
  moment.name = std::move(name);
  builder.add(std::move(moment), snapshot, std::move(reached.bits));
}

const ChangeList& list_of(const Growth& growth, ChangeBy by) {
  return growth.lists[static_cast<std::size_t>(by)];
}

const ChangeRow* find_change(const ChangeList& list, std::string_view text) {
  const auto it = std::ranges::find_if(
      list.rows, [&](const ChangeRow& row) { return row.text.full.find(text) != std::string::npos; });
  return it == list.rows.end() ? nullptr : &*it;
}

std::string refusal_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return {};
}

// Sessions under main.sessions, some of which have a text; garbage, and goroutines that wait.
heap::Snapshot shop(int sessions, int goroutines, int garbage = 0) {
  HeapBuilder heap;
  const TypeId session = heap.structure("example.com/shop/main.Session", 48, {});
  const RootId root = heap.root(RootKind::kGlobal, "main.sessions");
  for (int i = 0; i < sessions; ++i) {
    const auto one = heap.object(48, session);
    heap.refer(root, one, static_cast<std::uint32_t>(i) * 8);
    heap.edge(one, 8, heap.leaf(1024));
  }
  for (int i = 0; i < garbage; ++i) heap.object(48, session);
  heap.refer(heap.root(RootKind::kGlobal, "main.config"), heap.leaf(4096));
  if (goroutines > 0) {
    const RootId group = heap.group(WaitReason::kChanSend, "main.work", "/src/pool.go", 17);
    for (int i = 0; i < goroutines; ++i) {
      const RootId one = heap.root(RootKind::kGoroutine, "", group);
      heap.refer(one, heap.object(256));
      const GoroutineId id = heap.goroutine(static_cast<std::uint64_t>(i) + 7, heap::GoroutineState::kWaiting,
                                            WaitReason::kChanSend, one, {"runtime.gopark", "main.work"});
      heap.snapshot().goroutines[id.row].stack = {Address(0x1000), Address(0x3000)};
    }
  }
  return heap.build();
}

TEST(Growth, SaysByTypeOwnerAndGoroutinesWhatGrew) {
  GrowthBuilder builder;
  add_look(builder, of_process(shop(100, 20), 10, 4));
  add_look(builder, of_process(shop(300, 50), 70, 4));
  const Growth growth = builder.growth(0);
  EXPECT_EQ(growth.kinship, Kinship::kOneProcess);
  EXPECT_EQ(growth.seconds, 60);
  const ChangeRow* const type = find_change(list_of(growth, ChangeBy::kType), "main.Session");
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->change(), 200 * 48);
  EXPECT_EQ(type->count_change(), 200);
  EXPECT_EQ(type->steps[1]->retained, 300U * (48 + 1024));
  EXPECT_EQ(type->filter, "type=example.com/shop/main.Session");
  const ChangeRow* const owner = find_change(list_of(growth, ChangeBy::kOwner), "main.sessions");
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->change(), 200 * (48 + 1024));
  EXPECT_EQ(owner->count_change(), 400);
  const ChangeRow* const waiting = find_change(list_of(growth, ChangeBy::kOwner), "goroutines in chan send");
  ASSERT_NE(waiting, nullptr) << "however many they are, they are one owner";
  EXPECT_EQ(waiting->change(), 30 * 256);
  const ChangeRow* const places = find_change(list_of(growth, ChangeBy::kGoroutines), "chan send at main.work");
  ASSERT_NE(places, nullptr);
  EXPECT_EQ(places->count_change(), 30);
  EXPECT_EQ(places->change(), 30 * (256 + 0x2000));
  const ChangeRow* const path = find_change(list_of(growth, ChangeBy::kPath), "main.Session");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(path->change(), 200 * (48 + 1024));
  ASSERT_EQ(growth.flows.size(), 1U);
  EXPECT_EQ(growth.flows[0].goroutines_came, 30U);
  EXPECT_EQ(growth.flows[0].goroutines_stayed, 20U);
  EXPECT_EQ(growth.flows[0].goroutines_ended, 0U);
}

TEST(Growth, OneGoroutineAndManyAtAPlaceAreOneOwner) {
  GrowthBuilder builder;
  HeapBuilder heap;
  const RootId one = heap.root(RootKind::kGoroutine, "");
  heap.refer(one, heap.object(256));
  heap.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kChanSend, one, {"runtime.gopark", "main.work"});
  add_look(builder, of_process(heap.build(), 10, 4));
  add_look(builder, of_process(shop(0, 50), 70, 4));
  const Growth growth = builder.growth(0);
  const ChangeRow* const owner = find_change(list_of(growth, ChangeBy::kOwner), "goroutines in chan send");
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->steps[0]->bytes, 256U);
  EXPECT_EQ(owner->steps[1]->bytes, 50U * 256);
}

TEST(Growth, WhatDidNotChangeIsFoldedWithItsSum) {
  GrowthBuilder builder;
  add_look(builder, of_process(shop(100, 0), 10, 4));
  add_look(builder, of_process(shop(200, 0), 20, 4));
  const Growth growth = builder.growth(0);
  const ChangeList& owners = list_of(growth, ChangeBy::kOwner);
  EXPECT_EQ(find_change(owners, "main.config"), nullptr);
  EXPECT_EQ(owners.unchanged.rows, 1U);
  EXPECT_EQ(owners.unchanged.steps[1].bytes, 4096U);
}

TEST(Growth, TellsObjectsOfOneProcessApart) {
  // One session is dropped, one is made in its slot after the collection, and one more.
  GrowthBuilder builder;
  const auto heap_with = [&](bool second) {
    HeapBuilder heap;
    const TypeId session = heap.structure("main.Session", 48, {});
    const RootId root = heap.root(RootKind::kGlobal, "main.sessions");
    for (int i = 0; i < 4; ++i) {
      if (i == 3 && !second) {
        heap.free_slot(true, 48);
        continue;
      }
      const auto one = heap.object(48, session);
      if (second && (i == 1 || i == 3))
        heap.mark_fresh(one);
      else
        heap.mark(one);
      if (!second || i != 2) heap.refer(root, one, static_cast<std::uint32_t>(i) * 8);
    }
    heap::Snapshot snapshot = heap.build();
    for (heap::Span& span : snapshot.spans) span.has_marks = true;
    return snapshot;
  };
  add_look(builder, of_process(heap_with(false), 10, 4));
  add_look(builder, of_process(heap_with(true), 20, 6));
  const Growth growth = builder.growth(0);
  ASSERT_EQ(growth.flows.size(), 1U);
  EXPECT_EQ(growth.flows[0].collections, 1U);
  ASSERT_EQ(growth.flows[0].types.size(), 1U);
  const Flow& flow = growth.flows[0].types[0].flow;
  EXPECT_EQ(growth.flows[0].types[0].type, "main.Session");
  EXPECT_EQ(flow, growth.flows[0].all);
  EXPECT_EQ(flow.stayed(), (MomentSum{2, 96, 96})) << "the first, and the third, which is garbage now";
  EXPECT_EQ(flow.dropped, (MomentSum{1, 48, 48}));
  EXPECT_EQ(flow.freed(), (MomentSum{1, 48, 48}));
  EXPECT_EQ(flow.allocated(), (MomentSum{2, 96, 96}));
  EXPECT_EQ(flow.after[static_cast<std::size_t>(graph::SlotFate::kReplaced)].count, 1U);
  EXPECT_EQ(flow.after[static_cast<std::size_t>(graph::SlotFate::kAlone)].count, 1U);
  EXPECT_EQ(flow.unclear().count, 0U);
}

Moment moment_of(std::string name, heap::TargetInfo target, std::int64_t at_s, std::uint64_t stack) {
  Moment moment;
  moment.name = std::move(name);
  moment.target = std::move(target);
  moment.at_ns = at_s * 1'000'000'000;
  moment.main_stack = Address(stack);
  return moment;
}

heap::TargetInfo info(std::int32_t pid, std::string build, std::string module = "example.com/shop") {
  heap::TargetInfo target;
  target.pid = pid;
  target.build_id = std::move(build);
  target.main_module = std::move(module);
  target.host = "vm";
  return target;
}

TEST(Growth, KnowsWhetherLooksAreAtOneProcess) {
  const Moment first = moment_of("a", info(1, "x"), 10, 0x1000);
  EXPECT_EQ(kinship_of(first, moment_of("b", info(1, "x"), 20, 0x1000)), Kinship::kOneProcess);
  EXPECT_EQ(kinship_of(first, moment_of("b", info(1, "x"), 20, 0x2000)), Kinship::kOneBuild)
      << "a container started again has pid 1 again";
  EXPECT_EQ(kinship_of(first, moment_of("b", info(2, "x"), 20, 0x1000)), Kinship::kOneBuild);
  EXPECT_EQ(kinship_of(first, moment_of("b", info(1, "y"), 20, 0x1000)), Kinship::kOneProgram);
  EXPECT_EQ(kinship_of(first, moment_of("b", info(1, ""), 20, 0x2000)), Kinship::kOneProgram);
  EXPECT_EQ(kinship_of(moment_of("a", info(1, ""), 10, 0x1000), moment_of("b", info(1, ""), 20, 0x1000)),
            Kinship::kOneProcess)
      << "a program need not say its build";
  Moment second = moment_of("b", info(1, "x"), 20, 0);
  EXPECT_EQ(kinship_of(first, second), Kinship::kOneProcessAsItSeems);
  second.target.host = "other";
  EXPECT_EQ(kinship_of(first, second), Kinship::kOneBuild);
  second.target.kind = heap::TargetKind::kCore;
  EXPECT_EQ(kinship_of(first, second), Kinship::kOneProcessAsItSeems) << "a core is read on any machine";
}

TEST(Growth, CountersThatGoBackShowAnotherProcess) {
  Moment first = moment_of("a", info(1, "x"), 10, 0), second = moment_of("b", info(1, "x"), 20, 0);
  first.mallocs = 1000;
  second.mallocs = 999;
  EXPECT_EQ(kinship_of(first, second), Kinship::kOneBuild);
  first.sweep_generation = 4;
  second.sweep_generation = 8;
  EXPECT_EQ(kinship_of(first, second), Kinship::kOneProcessAsItSeems) << "collections count first";
}

TEST(Growth, RefusesLooksAtDifferentPrograms) {
  const Moment first = moment_of("a.hold", info(1, "x", "example.com/shop"), 10, 0);
  const Moment second = moment_of("b.hold", info(1, "y", "example.com/bank"), 10, 0);
  EXPECT_THAT(refusal_of([&] { kinship_of(first, second); }),
              ::testing::HasSubstr("a.hold (example.com/shop) and b.hold (example.com/bank) are different programs"));
}

TEST(Growth, RefusesLooksAtOneProcessInTheWrongOrder) {
  GrowthBuilder builder;
  add_look(builder, of_process(shop(1, 0), 20, 6), "late.hold");
  EXPECT_THAT(refusal_of([&] { add_look(builder, of_process(shop(1, 0), 30, 4), "early.hold"); }),
              ::testing::HasSubstr("early.hold is an earlier moment of the process than late.hold"));
  GrowthBuilder by_time;
  add_look(by_time, of_process(shop(1, 0), 20, 4), "late.hold");
  EXPECT_THAT(refusal_of([&] { add_look(by_time, of_process(shop(1, 0), 10, 4), "early.hold"); }),
              ::testing::HasSubstr("name them in the order of time"));
}

// A look whose only list is of types.
void add_types(GrowthBuilder& builder, const std::map<std::string, std::uint64_t>& bytes, std::uint64_t smallest = 0) {
  Moment moment = moment_of("m", info(0, "x"), 0, 0);
  MomentList& list = moment.lists[static_cast<std::size_t>(ChangeBy::kType)];
  for (const auto& [type, size] : bytes) {
    list.rows.push_back({type, type, {type, type}, {}, {size, size, size}, {}});
    list.all += {size, size, size};
  }
  list.smallest = smallest;
  heap::Snapshot nothing;
  builder.add(std::move(moment), nothing, {});
}

TEST(Growth, WhatRisesAtEveryStepComesFirst) {
  GrowthBuilder builder;
  add_types(builder, {{"jumps", 1000}, {"rises", 1000}, {"slow", 50000}, {"large", 1'000'000}});
  add_types(builder, {{"jumps", 900}, {"rises", 1100}, {"slow", 50001}, {"large", 1'000'000}});
  add_types(builder, {{"jumps", 90000}, {"rises", 9000}, {"slow", 50002}, {"large", 1'000'001}});
  const Growth growth = builder.growth(0);
  const ChangeList& list = list_of(growth, ChangeBy::kType);
  std::vector<std::string> order;
  for (const ChangeRow& row : list.rows) order.push_back(row.key);
  EXPECT_EQ(order, (std::vector<std::string>{"rises", "slow", "jumps"}))
      << "what rises by little at every step is no noise, and one byte once is";
  EXPECT_TRUE(list.rows[1].rises);
  EXPECT_FALSE(list.rows[2].rises);
  EXPECT_EQ(list.settled.rows, 1U);
  EXPECT_EQ(list.settled.steps[2].bytes, 1'000'001U);
  EXPECT_TRUE(growth.flows.empty()) << "pid 0 is no process";
  EXPECT_EQ(growth.seconds, std::nullopt);
}

TEST(Growth, WhereOnlyLargeRowsAreListedAMissingOneIsNotKnown) {
  GrowthBuilder builder;
  add_types(builder, {{"both", 100}}, 50);
  add_types(builder, {{"both", 500}, {"later", 80}}, 60);
  const Growth growth = builder.growth(0);
  const ChangeList& list = list_of(growth, ChangeBy::kType);
  ASSERT_EQ(list.rows.size(), 2U);
  EXPECT_EQ(list.rows[1].key, "later");
  EXPECT_EQ(list.rows[1].change(), std::nullopt);
  EXPECT_FALSE(list.rows[1].steps[0]);
  EXPECT_EQ(list.smallest, 60U);
}

TEST(Growth, ChangesOfEstimatesWithinChanceAreSettled) {
  const auto add = [](GrowthBuilder& builder, std::uint64_t a, std::uint64_t b) {
    Moment moment = moment_of("m", info(0, "x"), 0, 0);
    MomentList& list = moment.lists[static_cast<std::size_t>(ChangeBy::kSite)];
    const auto row = [&](const char* name, std::uint64_t bytes) {
      list.rows.push_back(
          {name, name, {name, name}, {}, {1, bytes, bytes}, heap::EstimatedNumber{bytes, bytes / 2, bytes * 2}});
      list.all += {1, bytes, bytes};
    };
    row("near", a);
    row("far", b);
    heap::Snapshot nothing;
    builder.add(std::move(moment), nothing, {});
  };
  GrowthBuilder builder;
  add(builder, 1000, 1000);
  add(builder, 3000, 9000);
  const Growth growth = builder.growth(0);
  const ChangeList& list = list_of(growth, ChangeBy::kSite);
  ASSERT_EQ(list.rows.size(), 1U);
  EXPECT_EQ(list.rows[0].key, "far");
  EXPECT_EQ(list.settled.rows, 1U);
}

TEST(Growth, OfTwoBuildsLinesOfCodeDoNotCount) {
  const auto add = [](GrowthBuilder& builder, const char* build, const char* line) {
    Moment moment = moment_of("m", info(0, build), 0, 0);
    MomentList& list = moment.lists[static_cast<std::size_t>(ChangeBy::kSite)];
    list.rows.push_back({std::string("main.f ") + line, "main.f", {line, line}, {}, {1, 100, 100}, {}});
    list.all = {1, 100, 100};
    heap::Snapshot nothing;
    builder.add(std::move(moment), nothing, {});
  };
  GrowthBuilder builder;
  add(builder, "x", "a.go:1");
  add(builder, "y", "a.go:2");
  const Growth growth = builder.growth(0);
  EXPECT_EQ(growth.kinship, Kinship::kOneProgram);
  EXPECT_TRUE(list_of(growth, ChangeBy::kSite).rows.empty());
  EXPECT_EQ(list_of(growth, ChangeBy::kSite).unchanged.rows, 1U);
}

TEST(Growth, AMissingListSaysOfWhichLook) {
  GrowthBuilder builder;
  add_types(builder, {{"a", 1}});
  Moment moment = moment_of("b.hold", info(0, "x"), 0, 0);
  moment.lists[static_cast<std::size_t>(ChangeBy::kType)].absent = Sentence{"it is off", "it is off"};
  heap::Snapshot nothing;
  builder.add(std::move(moment), nothing, {});
  const Growth growth = builder.growth(0);
  ASSERT_TRUE(list_of(growth, ChangeBy::kType).absent);
  EXPECT_EQ(list_of(growth, ChangeBy::kType).absent->full, "of b.hold, it is off");
}

// Every byte of a complete list is in one row, or in one that is folded, whatever came and went.
TEST(Growth, RowsAndFoldedRowsAddUpOnRandomLooks) {
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    const std::size_t looks = 2 + random() % 3;
    std::vector<std::map<std::string, std::uint64_t>> truth(looks);
    for (auto& look : truth)
      for (int type = 0; type < 60; ++type)
        if (random() % 4 != 0) look["t" + std::to_string(type)] = 1 + random() % (type % 2 == 0 ? 20 : 20000);
    GrowthBuilder builder;
    for (const auto& look : truth) add_types(builder, look);
    const Growth growth = builder.growth(0);
    const ChangeList& list = list_of(growth, ChangeBy::kType);
    std::vector<std::uint64_t> sums(looks);
    for (const ChangeRow& row : list.rows)
      for (std::size_t look = 0; look < looks; ++look) {
        const auto at = truth[look].find(row.key);
        ASSERT_TRUE(row.steps[look]);
        EXPECT_EQ(row.steps[look]->bytes, at == truth[look].end() ? 0 : at->second);
        sums[look] += row.steps[look]->bytes;
      }
    for (std::size_t look = 0; look < looks; ++look) {
      sums[look] += list.settled.steps[look].bytes + list.unchanged.steps[look].bytes;
      EXPECT_EQ(sums[look], list.all[look].bytes);
      EXPECT_EQ(list.rest.steps[look].bytes, 0U);
    }
    for (const ChangeRow& row : list.rows) {
      std::uint64_t least = ~std::uint64_t{0}, most = 0;
      bool rises = true;
      for (std::size_t look = 0; look < looks; ++look) {
        least = std::min(least, row.steps[look]->bytes);
        most = std::max(most, row.steps[look]->bytes);
        rises = rises && (look == 0 || row.steps[look]->bytes > row.steps[look - 1]->bytes);
      }
      EXPECT_EQ(row.rises, rises);
      EXPECT_TRUE(most - least >= list.settled_below || (looks > 2 && rises));
    }
  }
}

}  // namespace
}  // namespace holdfast::view
