#include "capture/lock_holders.h"

#include <gmock/gmock.h>

#include "go/stack_image_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using go::StackImage;
using heap::GoroutineState;
using heap::LockHold;
using heap::LockHolder;
using heap::LockKind;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Address kLock{0x801000}, kPointers{0x810000};
constexpr std::uint32_t kFunctionBytes = 0x80, kCodeBytes = 0x1000;

// main.work locks a mutex in a package variable, calls another function and unlocks it.
class LockHoldersTest : public testing::Test {
 protected:
  LockHoldersTest() {
    image_.map(StackImage::kText, kCodeBytes);
    image_.map(kPointers, 0x100);
    lock_ = begin("sync.(*Mutex).Lock");
    unlock_ = begin("sync.(*Mutex).Unlock");
    panic_ = begin("runtime.gopanic");
    other_ = begin("main.other");
    work_ = begin("main.work");
    asking_ = call_with_lock(lock_);
    working_ = call(other_);
    call_with_lock(unlock_);
    image_.put<std::uint8_t>(at_, std::uint8_t{0xc3});
  }
  Address begin(const std::string& name) { return at_ = image_.function({.name = name, .size = kFunctionBytes}); }
  void relative(Address target) {
    image_.put<std::uint32_t>(at_, static_cast<std::uint32_t>(target - (at_ + 4)));
    at_ += 4;
  }
  Address call(Address function) {
    image_.put<std::uint8_t>(at_, std::uint8_t{0xe8});
    at_ += 1;
    relative(function);
    return at_;
  }
  Address call_with_lock(Address function) {
    for (const int byte : {0x48, 0x8d, 0x05}) {  // lea rax, [lock]
      image_.put<std::uint8_t>(at_, static_cast<std::uint8_t>(byte));
      at_ += 1;
    }
    relative(kLock);
    return call(function);
  }

  // Its frames, innermost first.
  GoroutineId add(std::initializer_list<std::string_view> functions, std::initializer_list<Address> places) {
    const RootId root = heap_.root(heap::RootKind::kGoroutine, "");
    const GoroutineId id =
        heap_.goroutine(++goid_, GoroutineState::kWaiting, WaitReason::kChanReceive, root, functions);
    first_frames_.push_back(heap_.snapshot().goroutines[id.row].first_frame);
    std::uint32_t frame = first_frames_.back();
    for (const Address place : places) heap_.snapshot().frames[frame++].pc = place;
    return id;
  }
  GoroutineId add_waiter() {
    const GoroutineId id = add({"sync.(*Mutex).Lock", "main.work"}, {lock_ + 8, asking_});
    heap_.snapshot().goroutines[id.row].waits_on = kLock + 4;
    return id;
  }
  std::vector<LockHolder> holders() {
    heap::Snapshot snapshot = heap_.build();
    snapshot.awaited_locks = {{.semaphore = kLock + 4,
                               .at = kLock,
                               .object = {},
                               .label = {},
                               .kind = LockKind::kMutex,
                               .known = true,
                               .locked = true}};
    go::Runtime& runtime = image_.runtime();
    runtime.modules.front().etext = StackImage::kText + kCodeBytes;
    runtime.modules.front().noptrbss = {kLock, kLock + 0x1000};
    runtime.modules.front().data = {kPointers, kPointers + 0x100};
    add_lock_holders(image_.functions(), snapshot);
    return snapshot.lock_holders;
  }
  FrameId frame(GoroutineId goroutine, std::uint32_t number) const {
    return FrameId(first_frames_[goroutine.row] + number);
  }

  StackImage image_{26};
  heap::testing::HeapBuilder heap_;
  Address at_, lock_, unlock_, panic_, other_, work_, asking_, working_;
  std::vector<std::uint32_t> first_frames_;  // by goroutine
  std::uint64_t goid_ = 0;
};

TEST_F(LockHoldersTest, AreThoseWhoseCodeSaysSo) {
  const GoroutineId waiter = add_waiter(), holder = add({"main.other", "main.work"}, {other_ + 8, working_});
  add({"main.other"}, {other_ + 8});
  const FrameId asks = frame(waiter, 1), has = frame(holder, 1);
  EXPECT_THAT(holders(), ElementsAre(LockHolder{kLock, waiter, asks, LockHold::kAsks},
                                     LockHolder{kLock, holder, has, LockHold::kSurely}));
}

TEST_F(LockHoldersTest, MayHaveUnlockedItInAPanic) {
  add_waiter();
  const GoroutineId holder = add({"main.other", "runtime.gopanic", "main.work"}, {other_ + 8, panic_ + 8, working_});
  EXPECT_EQ(holders().back(), (LockHolder{kLock, holder, frame(holder, 2), LockHold::kPerhaps}));
}

TEST_F(LockHoldersTest, MayBeThoseWhoseStacksArePointingNearIt) {
  add_waiter();
  const GoroutineId other = add({"main.other"}, {other_ + 8});
  heap::Goroutine& goroutine = heap_.snapshot().goroutines[other.row];
  goroutine.stack = {StackImage::kStack, StackImage::kStackEnd};
  goroutine.stack_used = 0x20;
  image_.put(StackImage::kStackEnd - 8, kLock - 16);
  image_.put(StackImage::kStackEnd - 0x28, kLock);  // not in use
  EXPECT_EQ(holders().back(), (LockHolder{kLock, other, {}, LockHold::kPerhaps}));
}

TEST_F(LockHoldersTest, AreNotKnownOfALockThatSomebodyAsksForInAnotherWay) {
  add_waiter();
  const GoroutineId other = add({"sync.(*Mutex).Lock", "main.other"}, {lock_ + 8, other_ + 8});
  heap_.snapshot().goroutines[other.row].waits_on = kLock + 4;
  EXPECT_THAT(holders(), IsEmpty());
}

TEST_F(LockHoldersTest, AreNotKnownOfALockThatDataRefersTo) {
  add_waiter();
  image_.put(kPointers + 8, kLock);
  EXPECT_THAT(holders(), IsEmpty());
}

TEST_F(LockHoldersTest, AreNotKnownOfALockWhoseAddressIsPassedOn) {
  begin("main.passes");
  call_with_lock(other_);
  add_waiter();
  EXPECT_THAT(holders(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::capture
