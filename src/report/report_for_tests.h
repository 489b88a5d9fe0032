// For tests: heaps that are reported (a registry of sessions, goroutines that wait, a small shop), and their reports.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"
#include "view/report.h"

namespace holdfast::report {

// Compares with tests/golden/<name>; UPDATE_GOLDEN=1 in the environment writes the file anew.
inline void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(HOLDFAST_GOLDEN) + "/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  const std::string expected((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(text, expected) << path;
}

inline view::Report report_of(const heap::Snapshot& snapshot,
                              const heap::OwnerRules& rules = heap::OwnerRules::built_in()) {
  EXPECT_THAT(heap::problems(snapshot), ::testing::IsEmpty());
  const auto reached = graph::reach(snapshot);
  const auto dominators = graph::dominators(snapshot);
  const view::Groundwork groundwork(snapshot, dominators, rules);
  return view::make_report(groundwork, reached, graph::audit(snapshot, reached));
}

// Adds a global registry with a map of sessions that each hold a buffer.
inline void add_registry(heap::testing::HeapBuilder& heap, int sessions, std::uint64_t buffer) {
  const TypeId bytes = heap.type("uint8", heap::TypeKind::kUint8, 1);
  const TypeId slice = heap.type("[]uint8", heap::TypeKind::kSlice, 24, bytes);
  const TypeId session = heap.structure("example.com/shop/main.Session", 48, {{"ID", {}, 0}, {"Buf", slice, 16}});
  const TypeId map = heap.type("map[string]*main.Session", heap::TypeKind::kMap, 8,
                               heap.pointer_type("*main.Session", session), 0, heap.string_type());
  const TypeId header = heap.type_of_role(heap::TypeRole::kMapHeader, 48, map);
  const TypeId table = heap.type_of_role(heap::TypeRole::kMapTable, 32, map);
  const TypeId group = heap.type_of_role(heap::TypeRole::kMapGroup, 208, map);
  const TypeId registry = heap.structure("main.Registry", 32, {{"mu", {}, 0}, {"sessions", map, 24}});
  const auto owner = heap.object(32, registry);
  const auto hmap = heap.object(48, header, heap::KnownBy::kPropagated);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.registry"), owner);
  heap.edge(owner, 24, hmap);
  std::vector<heap::testing::HeapBuilder::Handle> groups;
  for (int t = 0; t < 4; ++t) {
    const auto one = heap.object(32, table, heap::KnownBy::kPropagated);
    heap.edge(hmap, static_cast<std::uint64_t>(t) * 8, one);
    groups.push_back(heap.object(static_cast<std::uint64_t>(sessions) * 8, group, heap::KnownBy::kPropagated));
    heap.edge(one, 8, groups.back());
  }
  // Every tenth buffer was sampled; some were allocated on another way.
  const std::vector<std::string_view> opened = {"runtime.makeslice", "main.(*Registry).Open", "main.serve"};
  const std::vector<std::string_view> loaded = {"runtime.makeslice", "main.load", "main.main"};
  for (int i = 0; i < sessions; ++i) {
    const auto one = heap.object(48, session, heap::KnownBy::kPropagated);
    heap.edge(groups[static_cast<std::size_t>(i) % 4], static_cast<std::uint64_t>(i / 4) * 8, one);
    const auto text = heap.leaf(buffer, bytes, heap::KnownBy::kPropagated);
    heap.edge(one, 16, text);
    if (i % 10 == 0) heap.sample(text, i % 50 == 0 ? loaded : opened);
  }
}

// "main.work+0x3a pool.go:17"
inline heap::Label work_frame(heap::testing::HeapBuilder& heap) {
  heap::Label label;
  label.code.function = heap.snapshot().strings.add("main.work");
  label.code.offset = 0x3a;
  label.code.file = heap.snapshot().strings.add("/src/pool.go");
  label.code.line = 17;
  return label;
}

inline const view::CodePlace kStart = {"main.start", "/src/pool.go", 9};

inline void add_goroutines(heap::testing::HeapBuilder& heap, int count, std::uint64_t bytes) {
  const RootId group = heap.group(WaitReason::kChanSend, "main.work", "/src/pool.go", 17);
  for (int i = 0; i < count; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    const RootId frame = heap.root(heap::RootKind::kFrame, work_frame(heap), goroutine);
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

// A small shop, whose first screen is compared.
inline heap::Snapshot shop() {
  heap::testing::HeapBuilder heap;
  add_registry(heap, 400, 8192);
  add_goroutines(heap, 100, 2048);
  heap.leaf(50000);  // garbage
  heap::Snapshot& snapshot = heap.snapshot();
  snapshot.target.pid = 4711;
  snapshot.target.name = "checkout";
  snapshot.target.go_version = "go1.26.11";
  snapshot.target.goarch = "amd64";
  snapshot.target.memory_limit = 64 << 20;
  snapshot.pause = {35, 38, 6 << 20, 17.5, 54.5};
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

}  // namespace holdfast::report
