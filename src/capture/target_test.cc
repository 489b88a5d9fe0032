#include "capture/target.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/output_file.h"
#include "binary/elf_builder_for_tests.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/hold_file.h"
#include "os/child_for_tests.h"

namespace holdfast::capture {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class FindTarget : public ::testing::Test {
 protected:
  FindTarget() : folder_(std::filesystem::path(::testing::TempDir()) / ("target" + std::to_string(getpid()))) {
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
    OutputFile output(path, OutputFile::Access::kUsual);
    heap::write_hold(heap.build(), output);
    return path;
  }

  // A program that has a table of Go functions, and nothing else.
  std::string go_program() const {
    binary::ElfBuilder elf(binary::ElfType::kExec);
    elf.section(".gopclntab", 1, binary::Bytes().zeros(64));
    const auto bytes = elf.build();
    return file("program", std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

  std::filesystem::path folder_;
};

// A process that sleeps under a name that no other process has but those that the same test makes. It has the file
// `code` mapped as code.
class NamedProcess {
 public:
  explicit NamedProcess(const std::string& code = "")
      : name_("held-" + std::to_string(getpid())), child_([this, code] {
          prctl(PR_SET_NAME, name_.c_str());
          if (!code.empty()) mmap(nullptr, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, ::open(code.c_str(), O_RDONLY), 0);
          *ready_ = true;
          os::wait_forever();
        }) {
    EXPECT_TRUE(os::eventually([this] { return ready_->load(); }));
  }
  const std::string& name() const { return name_; }
  pid_t pid() const { return child_.pid(); }

 private:
  std::string name_;
  os::Shared<std::atomic<bool>> ready_;
  os::TestChild child_;
};

class InFolder {
 public:
  explicit InFolder(const std::filesystem::path& folder) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(folder);
  }
  InFolder(const InFolder&) = delete;
  InFolder& operator=(const InFolder&) = delete;
  ~InFolder() { std::filesystem::current_path(before_); }

 private:
  std::filesystem::path before_;
};

std::string refusal(const std::string& target, ErrorCode code) {
  try {
    find_target(target, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
  return "accepted";
}

TEST_F(FindTarget, NumbersAndNamesAreProcesses) {
  const NamedProcess process;
  for (const std::string& named : {std::to_string(process.pid()), process.name()}) {
    const auto target = find_target(named, {});
    EXPECT_EQ(target->form(), TargetForm::kProcess);
    EXPECT_EQ(target->name(), named);
    ASSERT_NE(target->process(), nullptr);
    EXPECT_EQ(target->process()->pid, process.pid());
  }
}

TEST_F(FindTarget, AHoldFileIsKnownByItsContents) {
  EXPECT_EQ(find_target(hold(), {})->form(), TargetForm::kHold);
}

TEST_F(FindTarget, OtherFilesAreRefusedSayingWhatTheyAre) {
  EXPECT_THAT(refusal(file("notes.txt", "hello"), ErrorCode::kUsage),
              HasSubstr("neither a core file nor a .hold file"));
  EXPECT_THAT(refusal(file("empty", ""), ErrorCode::kUsage), HasSubstr("neither a core file nor a .hold file"));
  EXPECT_THAT(refusal(file("core.zst", "\x28\xb5\x2f\xfd..."), ErrorCode::kUsage),
              AllOf(HasSubstr("core.zst is compressed with zstd"), HasSubstr("zstd -d ")));
  EXPECT_THAT(refusal(file("core.gz", "\x1f\x8b..."), ErrorCode::kUsage), HasSubstr("gzip -dk "));
  EXPECT_THAT(refusal(file("core.xz",
                           "\xfd"
                           "7zXZ..."),
                      ErrorCode::kUsage),
              HasSubstr("xz -dk "));
  EXPECT_THAT(refusal(file("core.lz4", "\x04\x22\x4d\x18..."), ErrorCode::kUsage), HasSubstr("lz4 -d "));
  EXPECT_THAT(refusal(file("core.bz2", "BZh91AY..."), ErrorCode::kUsage), HasSubstr("bzip2 -dk "));
  EXPECT_THAT(refusal("/proc/self/exe", ErrorCode::kUsage), HasSubstr("start it and name its pid"));
}

TEST_F(FindTarget, AProcessIsPreferredToAFileOfItsNameWithAWord) {
  const NamedProcess process(go_program());
  const InFolder here(folder_);
  for (const std::string& named : {std::to_string(process.pid()), process.name()}) {
    std::filesystem::copy(hold(), folder_ / named);
    const auto target = find_target(named, {});
    EXPECT_EQ(target->form(), TargetForm::kProcess);
    EXPECT_THAT(target->remark(), HasSubstr("./" + named + " is the file"));
    EXPECT_EQ(find_target("./" + named, {})->form(), TargetForm::kHold);
  }
}

// /usr/bin/cut is no Go program, so that ./cut is meant, however many run.
TEST_F(FindTarget, AProcessThatIsNoGoProgramGivesWayToAFileOfItsName) {
  const NamedProcess process, other;
  const InFolder here(folder_);
  EXPECT_THAT(refusal(process.name(), ErrorCode::kUsage), HasSubstr("2 processes are called"));
  std::filesystem::copy(hold(), folder_ / process.name());
  const auto target = find_target(process.name(), {});
  EXPECT_EQ(target->form(), TargetForm::kHold);
  EXPECT_EQ(target->remark(), "");
  EXPECT_EQ(find_target(std::to_string(process.pid()), {})->form(), TargetForm::kProcess);
}

TEST_F(FindTarget, OfProcessesOfANameTheGoProgramIsMeant) {
  const NamedProcess other, process(go_program());
  EXPECT_EQ(find_target(process.name(), {})->process()->pid, process.pid());
}

TEST_F(FindTarget, DigitsAloneAreNeverAFile) {
  std::string ended;
  {
    const NamedProcess process;
    ended = std::to_string(process.pid());
  }
  const InFolder here(folder_);
  std::filesystem::copy(hold(), folder_ / ended);
  EXPECT_THAT(refusal(ended, ErrorCode::kNotFound),
              AllOf(HasSubstr("there is no process " + ended), HasSubstr("if the file was meant: ./" + ended)));
}

TEST_F(FindTarget, AFileThatIsNoTargetDoesNotHideTheProcessOfItsName) {
  const NamedProcess process;
  const InFolder here(folder_);
  file(process.name(), "not a core");
  file("nobody-has-this-name", "not a core");
  const auto target = find_target(process.name(), {});
  EXPECT_EQ(target->form(), TargetForm::kProcess);
  EXPECT_EQ(target->remark(), "");
  EXPECT_THAT(refusal("nobody-has-this-name", ErrorCode::kUsage), HasSubstr("neither"));
}

TEST_F(FindTarget, AFileOfANameThatNobodyHasIsFoundInTheFolder) {
  const InFolder here(folder_);
  hold();
  EXPECT_EQ(find_target("f.hold", {})->form(), TargetForm::kHold);
}

TEST_F(FindTarget, OpensAHoldFile) {
  PassTimes times;
  const auto target = find_target(hold(), {});
  EXPECT_THROW(target->predict(times), Error);
  const heap::Snapshot snapshot = target->snapshot({}, times);
  EXPECT_EQ(snapshot.target.name, "checkout");
  EXPECT_EQ(snapshot.objects, 1U);
}

}  // namespace
}  // namespace holdfast::capture
