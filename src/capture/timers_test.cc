#include "capture/timers.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "capture/target_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::TimerKind;
using testing::SizeIs;

constexpr unsigned kSlots128 = 10;  // the size class of 128 bytes: every record of a timer fits

class TimerRowsTest : public testing::TestWithParam<int> {
 protected:
  TimerRowsTest() {
    go::StackImage& image = target_.image;
    image.put(image.vars.allp, go::HeapImage::kLists + 0x880);
    image.put<std::uint64_t>(image.vars.allp + 8, 1);
    image.put(go::HeapImage::kLists + 0x880, go::StackImage::kStack);  // large enough for a runtime.p
    objects_ = target_.heap.add_span(kSlots128);
  }
  // Adds a timer that lies in an object of its own.
  Address add_timer(Address code, Address argument, std::uint64_t due) {
    const Address timer = target_.heap.keep(objects_), closure = target_.image.make("runtime.timer");
    target_.image.put(closure, code);
    set(timer, "f", closure.value);
    set(timer, "when", due);
    target_.image.put(timer + target_.image.layouts->offset("runtime.timer", "arg") + 8, argument);
    timers_.push_back(timer);
    return timer;
  }
  void set(Address timer, std::string_view field, std::uint64_t value) {
    target_.image.set(timer, "runtime.timer", field, value);
  }
  heap::Snapshot snapshot() {
    const bool embedded = target_.image.version.timers_are_embedded();
    const Address list =
        go::StackImage::kStack + target_.image.layouts->offset("runtime.p", embedded ? "timers" : "timers.heap");
    target_.image.put(list, go::StackImage::kGofunc + 0x4000);
    target_.image.put<std::uint64_t>(list + 8, timers_.size());
    for (std::size_t i = 0; i < timers_.size(); ++i)
      target_.image.put(go::StackImage::kGofunc + 0x4000 + i * (embedded ? 8 : 16), timers_[i]);
    return target_.snapshot();
  }

  TargetImage target_{GetParam()};
  Address objects_;
  std::vector<Address> timers_;
};

INSTANTIATE_TEST_SUITE_P(Releases, TimerRowsTest, testing::Values(19, 22, 23, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(TimerRowsTest, NameWhatIsCalledAndWithWhat) {
  const Address go_func = target_.image.function("time.goFunc", 0);
  const Address ready = target_.image.function("runtime.goroutineReady", 0);
  const Address expire = target_.image.function("main.expire", 0);
  const Address g = target_.goroutine(7, go::GoroutineStatus::kWaiting, {});
  const Address value = target_.heap.keep(objects_);
  target_.image.put(value, expire);
  target_.now_ns = 1000;
  add_timer(go_func, value, 3000);
  set(add_timer(ready, g, 400), "period", 50);
  const heap::Snapshot s = snapshot();
  ASSERT_THAT(s.timers, SizeIs(2));
  const heap::Timer& function = s.timers[0];
  EXPECT_EQ(function.object, ObjectId(1));
  EXPECT_EQ(function.argument, ObjectId(0));
  EXPECT_EQ(function.kind, TimerKind::kFunction);
  EXPECT_EQ(s.strings[function.function], "time.goFunc");
  EXPECT_EQ(s.strings[function.calls], "main.expire");
  EXPECT_TRUE(function.due_known);
  EXPECT_EQ(function.due_in_ns, 2000);
  EXPECT_FALSE(function.goroutine);
  const heap::Timer& sleep = s.timers[1];
  EXPECT_EQ(sleep.kind, TimerKind::kSleep);
  EXPECT_EQ(sleep.goroutine, GoroutineId(0));
  EXPECT_EQ(sleep.due_in_ns, -600);
  EXPECT_EQ(sleep.period_ns, 50U);
}

TEST_P(TimerRowsTest, ThatWereStoppedAreNotDue) {
  const bool embedded = target_.image.version.timers_are_embedded();
  const auto stopped = target_.image.layouts->constant(embedded ? "runtime.timerDeleted" : "runtime.timerZombie");
  target_.now_ns = 1000;
  set(add_timer(target_.image.function("time.goFunc", 0), Address(), 3000), embedded ? "status" : "state",
      static_cast<std::uint64_t>(stopped.value()));
  const heap::Snapshot s = snapshot();
  ASSERT_THAT(s.timers, SizeIs(1));
  EXPECT_TRUE(s.timers[0].stopped);
  EXPECT_FALSE(s.timers[0].due_known);
}

TEST_P(TimerRowsTest, DoNotSayWhenTheyAreDueIfTheTimeOfTheLookIsNotKnown) {
  add_timer(target_.image.function("time.sendTime", 0), Address(), 3000);
  const heap::Snapshot s = snapshot();
  ASSERT_THAT(s.timers, SizeIs(1));
  EXPECT_EQ(s.timers[0].kind, TimerKind::kChannel);
  EXPECT_FALSE(s.timers[0].due_known);
}

TEST_P(TimerRowsTest, OfWhatCannotBeReadSayNothingElse) {
  timers_.push_back(Address(0x7fff00000000));
  const heap::Snapshot s = snapshot();
  ASSERT_THAT(s.timers, SizeIs(1));
  EXPECT_EQ(s.timers[0], heap::Timer());
}

}  // namespace
}  // namespace holdfast::capture
