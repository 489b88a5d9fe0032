#include "base/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "base/error.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr auto kUsual = OutputFile::Access::kUsual;
constexpr auto kPrivate = OutputFile::Access::kPrivate;

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_ = fs::path(::testing::TempDir()) / ::testing::UnitTest::GetInstance()->current_test_info()->name();

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void put(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
  std::string text(const std::string& name) const {
    std::ifstream in(path(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  struct stat look(const std::string& name) const {
    struct stat status = {};
    EXPECT_EQ(lstat(path(name).c_str(), &status), 0) << name;
    return status;
  }
  unsigned rights(const std::string& name) const { return look(name).st_mode & 0777U; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }

  // Writes back to front, as the writers of files do.
  static void fill(OutputFile& file) {
    const std::string late = "new";
    file.write_at(3, std::as_bytes(std::span(late)));
    const std::string early = "so ";
    file.write_at(0, std::as_bytes(std::span(early)));
    file.publish();
  }
  void write(const std::string& name, OutputFile::Access access = kUsual) const {
    OutputFile file(path(name), access);
    fill(file);
  }
  static std::string refusal(const std::string& path) {
    try {
      const OutputFile file(path, kUsual);
      return "accepted";
    } catch (const Error& error) {
      return error.what();
    }
  }
};

TEST_F(OutputFileTest, ANewFileAppearsWhenItIsComplete) {
  const mode_t before = umask(027);
  OutputFile file(path("a"), kUsual);
  EXPECT_FALSE(fs::exists(path("a")));
  fill(file);
  write("private", kPrivate);
  umask(before);
  EXPECT_EQ(text("a"), "so new");
  EXPECT_EQ(rights("a"), 0640U);
  EXPECT_EQ(rights("private"), 0600U);
  EXPECT_THAT(files(), ElementsAre("a", "private"));
}

TEST_F(OutputFileTest, ARegularFileKeepsOwnerAndMode) {
  put("a", "old and longer");
  chmod(path("a").c_str(), 0604);
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(chown(path("a").c_str(), 65534, 65534), 0);
  }
  write("a");
  EXPECT_EQ(text("a"), "so new");
  EXPECT_EQ(rights("a"), 0604U);
  EXPECT_EQ(look("a").st_uid, root ? 65534U : geteuid());
  EXPECT_THAT(files(), ElementsAre("a"));
}

TEST_F(OutputFileTest, PrivateBytesAreForTheOwnerAloneAlsoInAFileThatOthersCouldRead) {
  put("a", "old");
  chmod(path("a").c_str(), 0664);
  write("a", kPrivate);
  EXPECT_EQ(rights("a"), 0600U);
  put("b", "old");
  chmod(path("b").c_str(), 0664);
  fs::create_hard_link(path("b"), path("other name of b"));
  write("b", kPrivate);
  EXPECT_EQ(rights("b"), 0600U);
  EXPECT_EQ(text("other name of b"), "so new");
}

TEST_F(OutputFileTest, LeavesTheOldFileUntilItIsPublished) {
  put("a", "old");
  put("b", "old");
  fs::create_hard_link(path("b"), path("b2"));
  for (const char* name : {"a", "b"}) {
    OutputFile file(path(name), kUsual);
    const std::string half = "half";
    file.write_at(0, std::as_bytes(std::span(half)));
  }
  EXPECT_EQ(text("a"), "old");
  EXPECT_EQ(text("b"), "old");
  EXPECT_THAT(files(), ElementsAre("a", "b", "b2"));
}

TEST_F(OutputFileTest, FollowsLinksAlsoToWhatIsNotThere) {
  put("real", "old");
  fs::create_symlink("real", path("link"));
  fs::create_symlink("link", path("link to link"));
  write("link to link");
  EXPECT_EQ(text("real"), "so new");
  fs::create_symlink("not there", path("dangling"));
  write("dangling");
  EXPECT_EQ(text("not there"), "so new");
  for (const char* link : {"link", "link to link", "dangling"}) EXPECT_TRUE(S_ISLNK(look(link).st_mode)) << link;
}

TEST_F(OutputFileTest, WritesToAFifoThatHasAReaderAndRefusesOneThatHasNone) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_THAT(refusal(path("fifo")), HasSubstr("fifo has no reader"));
  const int reader = open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write("fifo");
  char got[16] = {};
  EXPECT_EQ(read(reader, got, sizeof got), 6);
  EXPECT_STREQ(got, "so new");
  close(reader);
  EXPECT_TRUE(S_ISFIFO(look("fifo").st_mode));
}

TEST_F(OutputFileTest, WritesToADeviceAndSaysIfThatIsFull) {
  if (geteuid() != 0) GTEST_SKIP() << "nodes of devices are made by root only";
  ASSERT_EQ(mknod(path("null").c_str(), S_IFCHR | 0600, makedev(1, 3)), 0);
  ASSERT_EQ(mknod(path("full").c_str(), S_IFCHR | 0600, makedev(1, 7)), 0);
  ASSERT_EQ(mknod(path("disk").c_str(), S_IFBLK | 0600, makedev(7, 250)), 0);
  if (open(path("null").c_str(), O_WRONLY) < 0) GTEST_SKIP() << "this file system has no devices";
  write("null");
  EXPECT_THROW(write("full"), Error);
  EXPECT_THAT(refusal(path("disk")), HasSubstr("disk is a disk"));
  EXPECT_TRUE(S_ISCHR(look("null").st_mode));
  EXPECT_TRUE(S_ISCHR(look("full").st_mode));
  EXPECT_THAT(files(), ElementsAre("disk", "full", "null"));
}

TEST_F(OutputFileTest, RefusesWhatHoldsNoBytes) {
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const fs::path before = fs::current_path();
  fs::current_path(folder_);  // since the name of a socket must be short
  std::copy_n("socket", 7, address.sun_path);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  fs::current_path(before);
  close(listener);
  fs::create_directory(path("folder"));
  fs::create_symlink("circle", path("circle"));
  EXPECT_THAT(refusal(path("socket")), HasSubstr("is a socket"));
  EXPECT_THAT(refusal(path("folder")), HasSubstr("is a folder"));
  EXPECT_THAT(refusal(path("new folder/")), HasSubstr("there is no folder"));
  EXPECT_THAT(refusal(path("missing/a")), HasSubstr("there is no folder"));
  EXPECT_THAT(refusal(path("circle")), HasSubstr("Too many levels of symbolic links"));
  EXPECT_THAT(refusal("/dev/fd/987"), HasSubstr("/dev/fd/987 is not open"));
  EXPECT_THAT(files(), ElementsAre("circle", "folder", "socket"));
}

TEST_F(OutputFileTest, WritesBehindWhatAnOpenDescriptorHas) {
  const int fd = open(path("log").c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
  ASSERT_EQ(::write(fd, "log: ", 5), 5);
  {
    OutputFile file("/dev/fd/" + std::to_string(fd), kPrivate);
    fill(file);
  }
  EXPECT_EQ(text("log"), "log: so new");
  EXPECT_EQ(rights("log"), 0644U);
  close(fd);
  const int reader = open(path("log").c_str(), O_RDONLY);
  EXPECT_THAT(refusal("/dev/fd/" + std::to_string(reader)), HasSubstr("is not open for writing"));
  close(reader);
}

}  // namespace
}  // namespace holdfast
