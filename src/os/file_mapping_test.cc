#include "os/file_mapping.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace holdfast::os {
namespace {

using ::testing::HasSubstr;

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

TEST(MapFile, AnEmptyFileIsAnEmptyView) {
  const TestFile file;
  const auto mapping = map_file(file.path());
  EXPECT_TRUE(mapping->bytes().empty());
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
