#include "os/cgroup.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace holdfast::os {
namespace {

constexpr std::string_view kUnifiedMounts =
    "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr std::string_view kMixedMounts =
    "35 31 0:32 /docker/4f2a /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "36 31 0:33 /docker/4f2a /sys/fs/cgroup/mem\\040ory rw - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

TEST(FindCgroup, FollowsVersion2) {
  const auto place = find_cgroup("memory", "0::/system.slice/shop.service\n", kUnifiedMounts);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->version, 2);
  EXPECT_EQ(place->mount, "/sys/fs/cgroup");
  EXPECT_EQ(place->group, "/system.slice/shop.service");
}

TEST(FindCgroup, PrefersTheVersion1HierarchyThatHasTheController) {
  const auto place =
      find_cgroup("memory", "5:cpu,cpuacct:/docker/4f2a\n4:memory:/docker/4f2a/web\n0::/x\n", kMixedMounts);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->version, 1);
  EXPECT_EQ(place->mount, "/sys/fs/cgroup/mem ory");
  EXPECT_EQ(place->group, "/web");
  EXPECT_EQ(find_cgroup("cpuacct", "5:cpu,cpuacct:/docker/4f2a\n", kMixedMounts)->group, "");
}

TEST(FindCgroup, AGroupOutsideOfWhatWeSeeIsNone) {
  EXPECT_FALSE(find_cgroup("memory", "4:memory:/docker/4f2abc\n", kMixedMounts));
  EXPECT_FALSE(find_cgroup("memory", "4:memory:/other\n", kMixedMounts));
  EXPECT_FALSE(find_cgroup("memory", "0::/../../elsewhere\n", kUnifiedMounts));
  EXPECT_FALSE(find_cgroup("memory", "", kUnifiedMounts));
  EXPECT_FALSE(find_cgroup("memory", "0::/a\n", ""));
}

class Hierarchy : public ::testing::Test {
 protected:
  Hierarchy() { std::filesystem::create_directories(mount_ / "slice/service"); }
  void TearDown() override { std::filesystem::remove_all(mount_); }
  void write(const std::string& file, const std::string& text) { std::ofstream(mount_ / file) << text << "\n"; }

  const std::filesystem::path mount_ =
      std::filesystem::temp_directory_path() / ("holdfast-cgroup-test-" + std::to_string(getpid()));
};

TEST_F(Hierarchy, TheTightestLimitOfAllAncestorsCounts) {
  write("slice/service/memory.max", "4194304000");
  write("slice/service/memory.current", "1000");
  write("slice/memory.max", "2097152000");
  write("slice/memory.current", "3000");
  const MemoryCgroup memory = read_memory_cgroup(CgroupPlace{2, mount_, "/slice/service"});
  EXPECT_EQ(memory.limit, 2097152000U);
  EXPECT_EQ(memory.usage, 3000U);  // that of the group with the limit
  EXPECT_EQ(memory.path, (mount_ / "slice").string());
}

TEST_F(Hierarchy, NoLimitIsZeroInBothVersions) {
  write("slice/service/memory.max", "max");
  write("slice/service/memory.current", "1000");
  write("slice/service/memory.limit_in_bytes", "9223372036854771712");
  write("slice/service/memory.usage_in_bytes", "2000");
  EXPECT_EQ(read_memory_cgroup(CgroupPlace{2, mount_, "/slice/service"}).limit, 0U);
  EXPECT_EQ(read_memory_cgroup(CgroupPlace{2, mount_, "/slice/service"}).usage, 1000U);
  EXPECT_EQ(read_memory_cgroup(CgroupPlace{1, mount_, "/slice/service"}).limit, 0U);
  EXPECT_EQ(read_memory_cgroup(CgroupPlace{1, mount_, "/slice/service"}).usage, 2000U);
}

TEST_F(Hierarchy, AVersion1LimitAtTheMountItselfIsFound) {
  write("memory.limit_in_bytes", "1048576");
  write("memory.usage_in_bytes", "4096");
  const MemoryCgroup memory = read_memory_cgroup(CgroupPlace{1, mount_, ""});
  EXPECT_EQ(memory.limit, 1048576U);
  EXPECT_EQ(memory.usage, 4096U);
}

}  // namespace
}  // namespace holdfast::os
