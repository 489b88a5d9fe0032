#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::kSecond;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::LockHold;
using heap::LockKind;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;

// Two accounts in the depth of a package variable, and goroutines that wait for their locks.
class StuckLocks : public ::testing::Test {
 protected:
  StuckLocks() {
    add_ballast(heap_);
    const TypeId mutex = heap_.structure("sync.Mutex", 8, {{"state", {}, 0}, {"sema", {}, 4}});
    const TypeId account = heap_.structure("main.account", 32, {{"name", {}, 0}, {"mu", mutex, 16}});
    bank_ = heap_.object(16);
    heap_.refer(heap_.root(RootKind::kGlobal, "main.world"), bank_);
    for (int i = 0; i < depth_; ++i) {
      const auto below = heap_.object(16);
      heap_.edge(bank_, 0, below);
      bank_ = below;
    }
    for (HeapBuilder::Handle& each : accounts_) each = heap_.object(32, account);
  }

  GoroutineId add(WaitReason reason, std::initializer_list<std::size_t> in_hand, std::uint64_t waiting = 2 * kSecond,
                  std::initializer_list<std::string_view> functions = {"sync.(*Mutex).Lock", "main.transfer",
                                                                       "main.work"}) {
    const RootId root = heap_.root(RootKind::kGoroutine, "");
    const GoroutineId id =
        heap_.goroutine(20 + heap_.snapshot().goroutines.size(), GoroutineState::kWaiting, reason, root, functions);
    for (const std::size_t account : in_hand) {
      const RootId frame = heap_.root(RootKind::kFrame, "main.transfer", root);
      heap_.snapshot().roots[frame.row].goroutine = id;
      heap_.snapshot().roots[frame.row].frame = FrameId(heap_.snapshot().goroutines[id.row].first_frame + 1);
      heap_.refer(frame, accounts_[account]);
    }
    heap_.snapshot().goroutines[id.row].waiting_ns = waiting;
    return id;
  }
  void waits_for(GoroutineId id, std::size_t account) { waits_.emplace_back(id, account); }

  view::Report report(bool locked = true) {
    if (!is_leaked_) heap_.edge(bank_, 0, accounts_[0]).edge(bank_, 8, accounts_[1]);
    heap::Snapshot snapshot = heap_.build();
    const heap::ObjectIndex index(snapshot.spans, snapshot.allocated);
    for (std::size_t i = 0; i < 2; ++i) {
      const ObjectId object = heap_.id(accounts_[i]);
      const Address lock = index.address_of(object) + 16;
      snapshot.awaited_locks.push_back({lock + 4, lock, object, {}, kind_, true, locked, readers_, 0});
    }
    std::ranges::sort(snapshot.awaited_locks);
    for (const auto& [id, account] : waits_)
      snapshot.goroutines[id.row].waits_on = index.address_of(heap_.id(accounts_[account])) + 20;
    for (const auto& [id, account] : waits_)
      if (is_leaked_) snapshot.wake_ups.push_back({id, heap_.id(accounts_[account]), {}, {}});
    return report_of(snapshot);
  }
  // Two that have both accounts in hand and wait for one each.
  void add_ring() {
    waits_for(add(WaitReason::kMutexLock, {0, 1}), 0);
    waits_for(add(WaitReason::kMutexLock, {0, 1}), 1);
  }

  int depth_ = 4;
  bool is_leaked_ = false;  // no variable leads to the accounts
  LockKind kind_ = LockKind::kMutex;
  std::uint32_t readers_ = 0;
  HeapBuilder heap_;
  HeapBuilder::Handle bank_ = {};
  std::array<HeapBuilder::Handle, 2> accounts_;
  std::vector<std::pair<GoroutineId, std::size_t>> waits_;
};

TEST_F(StuckLocks, FindsARing) {
  add_ring();
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "2 goroutines wait for ever for locks that they keep from one another");
  EXPECT_THAT(finding->because.full,
              HasSubstr("goroutine 20 at main.transfer waits for the sync.Mutex main.account.mu, which the next has in "
                        "hand: goroutine 21 at main.transfer waits for the sync.Mutex main.account.mu, which the first "
                        "has in hand; "));
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
}

TEST_F(StuckLocks, FindsALockThatIsForgotten) {
  waits_for(add(WaitReason::kMutexLock, {0}), 0);
  waits_for(add(WaitReason::kMutexLock, {0}), 0);
  const view::Report found = report();
  ASSERT_NE(find(found, "stuck-locks"), nullptr);
  EXPECT_EQ(find(found, "stuck-locks")->title.full,
            "2 goroutines wait for ever for a lock that nobody is about to unlock");
}

// One method that reads calls another one while a writer waits; the last frame has the account in hand as well.
TEST_F(StuckLocks, FindsALockThatIsReadAgain) {
  kind_ = LockKind::kRwMutex;
  readers_ = 1;
  waits_for(
      add(WaitReason::kRwMutexLock, {0}, 2 * kSecond, {"sync.(*RWMutex).Lock", "main.(*account).set", "main.work"}), 0);
  waits_for(add(WaitReason::kRwMutexRLock, {0}, 2 * kSecond,
                {"sync.(*RWMutex).RLock", "main.(*account).get", "main.(*account).sum", "main.work"}),
            0);
  const FrameId sum(heap_.snapshot().goroutines.back().first_frame + 2);
  heap_.snapshot().roots.back().frame = sum;
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->because.full,
              HasSubstr("goroutine 21 at main.(*account).get waits for the sync.RWMutex main.account.mu, below "
                        "main.(*account).sum, which has it in hand; a writer waits for those who read; "));
  EXPECT_THAT(finding->fix.full, HasSubstr("do not call RLock below a function that has called it"));
}

// Nothing else leads to the account.
TEST_F(StuckLocks, AreProvenWhereAllAreLeakedAndExplainThese) {
  is_leaked_ = true;
  for (int i = 0; i < 3; ++i) waits_for(add(WaitReason::kMutexLock, {0}), 0);
  const view::Report found = report();
  ASSERT_EQ(found.findings.size(), 1U);
  const view::Finding& finding = found.findings.front();
  EXPECT_EQ(finding.id, "stuck-locks");
  EXPECT_EQ(finding.confidence, Confidence::kProven);
  EXPECT_THAT(finding.because.full, HasSubstr("; nothing that can still run refers to what they wait for"));
  ASSERT_EQ(finding.folded.size(), 3U);  // of each, since they are in no group
  EXPECT_EQ(finding.folded.front().id, "goroutine-leak");
}

TEST_F(StuckLocks, NamesWhoWaitsWithALockInHand) {
  for (int i = 0; i < 6; ++i) waits_for(add(WaitReason::kMutexLock, {0}, 70 * kSecond), 0);
  add(WaitReason::kChanSend, {0}, 80 * kSecond);
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "6 goroutines wait for a lock, and who has it in hand waits for others");
  EXPECT_THAT(finding->because.full,
              HasSubstr("; goroutine 26 has it in hand at main.transfer, and waits in chan send at main.transfer; "));
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
}

TEST_F(StuckLocks, IsNotSureOfALockThatIsHeldForNotSoLong) {
  for (int i = 0; i < 6; ++i) waits_for(add(WaitReason::kMutexLock, {0}), 0);
  add(WaitReason::kChanSend, {0});
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  EXPECT_TRUE(finding == nullptr || finding->confidence == Confidence::kPossible);
}

TEST_F(StuckLocks, LeavesLocksAloneThatSomebodyMayUnlock) {
  add_ring();
  add(WaitReason::kIoWait, {1});
  EXPECT_EQ(find(report(), "stuck-locks"), nullptr);
}

TEST_F(StuckLocks, LeavesThoseAloneThatHaveJustComeOrAreBeingWoken) {
  waits_for(add(WaitReason::kMutexLock, {0}, 0), 0);
  EXPECT_EQ(find(report(), "stuck-locks"), nullptr);
}

TEST_F(StuckLocks, LeavesAloneWhatIsNotLocked) {
  add_ring();
  EXPECT_EQ(find(report(false), "stuck-locks"), nullptr);
}

// Two mutexes in package variables, and what code says of who has them.
class StuckLocksInVariables : public ::testing::Test {
 protected:
  StuckLocksInVariables() { add_ballast(heap_); }

  static constexpr Address kLocks[] = {Address(0x500000), Address(0x500100)};

  GoroutineId add(WaitReason reason, std::uint64_t waiting = 2 * kSecond) {
    const RootId root = heap_.root(RootKind::kGoroutine, "");
    const GoroutineId id = heap_.goroutine(20 + heap_.snapshot().goroutines.size(), GoroutineState::kWaiting, reason,
                                           root, {"sync.(*Mutex).Lock", "main.transfer", "main.work"});
    heap_.snapshot().goroutines[id.row].waiting_ns = waiting;
    return id;
  }
  GoroutineId add_waiter(std::size_t lock, std::uint64_t waiting = 2 * kSecond) {
    const GoroutineId id = add(WaitReason::kMutexLock, waiting);
    heap_.snapshot().goroutines[id.row].waits_on = kLocks[lock] + 4;
    code_says(id, lock, LockHold::kAsks, 1);
    return id;
  }
  void code_says(GoroutineId id, std::size_t lock, LockHold hold, std::uint32_t frame = 2) {
    const FrameId place(heap_.snapshot().goroutines[id.row].first_frame + frame);
    heap_.snapshot().lock_holders.push_back({kLocks[lock], id, place, hold});
  }
  void add_ring(LockHold hold) {
    code_says(add_waiter(0), 1, hold);
    code_says(add_waiter(1), 0, hold);
  }
  view::Report report() {
    const RootId variable = heap_.root(RootKind::kGlobal, "main.accounts");
    heap_.refer(variable, heap_.leaf(8));
    heap::Snapshot snapshot = heap_.build();
    for (const Address lock : kLocks)
      snapshot.awaited_locks.push_back(
          {lock + 4, lock, {}, snapshot.roots[variable.row].label, LockKind::kMutex, true, true, 0, 0});
    std::ranges::sort(snapshot.lock_holders);
    return report_of(snapshot);
  }

  HeapBuilder heap_;
};

TEST_F(StuckLocksInVariables, FindsARing) {
  add_ring(LockHold::kSurely);
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "2 goroutines wait for ever for locks that they keep from one another");
  EXPECT_THAT(finding->because.full,
              HasSubstr("goroutine 20 at main.transfer waits for the sync.Mutex main.accounts, which the next has "
                        "locked: goroutine 21 at main.transfer waits for the sync.Mutex main.accounts, which the first "
                        "has locked; "));
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
}

TEST_F(StuckLocksInVariables, LeavesThoseAloneThatOnlyMayHaveThem) {
  add_ring(LockHold::kPerhaps);
  EXPECT_EQ(find(report(), "stuck-locks"), nullptr);
}

TEST_F(StuckLocksInVariables, FindsALockThatIsLockedTwice) {
  code_says(add_waiter(0), 0, LockHold::kSurely);
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "1 goroutine waits for ever for a lock that one of them has in hand already");
  EXPECT_THAT(finding->because.full, HasSubstr("main.accounts, which it has locked at main.work too; "));
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
}

TEST_F(StuckLocksInVariables, IsNotSureOfALockThatIsForgotten) {
  add_waiter(0, 70 * kSecond);
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "1 goroutine waits for ever for a lock that nobody is about to unlock");
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
}

TEST_F(StuckLocksInVariables, WaitsAMinuteBeforeItSaysThatALockIsForgotten) {
  add_waiter(0);
  EXPECT_EQ(find(report(), "stuck-locks"), nullptr);
}

TEST_F(StuckLocksInVariables, NamesWhoWaitsWithALockLocked) {
  for (int i = 0; i < 6; ++i) add_waiter(0, 70 * kSecond);
  code_says(add(WaitReason::kChanSend, 80 * kSecond), 0, LockHold::kSurely);
  const view::Report found = report();
  const view::Finding* finding = find(found, "stuck-locks");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->because.full,
              HasSubstr("; goroutine 26 has it locked at main.work, and waits in chan send at main.transfer; "));
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
}

TEST_F(StuckLocksInVariables, LeavesLocksAloneThatSomebodyMayUnlock) {
  add_waiter(0, 70 * kSecond);
  code_says(add(WaitReason::kChanSend, 80 * kSecond), 0, LockHold::kPerhaps);
  EXPECT_EQ(find(report(), "stuck-locks"), nullptr);
}

TEST_F(StuckLocksInVariables, LeavesThoseAloneOfWhichCodeTellsNothing) {
  add_waiter(0, 70 * kSecond);
  heap_.snapshot().lock_holders.clear();
  EXPECT_EQ(find(report(), "stuck-locks"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
