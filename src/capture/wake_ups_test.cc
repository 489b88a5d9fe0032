#include "capture/wake_ups.h"

#include <gmock/gmock.h>

#include "capture/waiting_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::Actor;
using heap::ActorKind;
using heap::Snapshot;
using heap::WakeUp;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

class WakeUpsTest : public WaitingTest {
 protected:
  WakeUpsTest() { make_channel(0, 0); }  // object 0: no heap is empty

  // Adds a goroutine that waits for a semaphore at `word`, from the runtime's table or not.
  Address wait_for_semaphore(Address word, bool in_table) {
    const Address g = add_goroutine("Semacquire");
    const Address sudog = target_.image.make("runtime.sudog");
    target_.image.set(sudog, "runtime.sudog", "g", g);
    target_.image.put(sudog + target_.image.layouts->offset("runtime.sudog", "elem") + (GetParam() >= 26 ? 8 : 0),
                      word);
    if (GetParam() >= 26) wait(g, sudog);
    const Address table = TargetImage::kVariables + 0x800;
    target_.image.vars.semtable = table;
    if (in_table) target_.image.put(table + target_.image.layouts->offset("runtime.semaRoot", "treap"), sudog);
    return g;
  }
  void set_goroutine(Address g, std::string_view field, std::uint64_t value) {
    target_.image.set(g, "runtime.g", field, value);
  }
};

INSTANTIATE_TEST_SUITE_P(Releases, WakeUpsTest, testing::Values(19, 22, 23, 25, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(WakeUpsTest, AreTheChannelsInWhoseQueuesItStands) {
  const Address one = make_channel(0, 0), other = make_channel(8, 8);
  park(one, false);
  const Address g = add_goroutine("Select");
  const Address first = make_sudog(g, one, true), second = make_sudog(g, other, true);
  wait(g, first);
  link(first, "waitlink", second);
  set(one, "sendq.first", first.value);
  set(other, "sendq.first", second.value);
  EXPECT_THAT(target_.snapshot().wake_ups,
              ElementsAre(WakeUp{GoroutineId(0), ObjectId(1), {}, {}}, WakeUp{GoroutineId(1), ObjectId(1), {}, {}},
                          WakeUp{GoroutineId(1), ObjectId(2), {}, {}}));
}

TEST_P(WakeUpsTest, AreNotKnownOfWhoHasLeftAQueue) {
  const Address one = make_channel(0, 0), other = make_channel(0, 0);
  const Address g = add_goroutine("Select");
  const Address first = make_sudog(g, one, true), second = make_sudog(g, other, true);
  wait(g, first);
  link(first, "waitlink", second);
  set(one, "recvq.first", first.value);
  EXPECT_THAT(target_.snapshot().wake_ups, IsEmpty());
}

TEST_P(WakeUpsTest, AreNotKnownOfWhoIsBeingWokenOrAboutToWait) {
  for (const char* field : {"selectDone", "parkingOnChan"}) {
    const Address channel = make_channel(0, 0);
    const Address g = add_goroutine("ChanReceive");
    const Address sudog = make_sudog(g, channel, false);
    wait(g, sudog);
    set(channel, "recvq.first", sudog.value);
    set_goroutine(g, field, 1);
  }
  EXPECT_THAT(target_.snapshot().wake_ups, IsEmpty());
}

TEST_P(WakeUpsTest, AreNothingForANilChannelOrASelectWithoutCases) {
  add_goroutine("ChanReceiveNilChan");
  add_goroutine("SelectNoCases");
  add_goroutine("Select");  // all its channels are nil
  EXPECT_THAT(target_.snapshot().wake_ups,
              ElementsAre(WakeUp{GoroutineId(0), {}, {}, {}}, WakeUp{GoroutineId(1), {}, {}, {}},
                          WakeUp{GoroutineId(2), {}, {}, {}}));
}

TEST_P(WakeUpsTest, AreNotKnownOfWhoWaitsForTheSystem) {
  for (const char* reason : {"IOWait", "Sleep", "FinalizerWait"}) add_goroutine(reason);
  EXPECT_THAT(target_.snapshot().wake_ups, IsEmpty());
}

TEST_P(WakeUpsTest, AreTheObjectWithTheSemaphore) {
  const Address object = make_channel(0, 0);  // any object
  wait_for_semaphore(object + 16, true);
  EXPECT_THAT(target_.snapshot().wake_ups, ElementsAre(WakeUp{GoroutineId(0), ObjectId(1), {}, {}}));
}

TEST_P(WakeUpsTest, AreNotKnownOfASemaphoreThatTheTableDoesNotHave) {
  wait_for_semaphore(make_channel(0, 0) + 16, false);
  EXPECT_THAT(target_.snapshot().wake_ups, IsEmpty());
}

TEST_P(WakeUpsTest, AreNotKnownIfAVariableHasTheSemaphore) {
  wait_for_semaphore(TargetImage::kVariables + 0x10, true);
  EXPECT_THAT(target_.snapshot().wake_ups, IsEmpty());
}

TEST_P(WakeUpsTest, OnTheStackOfAnotherGoroutineDependOnIt) {
  const Address stack(TargetImage::kVariables.value + 0x400);
  const Address owner = add_goroutine("Sleep");
  set_goroutine(owner, "stack.lo", stack.value);
  set_goroutine(owner, "stack.hi", stack.value + 0x100);
  wait_for_semaphore(stack + 0x80, true);
  EXPECT_THAT(target_.snapshot().wake_ups, ElementsAre(WakeUp{GoroutineId(1), {}, GoroutineId(0), {}}));
}

TEST_P(WakeUpsTest, AreForgottenIfAThreadThatActsIsNotKnown) {
  add_goroutine("SelectNoCases");
  const Address m = target_.image.make("runtime.m"), g0 = target_.image.make("runtime.g");
  target_.image.set(m, "runtime.m", "g0", g0);
  target_.image.set(m, "runtime.m", "procid", 4711);
  target_.image.set(m, "runtime.m", "curg", target_.goroutine(++goid_, go::GoroutineStatus::kRunning, {}));
  target_.image.set(g0, "runtime.g", "m", m);
  target_.image.vars.m0 = m;
  EXPECT_THAT(target_.snapshot().wake_ups, IsEmpty());
  EXPECT_THAT(target_.losses.sorted(), Contains(Field(&Loss::kind, "unknown-actor")));
}

}  // namespace
}  // namespace holdfast::capture
