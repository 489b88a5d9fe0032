#include "web/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <nlohmann/json.hpp>

#include "base/cancel.h"
#include "base/error.h"
#include "web/events.h"
#include "web/exchange_for_tests.h"

namespace holdfast::web {
namespace {

// Work that only ends when it is cancelled.
struct Endless {
  Cancellation cancellation;

  Response work() {
    const CancellationScope scope(&cancellation);
    for (;;) {
      throw_if_cancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

class WorkerTest : public ::testing::Test {
 protected:
  Endless endless_;
  Worker worker_{[this] { endless_.cancellation.request(); }, [this] { endless_.cancellation.forget(); }};
};

TEST_F(WorkerTest, AnswersOneAfterTheOther) {
  std::string order;
  const auto first = std::make_shared<testing::KeptExchange>(), second = std::make_shared<testing::KeptExchange>();
  worker_.add(first, [&] {
    order += "a";
    return Response{.body = "1"};
  });
  worker_.add(second, [&] {
    order += "b";
    return Response{.body = "2"};
  });
  EXPECT_EQ(second->wait().body, "2");
  EXPECT_EQ(first->wait().body, "1");
  EXPECT_EQ(order, "ab");
}

TEST_F(WorkerTest, SaysWhatWentWrong) {
  const auto exchange = std::make_shared<testing::KeptExchange>();
  worker_.add(exchange, []() -> Response { fail(ErrorCode::kNotFound, "no object is at {:#x}", 16); });
  const Response response = exchange->wait();
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.body, R"({"error":"no object is at 0x10","code":"not-found"})");
}

TEST_F(WorkerTest, EndsWhatNobodyWaitsForAndGoesOn) {
  const auto left = std::make_shared<testing::KeptExchange>(), next = std::make_shared<testing::KeptExchange>();
  worker_.add(left, [&] { return endless_.work(); });
  worker_.add(next, [&] {
    const CancellationScope scope(&endless_.cancellation);
    throw_if_cancelled();
    return Response{.body = "here"};
  });
  left->wait_until_begun();
  left->leave();
  EXPECT_EQ(next->wait().body, "here");
}

TEST_F(WorkerTest, LeavesOutWhoHasGone) {
  std::atomic<bool> ran = false;
  const auto gone = std::make_shared<testing::KeptExchange>(), next = std::make_shared<testing::KeptExchange>();
  gone->leave();
  worker_.add(gone, [&] {
    ran = true;
    return Response{};
  });
  worker_.add(next, [] { return Response{.body = "2"}; });
  EXPECT_EQ(next->wait().body, "2");
  EXPECT_FALSE(ran);
}

TEST_F(WorkerTest, DoesIdleWorkUntilSomebodyAsks) {
  std::atomic<int> begun = 0, done = 0;
  std::promise<void> both;
  worker_.set_idle_work({[&] {
                           if (++begun == 1) endless_.work();  // until it is asked to end
                           ++done;
                         },
                         [&] {
                           ++done;
                           both.set_value();
                         }});
  while (begun == 0) std::this_thread::yield();
  const auto exchange = std::make_shared<testing::KeptExchange>();
  worker_.add(exchange, [] { return Response{.body = "asked"}; });
  EXPECT_EQ(exchange->wait().body, "asked");
  EXPECT_EQ(both.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(begun, 2);
  EXPECT_EQ(done, 2);
}

TEST(Worker, EndsInTheMiddleOfWork) {
  Endless endless;
  const auto exchange = std::make_shared<testing::KeptExchange>();
  Worker worker([&] { endless.cancellation.request(); }, [&] { endless.cancellation.forget(); });
  worker.add(exchange, [&] { return endless.work(); });
  exchange->wait_until_begun();
}

TEST(Events, TellsLatecomersTheLastOfEachName) {
  Events events;
  events.tell("state", {{"stage", "opening"}});
  events.tell("state", {{"stage", "ready"}});
  events.tell("account", {{"rss", 1}});
  const auto late = std::make_shared<testing::KeptExchange>();
  events.add(late);
  events.tell("ended", {{"what", "it ended"}});
  EXPECT_EQ(late->events(),
            "hello {}\naccount {\"rss\":1}\nstate {\"stage\":\"ready\"}\nended {\"what\":\"it ended\"}\n");
}

}  // namespace
}  // namespace holdfast::web
