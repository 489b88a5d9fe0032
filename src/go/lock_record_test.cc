#include "go/lock_record.h"

#include <gmock/gmock.h>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

class LockRecordTest : public testing::TestWithParam<int> {
 protected:
  // The words of each lock lie in all releases as here (reference 6.6).
  Address lock(std::initializer_list<std::uint32_t> words) {
    const Address at = image_.make("sync.RWMutex");
    std::uint64_t offset = 0;
    for (const std::uint32_t word : words) {
      image_.put(at + offset, word);
      offset += sizeof word;
    }
    return at;
  }
  std::optional<LockRecord> read(Address lock, LockWait wait) { return LockReader(image_.runtime()).read(lock, wait); }

  StackImage image_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Releases, LockRecordTest, testing::Values(19, 21, 23, 24, 25, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(LockRecordTest, FindsTheLockOfASemaphore) {
  const LockReader reader(image_.runtime());
  EXPECT_EQ(reader.lock_at(Address(0x1004), LockWait::kMutex), Address(0x1000));
  EXPECT_EQ(reader.lock_at(Address(0x1004), LockWait::kRwMutexTurn), Address(0x1000));
  EXPECT_EQ(reader.lock_at(Address(0x1008), LockWait::kRwMutexWrite), Address(0x1000));
  EXPECT_EQ(reader.lock_at(Address(0x100c), LockWait::kRwMutexRead), Address(0x1000));
  EXPECT_EQ(reader.lock_at(Address(0x1008), LockWait::kWaitGroup), Address(0x1000));
}

TEST_P(LockRecordTest, SaysWhetherAMutexIsLocked) {
  EXPECT_TRUE(read(lock({1 + (3 << 3), 0}), LockWait::kMutex)->locked);
  EXPECT_FALSE(read(lock({2 + (3 << 3), 0}), LockWait::kMutex)->locked);
  EXPECT_FALSE(read(Address(0x1), LockWait::kMutex));
}

TEST_P(LockRecordTest, CountsReaders) {
  const auto open = read(lock({0, 0, 0, 0, 2, 0}), LockWait::kRwMutexWrite);
  EXPECT_FALSE(open->locked);
  EXPECT_EQ(open->readers, 2U);
  const std::uint32_t taken = 3U - (1U << 30);
  const auto waiting = read(lock({1, 0, 0, 0, taken, 1}), LockWait::kRwMutexRead);
  EXPECT_TRUE(waiting->locked);
  EXPECT_EQ(waiting->readers, 1U) << "the others came after the writer";
  EXPECT_EQ(read(lock({1, 0, 0, 0, taken, 0}), LockWait::kRwMutexTurn)->readers, 0U);
}

TEST_P(LockRecordTest, CountsCallsOfDoneThatAreMissing) {
  EXPECT_EQ(read(lock({1, 3}), LockWait::kWaitGroup)->missing, 3U);
  EXPECT_FALSE(read(lock({1, 0xffffffff}), LockWait::kWaitGroup)) << "no wait group counts below 0";
}

}  // namespace
}  // namespace holdfast::go
