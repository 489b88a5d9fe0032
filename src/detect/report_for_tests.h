// Heaps for the tests of detectors, and the report that they are told about.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <utility>

#include "detect/findings.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"

namespace holdfast::detect::testing {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kMiB = 1 << 20;

// The report with the findings of all detectors. `since`: what grew since an earlier look.
inline view::Report report_of(const heap::Snapshot& snapshot, std::optional<view::Since> since = {}) {
  EXPECT_THAT(heap::problems(snapshot), ::testing::IsEmpty());
  const auto reached = graph::reach(snapshot);
  const auto dominators = graph::dominators(snapshot);
  const view::Groundwork groundwork(snapshot, dominators);
  view::Report report = make_report(groundwork, reached, graph::audit(snapshot, reached));
  report.since = std::move(since);
  add_findings(groundwork, report);
  return report;
}

// Null if no finding has the id.
inline const view::Finding* find(const view::Report& report, std::string_view id) {
  for (const view::Finding& finding : report.findings)
    if (finding.id == id) return &finding;
  return nullptr;
}

// Adds variables that hold much and are not at fault.
inline void add_ballast(heap::testing::HeapBuilder& heap) {
  for (const char* name : {"main.a", "main.b", "main.c"})
    heap.refer(heap.root(heap::RootKind::kGlobal, name), heap.leaf(4 << 20));
}

// Adds twenty goroutines at one place, with 100 KiB each.
inline void add_goroutines(heap::testing::HeapBuilder& heap, heap::GoroutineState state, WaitReason reason,
                           std::uint64_t waiting_ns) {
  const RootId group = heap.group(reason, "main.work");
  for (std::uint64_t i = 0; i < 20; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    heap.refer(goroutine, heap.leaf(100 << 10));
    const GoroutineId id = heap.goroutine(i + 7, state, reason, goroutine, {"runtime.gopark", "main.work"});
    heap.snapshot().goroutines[id.row].waiting_ns = waiting_ns;
  }
}

// Of a process of 100 MiB with two plain mappings; if `is_led_to`, words of an object of main.cache are addresses in
// both.
inline view::Report report_of_mapped(std::uint64_t larger, std::uint64_t smaller, bool is_led_to,
                                     std::string_view type = "main.cache") {
  constexpr Address kMapped{0x7f0000000000};
  heap::testing::HeapBuilder heap;
  add_ballast(heap);
  const auto cache = heap.object(48, heap.structure(type, 48, {}));
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.store"), cache);
  heap::Snapshot& s = heap.snapshot();
  s.account.known = true;
  s.account.rss = 100 * kMiB;
  s.account.mappings = larger + smaller;
  for (const auto& [at, bytes] : {std::pair(kMapped, larger), std::pair(kMapped + 2 * larger, smaller)}) {
    heap::Mapping& mapping = s.mappings.emplace_back();
    mapping.range = {at, at + bytes};
    mapping.resident = bytes;
    mapping.pointers = is_led_to ? 8 : 0;
  }
  heap::Snapshot built = heap.build();
  if (is_led_to)
    for (const std::uint32_t mapping : {0U, 1U})
      built.mapping_holders.push_back({mapping, heap.id(cache), {}, 8, built.mappings[mapping].range.begin});
  return report_of(built);
}

}  // namespace holdfast::detect::testing
