#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;

// Goroutines of one function, whose ids lie `step` apart.
view::Report report_of_openers(std::uint64_t step, std::string_view function, bool in_a_table = false,
                               std::uint64_t count = 30) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId table = heap.root(heap::RootKind::kGlobal, "main.tenants");
  const RootId group = heap.group(WaitReason::kSelect, function);
  for (std::uint64_t i = 0; i < count; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    const auto handle = heap.leaf(10 << 10);
    heap.refer(goroutine, handle);
    if (in_a_table) heap.refer(table, handle);
    heap.goroutine(20 + i * step, GoroutineState::kWaiting, WaitReason::kSelect, goroutine,
                   {"runtime.gopark", function});
  }
  return report_of(heap.build());
}

TEST(LibraryGoroutinesDetector, NamesWhatWasNotClosed) {
  const view::Report report = report_of_openers(10, "database/sql.(*DB).connectionOpener");
  const view::Finding* finding = find(report, "library-goroutines");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "30 sql.DBs that nobody has closed");
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_THAT(finding->because.full, HasSubstr("made one after another (ids 20 to 310 of 310)"));
  EXPECT_EQ(finding->fix.full, "open one sql.DB and share it; call Close on one that is no longer needed");
}

// It is possible then, and too small to be told as that.
TEST(LibraryGoroutinesDetector, IsNotSureOfWhatSomethingElseHasAsWell) {
  const view::Report report = report_of_openers(10, "database/sql.(*DB).connectionOpener", true);
  EXPECT_EQ(find(report, "library-goroutines"), nullptr);
}

TEST(LibraryGoroutinesDetector, IsNotSureOfManyThatWereMadeInOneGo) {
  const view::Report report = report_of_openers(1, "database/sql.(*DB).connectionOpener", false, 150);
  const view::Finding* finding = find(report, "library-goroutines");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_THAT(finding->because.full, HasSubstr("so many are hardly ever there on purpose"));
  EXPECT_EQ(find(report_of_openers(1, "net/http.(*persistConn).writeLoop", false, 150), "library-goroutines"), nullptr);
}

TEST(LibraryGoroutinesDetector, LeavesAloneWhatWasMadeInOneGoAndWhatItDoesNotKnow) {
  EXPECT_EQ(find(report_of_openers(1, "database/sql.(*DB).connectionOpener"), "library-goroutines"), nullptr);
  EXPECT_EQ(find(report_of_openers(10, "example.com/app.serve"), "library-goroutines"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
