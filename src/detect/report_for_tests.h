// Heaps for the tests of detectors, and the report that they are told about.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "detect/findings.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"

namespace holdfast::detect::testing {

constexpr std::uint64_t kSecond = 1'000'000'000;

// The report with the findings of all detectors.
inline view::Report report_of(const heap::Snapshot& snapshot) {
  EXPECT_THAT(heap::problems(snapshot), ::testing::IsEmpty());
  const auto reached = graph::reach(snapshot);
  const auto dominators = graph::dominators(snapshot);
  const view::Groundwork groundwork(snapshot, dominators);
  view::Report report = make_report(groundwork, reached, graph::audit(snapshot, reached));
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

}  // namespace holdfast::detect::testing
