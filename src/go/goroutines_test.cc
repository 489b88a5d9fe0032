#include "go/goroutines.h"

#include <gmock/gmock.h>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class SchedulerTest : public testing::TestWithParam<int> {
 protected:
  SchedulerTest() {
    main_ = image_.function("runtime.main", 0);
    worker_ = image_.function("runtime.bgsweep", 0);
    finalizers_ = image_.function(GetParam() < 25 ? "runtime.runfinq" : "runtime.runFinalizers", 0);
    user_ = image_.function("main.serve", 0);
    list_ = StackImage::kRodata + 0x1000;
    semtable_ = StackImage::kRodata + 0x2000;
  }

  bool traced_sudogs() const { return GetParam() >= 26; }

  Address add(std::uint64_t goid, GoroutineStatus status, Address start) {
    const Address g = image_.make("runtime.g");
    set(g, "goid", goid);
    set(g, "atomicstatus", static_cast<std::uint64_t>(status));
    set(g, "startpc", start.value);
    image_.put(list_ + count_ * 8, g);
    ++count_;
    return g;
  }
  void set(Address g, std::string_view field, std::uint64_t value) { image_.set(g, "runtime.g", field, value); }
  void set(Address g, std::string_view field, Address value) { set(g, field, value.value); }

  // From Go 1.26 on, sudog.c and sudog.elem are {traced, real}; the leak finder clears the first.
  void set_sudog_pointer(Address sudog, std::string_view field, Address value) {
    image_.put(sudog + image_.layouts->offset("runtime.sudog", field) + (traced_sudogs() ? 8 : 0), value);
  }
  Address make_sudog(Address g, Address channel, Address elem) {
    const Address sudog = image_.make("runtime.sudog");
    image_.set(sudog, "runtime.sudog", "g", g);
    if (channel) set_sudog_pointer(sudog, "c", channel);
    set_sudog_pointer(sudog, "elem", elem);
    return sudog;
  }
  std::uint64_t reason(std::string_view name) const {
    return static_cast<std::uint64_t>(*image_.layouts->constant("runtime.waitReason" + std::string(name)));
  }

  Scheduler read() {
    const Address variables = StackImage::kRodata + 0x7000;
    image_.put(variables, list_);
    image_.put<std::uint64_t>(variables + 8, count_);
    image_.vars.allgs = variables;
    image_.vars.semtable = semtable_;
    image_.put(variables + 0x40, machines_);
    image_.vars.allm = variables + 0x40;
    image_.put(variables + 0x80, variables + 0xc0);
    image_.put<std::uint64_t>(variables + 0x88, processor_ ? 1 : 0);
    image_.put(variables + 0xc0, processor_);
    image_.vars.allp = variables + 0x80;
    return read_scheduler(image_.runtime(), image_.functions(), image_.losses);
  }

  StackImage image_{GetParam()};
  Address main_, worker_, finalizers_, user_, list_, semtable_, machines_, processor_;
  std::uint64_t count_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Releases, SchedulerTest, testing::Values(19, 20, 21, 22, 23, 24, 25, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(SchedulerTest, ReadsEveryGoroutineInOrder) {
  const Address g = add(17, GoroutineStatus::kWaiting, user_);
  set(g, "atomicstatus", 0x1004);
  set(g, "stack.lo", 0x1000);
  set(g, "stack.hi", 0x3000);
  set(g, "sched.sp", 0x2fc0);
  set(g, "sched.pc", user_ + 4);
  set(g, "stktopsp", 0x2fe0);
  set(g, "waitreason", reason("Sleep"));
  set(g, "waitsince", 123456789);
  set(g, "gopc", main_ + 9);
  add(18, GoroutineStatus::kDead, user_);
  const Scheduler s = read();
  ASSERT_THAT(s.goroutines, SizeIs(2));
  const Goroutine& first = s.goroutines[0];
  EXPECT_EQ(first.g, g);
  EXPECT_EQ(first.goid, 17U);
  EXPECT_EQ(first.status, GoroutineStatus::kWaiting);
  EXPECT_TRUE(first.parked());
  EXPECT_EQ(first.stack, (AddressRange{Address(0x1000), Address(0x3000)}));
  EXPECT_EQ(first.sched_sp, Address(0x2fc0));
  EXPECT_EQ(first.sched_pc, user_ + 4);
  EXPECT_EQ(first.stack_top_sp, Address(0x2fe0));
  EXPECT_EQ(first.wait_reason, WaitReason::kSleep);
  EXPECT_EQ(first.wait_since, 123456789);
  EXPECT_EQ(first.go_pc, main_ + 9);
  EXPECT_TRUE(s.goroutines[1].dead());
}

TEST_P(SchedulerTest, GivesNoReasonToWhoDoesNotWait) {
  set(add(1, GoroutineStatus::kRunnable, user_), "waitreason", reason("Sleep"));  // left over from an earlier wait
  EXPECT_EQ(read().goroutines[0].wait_reason, WaitReason::kZero);
}

TEST_P(SchedulerTest, KnowsItsOwnGoroutinesFromTheProgrammes) {
  add(1, GoroutineStatus::kWaiting, main_);
  add(2, GoroutineStatus::kWaiting, worker_);
  add(3, GoroutineStatus::kWaiting, user_);
  set(add(4, GoroutineStatus::kWaiting, finalizers_), "waitreason", reason("FinalizerWait"));
  // It waits inside a finalizer.
  set(add(5, GoroutineStatus::kWaiting, finalizers_), "waitreason", reason("ChanReceive"));
  add(6, GoroutineStatus::kWaiting, Address(0x1234));
  std::vector<bool> system;
  for (const Goroutine& g : read().goroutines) system.push_back(g.system);
  EXPECT_THAT(system, ElementsAre(false, true, false, true, false, false));
}

TEST_P(SchedulerTest, NamesTheChannelsOfASelect) {
  const Address g = add(1, GoroutineStatus::kWaiting, user_);
  set(g, "waitreason", reason("Select"));
  const Address a = make_sudog(g, Address(0xa000), Address());
  const Address b = make_sudog(g, Address(0xb000), Address(0xe000));
  for (const Address sudog : {a, b}) image_.set(sudog, "runtime.sudog", "isSelect", 1);
  image_.set(a, "runtime.sudog", "waitlink", b);
  set(g, "waiting", a);
  const Scheduler s = read();
  ASSERT_EQ(s.goroutines[0].wait_count, 2U);
  const WaitTarget& first = s.waits[s.goroutines[0].first_wait];
  const WaitTarget& second = s.waits[s.goroutines[0].first_wait + 1];
  EXPECT_EQ(first.kind, WaitTargetKind::kChannel);
  EXPECT_EQ(first.object, Address(0xa000));
  EXPECT_TRUE(first.is_select);
  EXPECT_EQ(second.object, Address(0xb000));
  EXPECT_EQ(second.elem, Address(0xe000));
  add(2, GoroutineStatus::kRunnable, user_);
  read();
  EXPECT_THAT(waited_channels(image_.runtime()), ElementsAre(Address(0xa000), Address(0xb000)));
}

TEST_P(SchedulerTest, EndsAListOfCasesThatIsARing) {
  const Address g = add(1, GoroutineStatus::kWaiting, user_);
  set(g, "waitreason", reason("Select"));
  const Address a = make_sudog(g, Address(0xa000), Address());
  image_.set(a, "runtime.sudog", "isSelect", 1);
  image_.set(a, "runtime.sudog", "waitlink", a);
  set(g, "waiting", a);
  EXPECT_LE(read().goroutines[0].wait_count, 1U << 16);
}

TEST_P(SchedulerTest, NamesTheSemaphoreOfEachWaiter) {
  // Two goroutines wait for one semaphore, and a third for another in the same bucket.
  std::vector<Address> gs;
  std::vector<Address> sudogs;
  for (std::uint64_t i = 0; i < 3; ++i) {
    gs.push_back(add(i + 1, GoroutineStatus::kWaiting, user_));
    set(gs[i], "waitreason", reason("Semacquire"));
    sudogs.push_back(make_sudog(gs[i], Address(), Address(i < 2 ? 0x5000 : 0x6000)));
    if (traced_sudogs()) set(gs[i], "waiting", sudogs[i]);
  }
  image_.set(sudogs[0], "runtime.sudog", "waitlink", sudogs[1]);
  image_.set(sudogs[0], "runtime.sudog", "next", sudogs[2]);
  image_.put(semtable_ + 7 * 64ULL + image_.layouts->offset("runtime.semaRoot", "treap"), sudogs[0]);
  const Scheduler s = read();
  std::vector<Address> objects;
  for (const Goroutine& g : s.goroutines) {
    ASSERT_EQ(g.wait_count, 1U);
    EXPECT_EQ(s.waits[g.first_wait].kind, WaitTargetKind::kSemaphore);
    objects.push_back(s.waits[g.first_wait].object);
  }
  EXPECT_THAT(objects, ElementsAre(Address(0x5000), Address(0x5000), Address(0x6000)));
}

TEST_P(SchedulerTest, FindsThreadsByListAndByGoroutine) {
  const Address g = add(1, GoroutineStatus::kRunning, user_);
  std::vector<Address> ms;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const Address m = image_.make("runtime.m");
    const Address g0 = image_.make("runtime.g");
    image_.set(m, "runtime.m", "g0", g0);
    set(g0, "m", m);
    set(g0, "stack.lo", 0x10000 * (i + 1));
    set(g0, "stack.hi", 0x10000 * (i + 1) + 0x2000);
    ms.push_back(m);
  }
  const Address no_thread = image_.make("runtime.m");
  machines_ = ms[0];
  image_.set(ms[0], "runtime.m", "alllink", ms[1]);
  image_.set(ms[1], "runtime.m", "alllink", ms[0]);  // damaged: a ring
  image_.set(ms[1], "runtime.m", "procid", 4711);
  image_.set(ms[2], "runtime.m", "alllink", no_thread);  // damaged: leads nowhere
  image_.set(ms[2], "runtime.m", "curg", g);
  image_.set(ms[2], "runtime.m", "vdsoSP", 0x77);
  set(g, "m", ms[2]);
  const Scheduler s = read();
  ASSERT_THAT(s.machines, SizeIs(3));
  ASSERT_NE(s.machine(ms[1]), nullptr);
  EXPECT_EQ(s.machine(ms[1])->thread_id, 4711U);
  EXPECT_EQ(s.machine(ms[1])->g0_stack, (AddressRange{Address(0x20000), Address(0x22000)}));
  ASSERT_NE(s.machine(ms[2]), nullptr);
  EXPECT_EQ(s.machine(ms[2])->curg, g);
  EXPECT_EQ(s.machine(ms[2])->vdso_sp, Address(0x77));
  EXPECT_EQ(s.machine(ms[2] + 8), nullptr);
}

TEST_P(SchedulerTest, ListsProcessors) {
  processor_ = StackImage::kStack;  // runtime.p is larger than what make() has room for
  image_.set(processor_, "runtime.p", "id", 3);
  image_.set(processor_, "runtime.p", "mcache", Address(0x8888));
  const Scheduler s = read();
  ASSERT_THAT(s.processors, SizeIs(1));
  EXPECT_EQ(s.processors[0].id, 3U);
  EXPECT_EQ(s.processors[0].mcache, Address(0x8888));
}

TEST_P(SchedulerTest, CountsGoroutinesItCannotRead) {
  add(1, GoroutineStatus::kWaiting, user_);
  image_.put(list_ + count_++ * 8, Address(0x99999));
  EXPECT_THAT(read().goroutines, SizeIs(1));
  ASSERT_EQ(image_.losses.sorted().size(), 1U);
  EXPECT_EQ(image_.losses.sorted()[0].kind, "unreadable-goroutine");
}

TEST_P(SchedulerTest, FailsWithoutAListOfGoroutines) {
  EXPECT_THROW(read_scheduler(image_.runtime(), image_.functions(), image_.losses), Error);
}

TEST_P(SchedulerTest, DoesNotBelieveAListOfAnyLength) {
  for (const std::uint64_t length : {std::uint64_t{1} << 20, std::uint64_t{1} << 61}) {
    SCOPED_TRACE(length);
    StackImage image(GetParam());
    image.vars.allgs = StackImage::kRodata + 0x7000;
    image.put(image.vars.allgs, list_);
    image.put<std::uint64_t>(image.vars.allgs + 8, length);
    image.function("f", 0);
    try {
      read_scheduler(image.runtime(), image.functions(), image.losses);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kDamaged);
    }
  }
}

}  // namespace
}  // namespace holdfast::go
