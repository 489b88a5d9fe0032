#include "detect/library_goroutines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::detect {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(LibraryGoroutines, AreReadFromLines) {
  const auto rules = parse_library_goroutines("# a remark\n\nlib.(*DB).open* | * | strong | DBs | close them\n", "x");
  ASSERT_THAT(rules, SizeIs(1));
  EXPECT_EQ(rules[0].function, "lib.(*DB).open");
  EXPECT_TRUE(rules[0].is_prefix);
  EXPECT_TRUE(rules[0].is_strong);
  EXPECT_EQ(rules[0].wait, "");
  EXPECT_EQ(rules[0].change, "close them");
}

TEST(LibraryGoroutines, RefuseALineThatIsNoRule) {
  for (const char* line : {"lib.open | * | sure | DBs | close them", "lib.open | * | strong | DBs"}) try {
      parse_library_goroutines(line, "my.txt");
      ADD_FAILURE() << line;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("my.txt, line 1: FUNCTION | WAIT"));
    }
}

const LibraryGoroutine* rule_for(WaitReason reason, std::initializer_list<std::string_view> frames) {
  heap::testing::HeapBuilder heap;
  const RootId root = heap.root(heap::RootKind::kGoroutine, "");
  heap.goroutine(7, heap::GoroutineState::kWaiting, reason, root, frames);
  const heap::Snapshot snapshot = heap.build();
  return library_goroutine(snapshot, snapshot.goroutines[0]);
}

TEST(LibraryGoroutines, FitByFunctionAndWait) {
  const LibraryGoroutine* rule =
      rule_for(WaitReason::kSelect, {"runtime.gopark", "database/sql.(*DB).connectionOpener", "runtime.goexit"});
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(rule->what, "sql.DBs that nobody has closed");
  EXPECT_EQ(rule_for(WaitReason::kChanSend, {"database/sql.(*DB).connectionOpener"}), nullptr);
  EXPECT_EQ(rule_for(WaitReason::kSelect, {"database/sql.(*DB).connectionOpenerOfMine"}), nullptr);
  EXPECT_NE(rule_for(WaitReason::kSelect, {"context.(*cancelCtx).propagateCancel.func2"}), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
