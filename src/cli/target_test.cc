#include "cli/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "heap/heap_builder.h"
#include "heap/hold_file.h"

namespace holdfast::cli {
namespace {

using ::testing::HasSubstr;

class Target : public ::testing::Test {
 protected:
  Target() : folder_(std::filesystem::path(::testing::TempDir()) / ("target" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& bytes) const {
    std::string path = folder_ / name;
    std::ofstream(path) << bytes;
    return path;
  }
  std::string hold() const {
    heap::testing::HeapBuilder heap;
    heap.refer(heap.root(heap::RootKind::kGlobal, "main.cache"), heap.leaf(64));
    heap.snapshot().target.name = "checkout";
    std::string path = folder_ / "f.hold";
    OutputFile file(path, OutputFile::Access::kUsual);
    heap::write_hold(heap.build(), file);
    return path;
  }

  std::filesystem::path folder_;
};

std::string refusal(const std::string& target, ErrorCode code) {
  try {
    form_of(target);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  return "accepted";
}

TEST_F(Target, NumbersAndNamesAreProcesses) {
  EXPECT_EQ(form_of("4711"), TargetForm::kProcess);
  EXPECT_EQ(form_of("checkout"), TargetForm::kProcess);
}

TEST_F(Target, AHoldFileIsKnownByItsContents) {
  EXPECT_EQ(form_of(hold()), TargetForm::kHold);
}

TEST_F(Target, OtherFilesAreRefusedSayingWhatTheyAre) {
  EXPECT_THAT(refusal(file("notes.txt", "hello"), ErrorCode::kUsage),
              HasSubstr("neither a core file nor a .hold file"));
  EXPECT_THAT(refusal(file("empty", ""), ErrorCode::kUsage), HasSubstr("neither a core file nor a .hold file"));
  EXPECT_THAT(refusal("/proc/self/exe", ErrorCode::kUsage), HasSubstr("start it and name its pid"));
}

TEST_F(Target, AFileInTheFolderDoesNotHideTheProcessOfItsName) {
  std::string running;
  std::getline(std::ifstream("/proc/" + std::to_string(getppid()) + "/comm"), running);
  const auto before = std::filesystem::current_path();
  file(running, "not a core");
  file("nobody-has-this-name", "not a core");
  std::filesystem::current_path(folder_);
  EXPECT_EQ(form_of(running), TargetForm::kProcess);
  EXPECT_THAT(refusal("nobody-has-this-name", ErrorCode::kUsage), HasSubstr("neither"));
  std::filesystem::current_path(before);
}

TEST_F(Target, OpensAHoldFile) {
  PassTimes times;
  Options options;
  options.target = hold();
  const heap::Snapshot snapshot = open_target(options, times);
  EXPECT_EQ(snapshot.target.name, "checkout");
  EXPECT_EQ(snapshot.objects, 1U);
}

TEST_F(Target, WhatIsNotThereIsCalledWhatItLooksLike) {
  const auto why = [](const std::string& target) -> std::string {
    try {
      find_process(target);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kNotFound);
      return error.what();
    }
    return "found";
  };
  EXPECT_THAT(why("audti"), HasSubstr("if the verb was meant: holdfast audit TARGET"));
  EXPECT_THAT(why("./core.17"), HasSubstr("there is no file ./core.17"));
  EXPECT_THAT(why(folder_.string()), HasSubstr("is a directory"));
  EXPECT_THAT(why("nobody-has-this-name"), HasSubstr("no process is called nobody-has-this-name"));
}

}  // namespace
}  // namespace holdfast::cli
