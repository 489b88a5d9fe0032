#include "os/file_mapping.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/architecture.h"

namespace holdfast::os {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A file with a name that only this test has. It is removed with the object.
class TestFile {
 public:
  explicit TestFile(const std::string& content = "")
      : path_(std::filesystem::temp_directory_path() / fmt::format("holdfast-test-{}", getpid())) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;
  ~TestFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(MapFile, ShowsTheWholeFileUnderItsName) {
  std::string content(10000, 'x');
  content[9999] = 'e';
  const TestFile file(content);
  const auto mapping = map_file(file.path());
  ASSERT_EQ(mapping->bytes().size(), 10000U);
  EXPECT_EQ(std::memcmp(mapping->bytes().data(), content.data(), content.size()), 0);
  EXPECT_EQ(mapping->bytes().origin(), file.path());
  EXPECT_THROW(mapping->bytes().integer<std::uint64_t>(9993), Error);
}

TEST(MapFile, OutlivesNameAndDescriptor) {
  std::shared_ptr<const FileMapping> mapping;
  {
    const TestFile file("still here");
    mapping = map_file(file.path());
  }
  EXPECT_EQ(std::memcmp(mapping->bytes().data(), "still here", 10), 0);
}

TEST(MapFile, WhatWasLetGoIsThereAgainWhenItIsTouched) {
  std::string content(100000, 'x');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i % 251);
  const TestFile file(content);
  const auto mapping = map_file(file.path());
  const auto bytes = mapping->bytes().span();
  const auto is_in_memory = [&](std::size_t at) {
    const FileDescriptor pagemap(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
    const auto page = reinterpret_cast<std::uintptr_t>(bytes.data() + at) / kSystemPage;
    std::uint64_t entry = 0;
    EXPECT_EQ(pread(pagemap.get(), &entry, sizeof entry, static_cast<off_t>(page * sizeof entry)), 8);
    return entry >> 63 != 0;
  };
  ASSERT_EQ(std::memcmp(bytes.data(), content.data(), content.size()), 0);
  ASSERT_TRUE(is_in_memory(8192));
  mapping->let_go(bytes.subspan(4097, 8191 + 4096));
  EXPECT_TRUE(is_in_memory(4096)) << "only whole pages are";
  EXPECT_FALSE(is_in_memory(8192));
  EXPECT_FALSE(is_in_memory(12288));
  mapping->let_go(bytes.first(5));
  mapping->let_go({});
  EXPECT_EQ(std::memcmp(bytes.data(), content.data(), content.size()), 0);
}

TEST(MapFile, AnEmptyFileIsAnEmptyView) {
  const TestFile file;
  const auto mapping = map_file(file.path());
  EXPECT_TRUE(mapping->bytes().empty());
}

TEST(MapFile, KnowsWhatIsStoredBetweenHoles) {
  constexpr std::size_t kMiB = 1 << 20;
  const TestFile file;
  std::filesystem::resize_file(file.path(), 4 * kMiB);
  std::fstream(file.path(), std::ios::binary | std::ios::in | std::ios::out).seekp(2 * kMiB + 5).put('x').flush();
  const auto mapping = map_file(file.path());
  const auto all = mapping->bytes().span();
  if (mapping->stored(all).front().size() == all.size())
    GTEST_SKIP() << "no holes on the file system of " << file.path();

  const auto stored = mapping->stored(all);
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_LE(stored[0].data(), &all[2 * kMiB + 5]);
  EXPECT_GT(stored[0].data() + stored[0].size(), &all[2 * kMiB + 5]);
  EXPECT_LT(stored[0].size(), kMiB);
  EXPECT_THAT(mapping->stored(all.first(kMiB)), IsEmpty()) << "a hole between data";
  EXPECT_THAT(mapping->stored(all.last(kMiB)), IsEmpty()) << "a hole to the end";
  const auto inside = mapping->stored(all.subspan(2 * kMiB + 5, 1));
  ASSERT_EQ(inside.size(), 1U);
  EXPECT_EQ(inside[0].data(), &all[2 * kMiB + 5]);
  EXPECT_EQ(inside[0].size(), 1U);
}

TEST(MapFile, SaysWhatItRefuses) {
  const auto refusal = [](const std::string& path) -> std::pair<ErrorCode, std::string> {
    try {
      map_file(path);
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {ErrorCode::kUsage, "accepted"};
  };
  EXPECT_EQ(refusal("/tmp"),
            std::pair(ErrorCode::kUnsupported, std::string("/tmp is a directory, not a regular file")));
  EXPECT_THAT(refusal("/dev/null").second, HasSubstr("is a character device, not a regular file"));
  EXPECT_EQ(refusal("/nowhere/file").first, ErrorCode::kNotFound);
  const std::string pipe = std::filesystem::temp_directory_path() / fmt::format("holdfast-pipe-{}", getpid());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(refusal(pipe).second, HasSubstr("is a pipe, not a regular file"));
  std::filesystem::remove(pipe);
}

}  // namespace
}  // namespace holdfast::os
