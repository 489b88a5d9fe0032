#include "os/recent_files.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace holdfast::os {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RecentFilesTest : public testing::Test {
 protected:
  RecentFilesTest() : folder_(fs::canonical(fs::temp_directory_path()) / ("recent" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~RecentFilesTest() override { fs::remove_all(folder_); }
  std::string file(const std::string& name) const {
    std::ofstream(folder_ / name) << "x";
    return (folder_ / name).string();
  }

  const fs::path folder_;
  const RecentFiles recent_{(folder_ / "state" / "recent").string()};
};

TEST_F(RecentFilesTest, TheLastOneComesFirstAndOnce) {
  EXPECT_THAT(recent_.all(), IsEmpty());
  const std::string a = file("a.hold"), b = file("b.hold");
  recent_.add(a);
  recent_.add(b);
  recent_.add(a);
  EXPECT_THAT(recent_.all(), ElementsAre(a, b));
}

TEST_F(RecentFilesTest, WhatIsGoneIsLeftOut) {
  const std::string a = file("a.hold"), b = file("b.hold");
  recent_.add(a);
  recent_.add(b);
  fs::remove(b);
  recent_.add((folder_ / "never").string());
  EXPECT_THAT(recent_.all(), ElementsAre(a));
}

TEST_F(RecentFilesTest, NoMoreThanTwenty) {
  for (int i = 0; i < 25; ++i) recent_.add(file(std::to_string(i)));
  EXPECT_THAT(recent_.all(), SizeIs(20));
  EXPECT_EQ(recent_.all().front(), (folder_ / "24").string());
}

TEST_F(RecentFilesTest, AListThatCannotBeWrittenIsEmpty) {
  const RecentFiles nowhere("/proc/none/recent");
  nowhere.add(file("a.hold"));
  EXPECT_THAT(nowhere.all(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::os
