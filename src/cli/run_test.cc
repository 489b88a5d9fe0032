#include "cli/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/cancel.h"
#include "base/error.h"
#include "base/output_file.h"
#include "cli/command_line.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/hold_file.h"

namespace holdfast::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A process, a file that begins like a core, and a capture. None of them is a Go program.
class Targets : public ::testing::Test {
 protected:
  Targets() : folder_(std::filesystem::path(::testing::TempDir()) / ("run" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
    std::string header("\177ELF\2\1\1", 7);
    header.resize(64);
    header[16] = 4;     // ET_CORE
    header[18] = 0x3e;  // EM_X86_64
    header[20] = 1;
    header[52] = 64;
    std::ofstream(core_) << header;
    heap::testing::HeapBuilder heap;
    heap.refer(heap.root(heap::RootKind::kGlobal, "main.cache"), heap.leaf(64));
    OutputFile output(hold_, OutputFile::Access::kUsual);
    heap::write_hold(heap.build(), output);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // What the command says when it fails; empty if it does not.
  static std::string refusal(const std::vector<std::string>& arguments) {
    try {
      const Parsed parsed = parse(arguments);
      run_verb(*parsed.verb, parsed.options);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  }

  std::filesystem::path folder_;
  std::string core_ = folder_ / "core.17";
  std::string hold_ = folder_ / "a.hold";
  std::string process_ = std::to_string(getpid());
};

TEST_F(Targets, AnOptionThatSaysNothingOfTheTargetIsRefused) {
  const std::string exe = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_EQ(refusal({process_, "--exe", "server"}), "--exe is for core files: process " + process_ + " runs " + exe);
  EXPECT_EQ(refusal({core_, "--dry-run"}), "--dry-run is for live processes: " + core_ + " is a core file");
  EXPECT_EQ(refusal({core_, "--force"}), "--force is for live processes: " + core_ + " is a core file");
  for (const char* option : {"--exe", "--image", "--symbols"})
    EXPECT_THAT(refusal({hold_, option, "x"}), AllOf(HasSubstr(option), HasSubstr(hold_ + " is a .hold file")))
        << option;
  for (const char* option : {"--no-dwarf", "--no-symbols", "--no-cache", "--dry-run", "--force"})
    EXPECT_THAT(refusal({"types", hold_, option}), AllOf(HasSubstr(option), HasSubstr(hold_ + " is a .hold file")))
        << option;
}

TEST_F(Targets, OptionsOfTheTargetAreTaken) {
  EXPECT_THAT(refusal({process_, "--image", "x", "--no-dwarf", "--force"}), Not(HasSubstr(" is for ")));
  EXPECT_THAT(refusal({core_, "--exe", "x", "--image", "x", "--no-cache"}), Not(HasSubstr(" is for ")));
  EXPECT_EQ(refusal({hold_, "--threads", "1"}), "");
}

// Nobody can foretell what other programs will do meanwhile.
TEST_F(Targets, RulesAreReadBeforeTheTargetIsLookedFor) {
  const std::string rules = folder_ / "my.rules";
  std::ofstream(rules) << "# mine\nholdr main.Cache\n";
  const auto refused = [&](const std::string& file, const std::string& target) {
    return refusal({"report", "--rules", file, target});
  };
  EXPECT_THAT(refused(rules, "no such target"), HasSubstr(rules + ":2: a rule begins with one of "));
  EXPECT_THAT(refused(folder_ / "none", hold_), HasSubstr("none cannot be read: No such file or directory"));
  EXPECT_THAT(refused(folder_, hold_), HasSubstr("cannot be read: Is a directory"));
  std::ofstream(rules) << std::string(2 << 20, '#');
  EXPECT_THAT(refused(rules, hold_), HasSubstr("is no file of owner rules: it has more than 1.0 MiB"));
  std::ofstream(rules) << "plumbing example.com/middleware\n";
  EXPECT_THAT(refused(rules, "no such target"), HasSubstr("no such target"));
}

// What the verb prints to standard output, and its exit code as a last line.
std::string answered(const std::vector<std::string>& arguments) {
  ::testing::internal::CaptureStdout();
  const Parsed parsed = parse(arguments);
  const int code = run_verb(*parsed.verb, parsed.options);
  return ::testing::internal::GetCapturedStdout() + std::to_string(code);
}

TEST_F(Targets, AnswerQueriesInEachFormat) {
  const std::string sql = "SELECT id, size, owner FROM objects";
  EXPECT_EQ(answered({"query", hold_, sql}), "id  size  owner\n 0    64  main.cache\n\n1 row\n0");
  EXPECT_EQ(answered({"query", hold_, sql, "--format", "csv"}), "id,size,owner\r\n0,64,main.cache\r\n0");
  EXPECT_EQ(answered({"query", hold_, sql, "--json"}), "[\n  {\"id\":0,\"size\":64,\"owner\":\"main.cache\"}\n]\n0");
}

TEST_F(Targets, AreNotLookedForIfTheSqlIsWrong) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(answered({"query", "no such target", "SELECT siz FROM losses"}), "2");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              AllOf(StartsWith("holdfast: no such column: siz; losses has id, "),
                    EndsWith("\n  SELECT siz FROM losses\n         ^\n")));
  EXPECT_THAT(refusal({"query", "no such target", "SELECT size FROM objects"}), HasSubstr("no such target"));
}

TEST_F(Targets, AreNotLookedAtIfTheCrashCannotBeRead) {
  EXPECT_THAT(refusal({"dangling", hold_, "--crash", "/no/such/crash.txt"}),
              HasSubstr("the crash in /no/such/crash.txt cannot be read: No such file or directory"));
}

TEST_F(Targets, SayWhatOnlyRunningASqlShows) {
  EXPECT_EQ(refusal({"query", hold_, "SELECT retained(7)"}), "retained(7): there is no such object: ids are below 1");
}

TEST_F(Targets, OfSeveralTargetsAnOptionIsForThoseThatItSaysSomethingOf) {
  EXPECT_EQ(refusal({"diff", hold_, hold_, "--exe", "x"}),
            "--exe is for core files: " + hold_ + " is a .hold file, " + hold_ + " is a .hold file");
  EXPECT_THAT(refusal({"diff", hold_, core_, "--exe", "x"}), Not(HasSubstr("--exe is for core files")));
}

TEST_F(Targets, ADryRunIsOfLiveTargetsAndItsJsonOfOne) {
  EXPECT_THAT(refusal({"diff", hold_, core_, "--dry-run"}), HasSubstr("--dry-run is for live processes"));
  EXPECT_EQ(refusal({"diff", process_, process_, "--dry-run", "--json"}),
            "--dry-run --json is about one process, and 2 are named: ask for each alone");
}

TEST_F(Targets, AllTargetsAreFoundBeforeOneIsOpened) {
  EXPECT_THAT(refusal({"diff", core_, "no such target"}), HasSubstr("no such target"));
}

TEST_F(Targets, DiffComparesACaptureWithItself) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(refusal({"diff", hold_, hold_, hold_}), "");
  const std::string text = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, HasSubstr("3 looks at one program"));
  EXPECT_THAT(text, AllOf(HasSubstr("Nothing says that the looks are at one build"), HasSubstr("more, unchanged")));
}

// In a process of its own, since a request to stop is for all that a process does.
TEST_F(Targets, ToBeAskedToStopIsSaidInOneSentence) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto stopped = [](const std::vector<std::string>& arguments) {
    request_cancel();
    const Parsed parsed = parse(arguments);
    _exit(run_verb(*parsed.verb, parsed.options));
  };
  EXPECT_EXIT(stopped({hold_}), ::testing::ExitedWithCode(kStopped), "^holdfast: stopped on request\n$");
  EXPECT_EXIT(stopped({"ps"}), ::testing::ExitedWithCode(kStopped), "^holdfast: stopped on request\n$");
}

TEST(Prediction, SaysThatAStopCanTakeLonger) {
  capture::Prediction prediction;
  prediction.pause = {3.14, 1.57, 6.71};
  prediction.load = {2, 2};
  prediction.bytes = 5 << 20;
  prediction.goroutines = prediction.threads = 1;
  EXPECT_EQ(
      prediction_text(prediction),
      "would be held still for 1.6 to 6.7 ms (longer if others want the processors) to copy 5.0 MiB (0 objects, 1 "
      "goroutine, 1 thread)");
  prediction.load = {12, 2};
  prediction.pause.most_ms = 60;
  EXPECT_EQ(prediction_text(prediction),
            "would be held still for 1.6 to 60.0 ms (12 threads want 2 processors on this machine) to copy 5.0 MiB (0 "
            "objects, 1 goroutine, 1 thread)");
}

}  // namespace
}  // namespace holdfast::cli
