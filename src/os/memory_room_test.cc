#include "os/memory_room.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/child_for_tests.h"
#include "os/proc_text.h"

namespace holdfast::os {
namespace {

constexpr std::string_view kMeminfo = "MemTotal:       24000000 kB\nMemFree: 7 kB\nMemAvailable:    4000 kB\n";

class MemoryRoomTest : public ::testing::Test {
 protected:
  MemoryRoomTest() { std::filesystem::create_directories(mount_ / "pod/web"); }
  void TearDown() override { std::filesystem::remove_all(mount_); }
  void write(const std::string& file, const std::string& text) { std::ofstream(mount_ / file) << text << "\n"; }
  std::optional<MemoryRoom> room(int version) const {
    return memory_room(kMeminfo, CgroupPlace{version, mount_, "/pod/web"});
  }

  const std::filesystem::path mount_ =
      std::filesystem::temp_directory_path() / ("holdfast-room-test-" + std::to_string(getpid()));
};

TEST_F(MemoryRoomTest, IsWhatTheMachineHasWhereNoGroupHasLess) {
  EXPECT_EQ(memory_room(kMeminfo, std::nullopt)->bytes, 4000U * 1024);
  EXPECT_EQ(memory_room("", std::nullopt), std::nullopt);
  write("pod/web/memory.max", "max");
  write("pod/web/memory.current", "100");
  write("pod/memory.max", "900000000");
  write("pod/memory.current", "100");
  EXPECT_EQ(room(2)->bytes, 4000U * 1024);
  EXPECT_EQ(room(2)->group, "");
}

TEST_F(MemoryRoomTest, TheGroupWithTheLeastRoomCountsNotTheOneWithTheTightestLimit) {
  write("pod/web/memory.max", "2000000");
  write("pod/web/memory.current", "100000");
  write("pod/memory.max", "3000000");
  write("pod/memory.current", "2800000");
  write("pod/memory.stat", "anon 5\nactive_file 9\ninactive_file 300000\n");
  EXPECT_EQ(room(2)->bytes, 500000U);
  EXPECT_EQ(room(2)->group, (mount_ / "pod").string());
  write("pod/web/memory.high", "500000");
  EXPECT_EQ(room(2)->bytes, 400000U);
}

TEST_F(MemoryRoomTest, Version1CountsGroupsBelow) {
  write("pod/web/memory.limit_in_bytes", "9223372036854771712");
  write("pod/memory.limit_in_bytes", "3000000");
  write("pod/memory.usage_in_bytes", "3100000");
  write("pod/memory.stat", "inactive_file 1\ntotal_inactive_file 200000\n");
  EXPECT_EQ(room(1)->bytes, 100000U);
  write("pod/memory.stat", "inactive_file 1\n");
  EXPECT_EQ(room(1)->bytes, 0U);
}

TEST(OfferToBeKilledFirst, SetsTheHighestScore) {
  TestChild child([] {
    offer_to_be_killed_first();
    _exit(try_read_text("/proc/self/oom_score_adj").value_or("").starts_with("1000") ? 0 : 1);
  });
  EXPECT_EQ(child.join(), 0);
}

}  // namespace
}  // namespace holdfast::os
