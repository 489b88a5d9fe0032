#include "base/timer.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace holdfast {
namespace {

using ::testing::ElementsAre;

// The progress line once said "dominators" all through the typing that ran beside them.
TEST(PassTimes, TellsWhichPassesRun) {
  std::vector<std::string> told;
  PassTimes times([&](const std::string& running) { told.push_back(running); });
  times.run("types", [&] { times.run("dominators", [] {}); });
  EXPECT_THAT(told, ElementsAre("types", "types, dominators", "types", ""));
}

TEST(PassTimes, APassThatFailsHasEnded) {
  std::string told;
  PassTimes times([&](const std::string& running) { told = running; });
  EXPECT_THROW(times.run("read", []() -> int { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_EQ(told, "");
  ASSERT_EQ(times.milliseconds().size(), 1U);
  EXPECT_EQ(times.milliseconds()[0].first, "read");
}

}  // namespace
}  // namespace holdfast
