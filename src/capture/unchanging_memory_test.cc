#include "capture/unchanging_memory.h"

#include <gtest/gtest.h>

#include <array>

#include "base/memory_image.h"

namespace holdfast::capture {
namespace {

class UnchangingMemoryTest : public testing::Test {
 protected:
  UnchangingMemoryTest() {
    running_.add(Address(0x1000), bytes_, nullptr);
    running_.seal();
  }
  UnchangingMemory after(std::optional<std::uint32_t> at_stop) {
    return UnchangingMemory(
        running_, [this] { return now_; }, at_stop);
  }

  std::array<std::byte, 8> bytes_{std::byte{7}};
  MemoryImage running_;
  std::optional<std::uint32_t> now_ = 3;
};

TEST_F(UnchangingMemoryTest, CanBeReadUntilACollectionHasEnded) {
  const UnchangingMemory memory = after(3);
  EXPECT_EQ(memory.try_integer<std::uint8_t>(Address(0x1000)), 7);
  EXPECT_EQ(memory.try_integer<std::uint8_t>(Address(0x2000)), std::nullopt);
  now_ = 4;
  EXPECT_EQ(memory.try_integer<std::uint8_t>(Address(0x1000)), std::nullopt);
}

// A count that comes back is another process's.
TEST_F(UnchangingMemoryTest, IsOverForGoodOnceTheCountWasAnotherOrGone) {
  const UnchangingMemory memory = after(3);
  now_ = std::nullopt;
  EXPECT_EQ(memory.try_integer<std::uint8_t>(Address(0x1000)), std::nullopt);
  now_ = 3;
  EXPECT_EQ(memory.try_integer<std::uint8_t>(Address(0x1000)), std::nullopt);
}

TEST_F(UnchangingMemoryTest, IsEmptyIfTheStopHadNoCount) {
  const UnchangingMemory memory = after(std::nullopt);
  now_ = std::nullopt;
  EXPECT_EQ(memory.try_integer<std::uint8_t>(Address(0x1000)), std::nullopt);
}

}  // namespace
}  // namespace holdfast::capture
