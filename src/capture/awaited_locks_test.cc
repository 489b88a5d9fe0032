#include "capture/awaited_locks.h"

#include <gmock/gmock.h>

#include <optional>

#include "go/stack_image_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using go::StackImage;
using heap::AwaitedLock;
using heap::GoroutineState;
using heap::LockKind;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr Address kVariables{0x800000};

class AwaitedLocksTest : public testing::TestWithParam<int> {
 protected:
  AwaitedLocksTest() { image_.map(kVariables, 0x100); }

  void set_words(Address lock, std::initializer_list<std::uint32_t> words) {
    for (const std::uint32_t word : words) {
      image_.put(lock, word);
      lock += sizeof word;
    }
  }
  void wait(WaitReason reason, Address semaphore, std::initializer_list<std::string_view> functions) {
    const RootId root = heap_.root(heap::RootKind::kGoroutine, "");
    const GoroutineId id = heap_.goroutine(++goid_, GoroutineState::kWaiting, reason, root, functions);
    heap_.snapshot().goroutines[id.row].waits_on = semaphore;
  }
  void wait_for_mutex(Address mutex) {
    wait(WaitReason::kMutexLock, mutex + 4,
         {"sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", "main.f"});
  }
  // The goroutine that came last waits for a mutex in the object, if there is one.
  std::vector<AwaitedLock> locks(std::optional<heap::testing::HeapBuilder::Handle> object = std::nullopt) {
    snapshot_ = heap_.build();
    go::Runtime& runtime = image_.runtime();
    runtime.modules.front().noptrbss = {kVariables, kVariables + 0x100};
    const heap::ObjectIndex index(snapshot_.spans, snapshot_.allocated);
    if (object) snapshot_.goroutines.back().waits_on = index.address_of(heap_.id(*object)) + 20;
    add_awaited_locks(runtime, go::Symbols({}), index, snapshot_);
    return snapshot_.awaited_locks;
  }

  StackImage image_{GetParam()};
  heap::testing::HeapBuilder heap_;
  heap::Snapshot snapshot_;
  std::uint64_t goid_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Releases, AwaitedLocksTest, testing::Values(19, 20, 23, 24, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(AwaitedLocksTest, TheFunctionsTellWhichWordOfWhichLockItIs) {
  const Address mutex = kVariables, write = kVariables + 0x20, read = kVariables + 0x40, group = kVariables + 0x60;
  const std::uint32_t taken = 3U - (1U << 30);
  set_words(mutex, {1, 0});
  set_words(write, {1, 0, 0, 0, taken, 2});
  set_words(read, {1, 0, 0, 0, taken, 0});
  set_words(group, {0, 5});
  wait_for_mutex(mutex);
  wait(WaitReason::kSemacquire, write + 8, {"sync.runtime_SemacquireRWMutex", "sync.(*RWMutex).Lock", "main.f"});
  wait(WaitReason::kRwMutexLock, write + 4,
       {"internal/sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", "main.f"});
  wait(WaitReason::kRwMutexRLock, read + 12, {"sync.runtime_SemacquireRWMutexR", "sync.(*RWMutex).RLock", "main.f"});
  wait(WaitReason::kWaitGroupWait, group + 8, {"sync.runtime_Semacquire", "sync.(*WaitGroup).Wait", "main.f"});
  const std::vector<AwaitedLock> found = locks();
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].at, mutex);
  EXPECT_EQ(found[0].kind, LockKind::kMutex);
  EXPECT_TRUE(found[0].locked);
  for (const std::size_t row : {1, 2}) {
    EXPECT_EQ(found[row].at, write);
    EXPECT_EQ(found[row].kind, LockKind::kRwMutex);
    EXPECT_TRUE(found[row].locked);
    EXPECT_EQ(found[row].readers, 2U);
  }
  EXPECT_EQ(found[3].at, read);
  EXPECT_EQ(found[3].kind, LockKind::kRwMutex);
  EXPECT_EQ(found[4].at, group);
  EXPECT_EQ(found[4].kind, LockKind::kWaitGroup);
  EXPECT_EQ(found[4].missing, 5U);
  EXPECT_THAT(found, Each(Field(&AwaitedLock::known, true)));
}

TEST_P(AwaitedLocksTest, EachWordHasARowOfWhereItLies) {
  const auto object = heap_.object(32);
  wait_for_mutex(kVariables);
  wait_for_mutex(kVariables);
  wait_for_mutex({});
  const std::vector<AwaitedLock> found = locks(object);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at, kVariables);
  EXPECT_FALSE(found[0].object);
  EXPECT_TRUE(found[0].label);
  EXPECT_EQ(found[1].object, heap_.id(object));
  EXPECT_FALSE(found[1].label);
}

TEST_P(AwaitedLocksTest, OtherSemaphoresAreNoLocks) {
  wait(WaitReason::kSemacquire, kVariables + 4, {"runtime.semacquire1", "main.(*Mutex).Lock", "main.f"});
  wait(WaitReason::kSemacquire, {}, {"sync.runtime_SemacquireMutex", "sync.(*Mutex).Lock"});
  wait(WaitReason::kSleep, kVariables + 4, {"time.Sleep", "sync.(*Mutex).Lock"});
  EXPECT_THAT(locks(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::capture
