#include "detect/findings.h"

#include <algorithm>
#include <set>

#include "detect/detector.h"
#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::add_goroutines;
using detect::testing::kSecond;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using view::Report;

TEST(Findings, AreNoneWhereNothingIsWrong) {
  HeapBuilder heap;
  add_ballast(heap);
  EXPECT_THAT(report_of(heap.build()).findings, IsEmpty());
}

TEST(Findings, DoNotAccuseAVariableForHoldingMost) {
  HeapBuilder heap;
  const auto top = heap.object(64);
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), top);
  heap.edge(top, 0, heap.leaf(3 << 20));
  EXPECT_THAT(report_of(heap.build()).findings, IsEmpty());
}

TEST(Detectors, SayWhatTheyLookForUnderIdsOfTheirOwn) {
  std::set<std::string_view> ids;
  for (const view::DetectorFacts& facts : detector_facts()) {
    SCOPED_TRACE(facts.id);
    EXPECT_TRUE(ids.insert(facts.id).second);
    EXPECT_NE(std::ranges::find(kFamilies, facts.family, &Family::name), std::end(kFamilies));
    EXPECT_FALSE(facts.looks_for.empty() || facts.change.empty());
    EXPECT_FALSE(facts.needs.proven.empty() && facts.needs.strong.empty() && facts.needs.possible.empty());
    for (const Threshold& threshold : facts.thresholds) EXPECT_FALSE(threshold.value.empty() || threshold.why.empty());
  }
  EXPECT_EQ(ids.size(), detectors().size());
}

std::string fingerprint(const Report& report) {
  EXPECT_THAT(report.findings, SizeIs(1));
  return report.findings.empty() ? std::string() : report.findings[0].fingerprint;
}

TEST(Findings, KeepTheFingerprintOfAPlaceInCodeInEveryRunAndAfterAnEdit) {
  const auto blocked = [](std::uint64_t seconds, std::uint32_t line, std::string_view function = "main.work") {
    HeapBuilder heap;
    add_ballast(heap);
    add_goroutines(heap, GoroutineState::kLeaked, WaitReason::kChanSend, seconds * kSecond);
    for (heap::Frame& frame : heap.snapshot().frames) {
      if (heap.snapshot().strings[frame.function] != "main.work") continue;
      frame.function = heap.snapshot().strings.add(function);
      frame.file = heap.snapshot().strings.add("/src/pool.go");
      frame.line = line;
    }
    return report_of(heap.build());
  };
  const Report a = blocked(600, 17), b = blocked(7200, 18);
  EXPECT_EQ(fingerprint(a).size(), 16U);
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_EQ(a.findings[0].fault, "chan send at main.work pool.go:17");
  EXPECT_EQ(b.findings[0].fault, "chan send at main.work pool.go:18");
  EXPECT_NE(fingerprint(a), fingerprint(blocked(600, 17, "main.rest")));
}

TEST(Findings, KeepTheFingerprintOfAPlaceInDataWhateverItsSizeAndIndex) {
  const auto sparse = [](std::uint64_t bytes, std::uint64_t index, std::string_view variable) {
    HeapBuilder heap;
    add_ballast(heap);
    const TypeId item = heap.structure("main.Item", 16, {{"next", {}, 0}});
    const TypeId pointer = heap.pointer_type("*main.Item", item);
    const TypeId shard = heap.structure("main.Shard", 24, {{"items", pointer, 0}});
    const auto shards = heap.object(24 * 8, shard);
    const auto array = heap.object(bytes, pointer);
    heap.refer(heap.root(RootKind::kGlobal, variable), shards);
    heap.edge(shards, 24 * index, array).edge(array, 0, heap.object(16, item));
    return report_of(heap.build());
  };
  const Report a = sparse(4 << 20, 1, "main.shards"), b = sparse(8 << 20, 5, "main.shards");
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_NE(a.findings[0].fault, b.findings[0].fault);
  EXPECT_NE(fingerprint(a), fingerprint(sparse(4 << 20, 1, "main.others")));
}

}  // namespace
}  // namespace holdfast::detect
