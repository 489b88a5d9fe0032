#include "base/cancel.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/error.h"
#include "base/parallel.h"

namespace holdfast {
namespace {

class CancellationTest : public ::testing::Test {
 protected:
  Cancellation cancellation_;
  CancellationScope scope_{&cancellation_};
};

TEST_F(CancellationTest, ThrowsOnceItIsRequested) {
  EXPECT_NO_THROW(throw_if_cancelled());
  cancellation_.request();
  EXPECT_THROW(throw_if_cancelled(), Cancelled);
}

TEST_F(CancellationTest, IsOfItsScopeOnly) {
  cancellation_.request();
  const CancellationScope other(nullptr);
  EXPECT_NO_THROW(throw_if_cancelled());
}

// Nobody who makes something else of an error can take a request to stop for one.
TEST_F(CancellationTest, IsNoError) {
  static_assert(!std::is_base_of_v<Error, Cancelled>);
  cancellation_.request();
  const auto makes_a_loss_of_errors = [] {
    try {
      in_context([] { throw_if_cancelled(); }, "while looking");
    } catch (const Error&) {
    }
  };
  EXPECT_THROW(makes_a_loss_of_errors(), Cancelled);
}

TEST_F(CancellationTest, LeavesParallelLoopsAsItself) {
  cancellation_.request();
  EXPECT_THROW(for_each_part(8, 8, [](unsigned, std::uint64_t, std::uint64_t) {}), Cancelled);
  EXPECT_THROW(for_each_in_order(
                   8, [](unsigned, unsigned) {}, [](unsigned, unsigned) {}),
               Cancelled);
  EXPECT_THROW(run_both([] { throw_if_cancelled(); }, [] {}), Cancelled);
}

}  // namespace
}  // namespace holdfast
