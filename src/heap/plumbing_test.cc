#include "heap/plumbing.h"

#include <gtest/gtest.h>

namespace holdfast::heap {
namespace {

TEST(Plumbing, IsWhatRunsBlocksOrCallsForOthers) {
  for (const char* const function :
       {"", "runtime.gopark", "runtime/debug.FreeOSMemory", "internal/poll.(*FD).Read", "sync.(*Mutex).Lock",
        "sync/atomic.(*Value).Store", "syscall.Read", "time.Sleep", "reflect.Value.Call",
        "golang.org/x/sync/errgroup.(*Group).Go", "gopkg.in/yaml.v3.Unmarshal", "gopkg.in/yaml.v3.(*decoder).scalar"})
    EXPECT_TRUE(is_plumbing(OwnerRules::built_in(), function)) << function;
}

TEST(Plumbing, IsNoneOfTheRestOfTheStandardLibraryOrTheProgram) {
  for (const char* const function : {"main.main", "net/http.(*conn).serve", "golang.org/x/synctest.Run",
                                     "example.com/runtime.Start", "runtimes.Run", "timeout.After"})
    EXPECT_FALSE(is_plumbing(OwnerRules::built_in(), function)) << function;
}

TEST(StandardLibrary, HasNoDotInTheFirstElementOfItsPaths) {
  for (const char* const function :
       {"fmt.Println", "net/http.(*conn).serve", "encoding/json.Unmarshal", "slices.Grow[...]",
        "slices.Grow[go.shape.[]example.com/app.Item]", "type:.eq.main.Item", ""})
    EXPECT_TRUE(is_standard_library(function, "shop")) << function;
}

TEST(StandardLibrary, IsNotTheProgramNorItsModule) {
  for (const char* const function :
       {"main.main", "main.(*Cart).Add", "shop/cart.(*Cart).Add", "shop.Open", "example.com/app.Run",
        "example.com/app.Map[fmt.Stringer]", "gopkg.in/yaml.v3.Unmarshal", "plugin/unnamed-0123abcd.Handle"})
    EXPECT_FALSE(is_standard_library(function, "shop")) << function;
  EXPECT_TRUE(is_standard_library("shopping.Open", "shop"));
  EXPECT_TRUE(is_standard_library("mainly.Open", ""));
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
    count_ = static_cast<std::uint32_t>(functions.size());
    return first_user_frame(snapshot_, OwnerRules::built_in(), 1, count_);
  }
  std::string_view own_of(std::initializer_list<const char*> functions) {
    of(functions);
    const Frame* const found = first_own_frame(snapshot_, OwnerRules::built_in(), 1, count_);
    return found == nullptr ? "none" : snapshot_.strings[found->function];
  }
  Snapshot snapshot_;
  std::uint32_t count_ = 0;
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

TEST_F(FirstUserFrame, IsOutsideOfTheStandardLibraryForWhoeverAskedForMemory) {
  EXPECT_EQ(
      own_of({"runtime.mallocgc", "bytes.growSlice", "net/http.(*conn).serve", "example.com/app.Serve", "main.main"}),
      "example.com/app.Serve");
  EXPECT_EQ(own_of({"runtime.mallocgc", "bytes.growSlice", "runtime.goexit"}), "bytes.growSlice")
      << "the program has no part in it";
  EXPECT_EQ(own_of({"runtime.mallocgc", "runtime.main"}), "none");
  snapshot_.target.main_module = "golang.org/x/sync";
  EXPECT_EQ(own_of({"runtime.mallocgc", "golang.org/x/sync/errgroup.(*Group).Go", "main.main"}),
            "golang.org/x/sync/errgroup.(*Group).Go")
      << "what is plumbing for others is the program itself";
}

}  // namespace
}  // namespace holdfast::heap
