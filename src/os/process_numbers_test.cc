#include "os/process_numbers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "os/file_mapping.h"

namespace holdfast::os {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

TEST(ProcessNumbers, ReadsTheTextsOfProc) {
  ProcessNumbers numbers;
  add_status(
      "Name:\tVmRSS: 5 kB\nVmSize:\t  1200 kB\nVmHWM:\t 900 kB\nVmRSS:\t     800 kB\nRssAnon:\t 500 kB\n"
      "RssFile:\t 290 kB\nRssShmem:\t 10 kB\nVmSwap:\t 7 kB\nThreads:\t6\n",
      numbers);
  add_stat("17 (a) name) (b)) S 1 2 3 4 5 6 111 8 22 9 300 40 0 0", 100, numbers);
  add_limits(
      "Limit                     Soft Limit           Hard Limit           Units     \n"
      "Max processes             10                   20                   processes \n"
      "Max open files            1024                 524288               files     \n",
      numbers);
  EXPECT_EQ(numbers.rss, 800U * 1024);
  EXPECT_EQ(numbers.rss_anonymous, 500U * 1024);
  EXPECT_EQ(numbers.rss_files, 290U * 1024);
  EXPECT_EQ(numbers.rss_shared, 10U * 1024);
  EXPECT_EQ(numbers.peak_rss, 900U * 1024);
  EXPECT_EQ(numbers.address_space, 1200U * 1024);
  EXPECT_EQ(numbers.swap, 7U * 1024);
  EXPECT_EQ(numbers.threads, 6U);
  EXPECT_EQ(numbers.minor_faults, 111U);
  EXPECT_EQ(numbers.major_faults, 22U);
  EXPECT_EQ(numbers.processor_ns, 3'400'000'000U);
  EXPECT_EQ(numbers.most_open_files, 1024U);
}

TEST(ProcessNumbers, LeavesOutWhatIsNotThere) {
  ProcessNumbers numbers;
  add_status("Name:\tx\n", numbers);
  add_stat("17 x", 100, numbers);
  add_stat("17 (x) S 1", 100, numbers);
  add_limits("Max open files            unlimited            unlimited            files     \n", numbers);
  EXPECT_FALSE(numbers.rss || numbers.threads || numbers.minor_faults || numbers.processor_ns ||
               numbers.most_open_files);
  EXPECT_FALSE(parse_mapped_sums(""));
  EXPECT_FALSE(read_process_numbers(-1).rss);
}

TEST(ProcessNumbers, AgreesWithItself) {
  const ProcessNumbers numbers = read_process_numbers(getpid());
  const auto sums = read_mapped_sums(getpid());
  ASSERT_TRUE(numbers.rss && numbers.threads && numbers.open_files && numbers.processor_ns && sums);
  EXPECT_GE(*numbers.peak_rss + kMiB, *numbers.rss);
  EXPECT_NEAR(static_cast<double>(sums->rss), static_cast<double>(*numbers.rss), 4.0 * kMiB);
  EXPECT_GE(*numbers.open_files, 3U);
}

TEST(ProcessNumbers, CountsWhatOfAFileIsCached) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / fmt::format("cached-{}", getpid());
  const std::string text(100'001, 'x');
  std::ofstream(path) << text;
  EXPECT_EQ(map_file(path)->cached(), text.size());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace holdfast::os
