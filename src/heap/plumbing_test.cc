#include "heap/plumbing.h"

#include <gtest/gtest.h>

namespace holdfast::heap {
namespace {

TEST(Plumbing, IsWhatRunsBlocksOrCallsForOthers) {
  for (const char* const function :
       {"", "runtime.gopark", "runtime/debug.FreeOSMemory", "internal/poll.(*FD).Read", "sync.(*Mutex).Lock",
        "sync/atomic.(*Value).Store", "syscall.Read", "time.Sleep", "reflect.Value.Call"})
    EXPECT_TRUE(is_plumbing(function)) << function;
}

TEST(Plumbing, IsNoneOfTheRestOfTheStandardLibraryOrTheProgram) {
  for (const char* const function : {"main.main", "net/http.(*conn).serve", "golang.org/x/sync/errgroup.(*Group).Go",
                                     "example.com/runtime.Start", "runtimes.Run", "timeout.After"})
    EXPECT_FALSE(is_plumbing(function)) << function;
}

class FirstUserFrame : public testing::Test {
 protected:
  const Frame* of(std::initializer_list<const char*> functions) {
    snapshot_.frames.assign(1, {});  // of somebody else
    for (const char* const function : functions) {
      Frame frame;
      frame.function = snapshot_.strings.add(function);
      snapshot_.frames.push_back(frame);
    }
    return first_user_frame(snapshot_, 1, static_cast<std::uint32_t>(functions.size()));
  }
  Snapshot snapshot_;
};

TEST_F(FirstUserFrame, IsTheInnermostOutsideOfThePlumbing) {
  const Frame* const found = of({"runtime.gopark", "sync.(*Mutex).Lock", "main.work", "main.main"});
  EXPECT_EQ(found, &snapshot_.frames[3]);
}

TEST_F(FirstUserFrame, IsTheInnermostOfAllWhereAllArePlumbing) {
  const Frame* const found = of({"runtime.gopark", "runtime.bgsweep"});
  EXPECT_EQ(found, &snapshot_.frames[1]);
}

TEST_F(FirstUserFrame, IsNothingWithoutFrames) {
  EXPECT_EQ(of({}), nullptr);
}

}  // namespace
}  // namespace holdfast::heap
