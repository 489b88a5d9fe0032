#include "go/timers.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TimersTest : public testing::TestWithParam<int> {
 protected:
  Address make_timer(std::uint64_t due, std::uint64_t period = 0) {
    const Address timer = image_.make("runtime.timer"), closure = image_.make("runtime.timer");
    image_.put(closure, Address(0x4711));
    set(timer, "f", closure.value);
    set(timer, "when", due);
    set(timer, "period", period);
    image_.put(timer + image_.layouts->offset("runtime.timer", "arg") + 8, Address(0x5000));
    return timer;
  }
  void set(Address timer, std::string_view field, std::uint64_t value) {
    image_.set(timer, "runtime.timer", field, value);
  }
  std::uint64_t constant(std::string_view name) {
    return static_cast<std::uint64_t>(image_.layouts->constant("runtime." + std::string(name)).value());
  }
  bool embedded() const { return image_.version.timers_are_embedded(); }

  // Puts the timers into the list of a processor: the second one of two.
  Timers read(const std::vector<Address>& timers) {
    Processor with, unreadable;
    with.p = StackImage::kStack;
    unreadable.p = Address(0x77777);
    const Address list = with.p + image_.layouts->offset("runtime.p", embedded() ? "timers" : "timers.heap");
    image_.put(list, StackImage::kRodata);
    image_.put<std::uint64_t>(list + 8, timers.size());
    Address at = StackImage::kRodata;
    for (const Address timer : timers) {
      image_.put(at, timer);
      at += embedded() ? 8 : 16;  // with the time by which it lies in the heap
    }
    return read_timers(image_.runtime(), std::vector{unreadable, with});
  }

  StackImage image_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Releases, TimersTest, testing::Values(19, 21, 22, 23, 24, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(TimersTest, TellWhatTheyCallAndWhen) {
  const Address once = make_timer(77), again = make_timer(100, 1000);
  const std::uint64_t in_value = embedded() ? 8 : 16;
  const Timers timers = read({once, again});
  ASSERT_EQ(timers.all.size(), 2U);
  const Timer& first = timers.all[0];
  EXPECT_EQ(first.record, once);
  EXPECT_EQ(first.value, Address(once.value - in_value));
  EXPECT_EQ(first.function, Address(0x4711));
  EXPECT_EQ(first.argument, Address(0x5000));
  EXPECT_EQ(first.due, 77);
  EXPECT_EQ(first.period, 0U);
  EXPECT_FALSE(first.stopped);
  EXPECT_EQ(timers.all[1].period, 1000U);
  EXPECT_THAT(timers.lists, ElementsAre(StackImage::kRodata));
}

TEST_P(TimersTest, ThatWereStoppedSaySo) {
  const Address pending = make_timer(1), stopped = make_timer(2);
  if (embedded())
    set(stopped, "status", constant("timerDeleted"));
  else
    set(stopped, "state", constant("timerZombie") | constant("timerHeaped"));
  const Timers timers = read({pending, stopped});
  EXPECT_FALSE(timers.all.at(0).stopped);
  EXPECT_TRUE(timers.all.at(1).stopped);
}

class EmbeddedTimersTest : public TimersTest {};  // of releases in which a timer has a second time

INSTANTIATE_TEST_SUITE_P(Releases, EmbeddedTimersTest, testing::Values(19, 21, 22),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(EmbeddedTimersTest, ThatWereGivenAnotherTimeHaveThat) {
  const Address timer = make_timer(1);
  set(timer, "nextwhen", 9);
  EXPECT_EQ(read({timer}).all.at(0).due, 1);
  set(timer, "status", constant("timerModifiedLater"));
  EXPECT_EQ(read({timer}).all.at(0).due, 9);
}

TEST_P(TimersTest, OfARecordThatCannotBeReadNothingElseIsKnown) {
  const Timers timers = read({Address(0x7fff00000000)});
  EXPECT_THAT(timers.all, ElementsAre(Timer{.record = Address(0x7fff00000000)}));
}

TEST_P(TimersTest, AListThatCannotBeReadIsNone) {
  Processor unreadable;
  unreadable.p = Address(0x77777);
  EXPECT_THAT(read_timers(image_.runtime(), std::vector{unreadable}).lists, IsEmpty());
}

}  // namespace
}  // namespace holdfast::go
