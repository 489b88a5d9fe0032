#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;
using view::Confidence;

// A variable's array leads to objects of a type, with a leaf each.
view::Report report_of_many(int count, std::string_view type, bool live = true) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId of = heap.structure(type, 64, {{"texts", {}, 0}});
  const auto array = heap.object(8 * static_cast<std::uint64_t>(count));
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.statements"), array);
  for (int i = 0; i < count; ++i) {
    const auto object = heap.object(64, of);
    if (live) heap.edge(array, 8 * static_cast<std::uint64_t>(i), object);
    heap.edge(object, 0, heap.leaf(4 << 10));
  }
  return report_of(heap.build());
}

TEST(LibraryObjectsDetector, NamesWhatThereIsTooMuchOf) {
  const view::Report report = report_of_many(2000, "database/sql.Stmt");
  const view::Finding* finding = find(report, "library-objects");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "2,000 prepared statements that nobody has closed, as at main.statements");
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_EQ(finding->count, 2000U);
  EXPECT_EQ(finding->bytes, std::uint64_t{2000} * (64 + (4 << 10)));
}

TEST(LibraryObjectsDetector, KnowsArraysOfAnyLength) {
  EXPECT_NE(find(report_of_many(2000, "[8]go.opentelemetry.io/otel/attribute.KeyValue"), "library-objects"), nullptr);
  EXPECT_EQ(find(report_of_many(2000, "go.opentelemetry.io/otel/attribute.KeyValue"), "library-objects"), nullptr);
}

TEST(LibraryObjectsDetector, IsNotSureOfFewerThatHaveAFifthOfTheHeap) {
  const view::Report report = report_of_many(900, "database/sql.Stmt");
  const view::Finding* finding = find(report, "library-objects");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_EQ(finding->because.full, "900 objects of database/sql.Stmt are alive, with 23 % of the live bytes");
}

// Each of `count` transports is held by a goroutine of its own, in functions of net/http, or of the program as well.
view::Report report_of_transports(int count, std::string_view caller) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId of = heap.structure("net/http.Transport", 64, {{"texts", {}, 0}});
  for (int i = 0; i < count; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "");
    const auto object = heap.object(64, of);
    heap.edge(object, 0, heap.leaf(32 << 10));
    heap.refer(goroutine, object);
    const GoroutineId id =
        heap.goroutine(static_cast<std::uint64_t>(20 + i), heap::GoroutineState::kWaiting, WaitReason::kSelect,
                       goroutine, {"runtime.gopark", "net/http.(*persistConn).readLoop", std::string(caller)});
    heap.snapshot().roots[goroutine.row].goroutine = id;
  }
  return report_of(heap.build());
}

TEST(LibraryObjectsDetector, IsSureOfWhatAProgramMayHaveForEachUserOnceItIsDropped) {
  const auto confidence = [](const view::Report& report) {
    const view::Finding* const finding = find(report, "library-objects");
    return finding == nullptr ? std::nullopt : std::optional(finding->confidence);
  };
  EXPECT_EQ(confidence(report_of_transports(100, "net/http.(*Transport).dialConn")), Confidence::kStrong);
  EXPECT_EQ(confidence(report_of_transports(100, "main.(*tenant).work")), Confidence::kPossible);
  EXPECT_EQ(confidence(report_of_many(400, "net/http.Transport")), Confidence::kPossible);
  EXPECT_EQ(confidence(report_of_many(500, "net/http.Transport")), Confidence::kStrong);
}

TEST(LibraryObjectsDetector, LeavesFewOnesGarbageAndOtherTypesAlone) {
  EXPECT_EQ(find(report_of_many(600, "database/sql.Stmt"), "library-objects"), nullptr);
  EXPECT_EQ(find(report_of_many(2000, "database/sql.Stmt", false), "library-objects"), nullptr);
  EXPECT_EQ(find(report_of_many(2000, "database/sql.StmtOfMine"), "library-objects"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
