#include "graph/leak_causes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/reachability.h"
#include "graph/waiting_program_for_tests.h"

namespace holdfast::graph {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Eq;

using Causes = std::vector<std::optional<std::uint32_t>>;

// A pool (object 0) leads to what its users wait for (objects 1 and 2). Goroutine 0 has the pool and waits for a
// channel of its own (object 3); goroutines 1 and 2 are users.
class LeakCauses : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kPool = 0, kFirstRequest = 1, kSecondRequest = 2, kOwn = 3, kOther = 4;

  LeakCauses() {
    program_.heap().edge(kPool, kFirstRequest).edge(kPool, kSecondRequest);
    program_.holds(0, kPool).holds(0, kOwn).holds(1, kPool).holds(2, kPool);
  }

  // Of groups that are all leaked.
  Causes causes(std::vector<std::vector<GoroutineId>> groups) {
    heap::Snapshot snapshot = program_.build();
    snapshot.wake_ups = waits_;
    std::ranges::sort(snapshot.wake_ups);
    const LeakedGoroutines leaked = find_leaked_goroutines(snapshot, reach(snapshot));
    std::size_t members = 0;
    for (const auto& group : groups) members += group.size();
    EXPECT_EQ(leaked.goroutines.size(), members);
    return causes_of_leaks(snapshot, leaked, groups);
  }

  WaitingProgram program_{5, 4};
  std::vector<heap::WakeUp> waits_{waits_for(0, kOwn), waits_for(1, kFirstRequest), waits_for(2, kSecondRequest)};
};

constexpr GoroutineId kKeeper{0}, kFirstUser{1}, kSecondUser{2}, kFourth{3};

TEST_F(LeakCauses, AreThoseWhoAloneCouldWakeTheOthers) {
  EXPECT_THAT(causes({{kFirstUser, kSecondUser}, {kKeeper}}), ElementsAre(1U, std::nullopt));
}

TEST_F(LeakCauses, AreNoneIfEachCouldWakeTheOther) {
  program_.heap().edge(kPool, kOwn);
  EXPECT_THAT(causes({{kFirstUser, kSecondUser}, {kKeeper}}), Each(Eq(std::nullopt)));
}

TEST_F(LeakCauses, AreNoneIfSomebodyElseCouldWakeThemAsWell) {
  program_.holds(3, kPool).holds(3, kOther);
  waits_.push_back(waits_for(3, kOther));
  EXPECT_THAT(causes({{kFirstUser, kSecondUser}, {kKeeper}, {kFourth}}), Each(Eq(std::nullopt)));
}

TEST_F(LeakCauses, AreBehindThoseWhoWaitForThemToo) {
  program_.heap().edge(kPool, kOther);
  program_.holds(3, kPool);
  waits_.push_back(waits_for(3, kOther));
  EXPECT_THAT(causes({{kFirstUser, kSecondUser}, {kKeeper}, {kFourth}}), ElementsAre(1U, std::nullopt, 1U));
}

TEST_F(LeakCauses, WakeAllOfAGroupOrNobodyOfIt) {
  program_.holds(3, kOther);
  waits_.push_back(waits_for(3, kOther));
  EXPECT_THAT(causes({{kFirstUser, kSecondUser, kFourth}, {kKeeper}}), Each(Eq(std::nullopt)));
}

// The first user has what the fourth waits for.
TEST_F(LeakCauses, AreBehindThoseWhoWaitForOthersWhoWaitForThem) {
  program_.holds(1, kOther).holds(3, kOther);
  waits_.push_back(waits_for(3, kOther));
  EXPECT_THAT(causes({{kFirstUser}, {kSecondUser}, {kKeeper}, {kFourth}}), ElementsAre(2U, 2U, std::nullopt, 2U));
}

}  // namespace
}  // namespace holdfast::graph
