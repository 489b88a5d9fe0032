#include "os/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "os/child_for_tests.h"
#include "os/maps.h"
#include "os/proc_text.h"
#include "os/process_memory.h"
#include "os/refusal.h"

namespace holdfast::os {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::uint64_t kPage = 4096;

// Returns the code and text of the Error that `work` must end with.
std::pair<ErrorCode, std::string> error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {ErrorCode::kUsage, "no error"};
}

// Makes a short name that no other process has.
std::string unique_name() {
  return fmt::format("hf-{}", getpid());
}
void sleep_as(const std::string& name, std::atomic<int>& ready) {
  prctl(PR_SET_NAME, name.c_str());
  ready.fetch_add(1);
  wait_forever();
}

class TestDirectory {
 public:
  TestDirectory() : path_(std::filesystem::temp_directory_path() / fmt::format("holdfast-test-{}", getpid())) {
    std::filesystem::create_directories(path_);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

TEST(WhatBecameOf, SaysThatItEndedOrRunsAnotherProgram) {
  const Shared<std::atomic<bool>> go;
  const Shared<std::atomic<bool>> ready;
  TestChild child([&] {
    *ready = true;
    while (!*go) usleep(1000);
    execl("/bin/sleep", "sleep", "100", nullptr);
  });
  ASSERT_TRUE(eventually([&] { return ready->load(); }));
  const ProcessStatus before = read_status(child.pid());
  const ProcessMemory memory(child.pid());
  EXPECT_EQ(what_became_of(before), std::nullopt);
  EXPECT_FALSE(memory.is_gone());
  *go = true;
  ASSERT_TRUE(eventually([&] { return what_became_of(before).has_value(); }));
  EXPECT_THAT(*what_became_of(before), HasSubstr(fmt::format("process {} now runs /", child.pid())));
  EXPECT_TRUE(memory.is_gone());
  EXPECT_EQ(read_status(child.pid()).started, before.started);
  child.end();
  EXPECT_THAT(what_became_of(before).value_or(""), EndsWith("has ended"));
}

TEST(WhatBecameOf, AnotherProcessOfTheSameNumberIsAnotherProcess) {
  ProcessStatus before = read_status(getpid());
  --before.started;
  EXPECT_THAT(what_became_of(before).value_or(""), HasSubstr("another one has its number"));
}

TEST(FindProcess, ByPidThreadOrName) {
  const Shared<std::atomic<int>> ready;
  const Shared<std::atomic<pid_t>> thread;
  const std::string name = unique_name();
  const TestChild child([&] {
    std::thread second([&] {
      *thread = gettid();
      wait_forever();
    });
    sleep_as(name, *ready);
  });
  ASSERT_TRUE(eventually([&] { return *ready == 1 && *thread != 0; }));
  EXPECT_EQ(find_process(std::to_string(child.pid())).name, unique_name());
  EXPECT_EQ(find_process(unique_name()).pid, child.pid());
  EXPECT_EQ(find_process(std::to_string(*thread)).pid, child.pid());
  EXPECT_THAT(list_processes(), Contains(child.pid()));
  EXPECT_THAT(list_threads(child.pid()), ElementsAre(child.pid(), thread->load()));
}

TEST(FindProcess, ByTheLastPartOfProgramOrFirstArgument) {
  const TestDirectory directory;
  const std::string program = directory.file("holdfast-test-program");
  std::filesystem::copy_file("/bin/sleep", program);
  const TestChild child([&] { execl(program.c_str(), "/else/where/argument-zero", "1000", nullptr); });
  ASSERT_TRUE(eventually([&] { return read_status(child.pid()).exe == program; }));
  EXPECT_EQ(find_process("holdfast-test-program").pid, child.pid());
  EXPECT_EQ(find_process("argument-zero").pid, child.pid());
  EXPECT_EQ(find_process("holdfast-test-p").pid, child.pid());  // a short name ends after 15 bytes
  EXPECT_EQ(error_of([] { find_process("holdfast-test-prog"); }).first, ErrorCode::kNotFound);
}

TEST(FindProcess, SeveralMatchesAreListed) {
  const Shared<std::atomic<int>> ready;
  const std::string name = unique_name();
  const TestChild first([&] { sleep_as(name, *ready); });
  const TestChild second([&] { sleep_as(name, *ready); });
  ASSERT_TRUE(eventually([&] { return *ready == 2; }));
  const auto [code, text] = error_of([] { find_process(unique_name()); });
  EXPECT_EQ(code, ErrorCode::kUsage);
  EXPECT_THAT(text, AllOf(HasSubstr("2 processes are called"), HasSubstr("\n  " + describe(read_status(first.pid()))),
                          HasSubstr("\n  " + describe(read_status(second.pid())))));
}

TEST(FindProcess, SaysThatThereIsNone) {
  EXPECT_EQ(error_of([] { find_process("no such name"); }),
            std::pair(ErrorCode::kNotFound, std::string("no process is called no such name")));
  TestChild child([] {});
  const pid_t pid = child.pid();
  child.join();
  EXPECT_EQ(error_of([&] { find_process(std::to_string(pid)); }),
            std::pair(ErrorCode::kNotFound, fmt::format("there is no process {}", pid)));
}

TEST(ReadStatus, KnowsOurselves) {
  const ProcessStatus status = read_status(getpid());
  EXPECT_EQ(status.pid, getpid());
  EXPECT_EQ(status.parent, getppid());
  EXPECT_EQ(status.name, "os_tests");
  EXPECT_EQ(status.exe, std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_EQ(status.uid, geteuid());
  EXPECT_EQ(status.state, ProcessState::kRunning);
  EXPECT_EQ(status.threads, 1U);
  EXPECT_EQ(status.namespace_pids.back(), getpid());
  EXPECT_EQ(status.tracer, 0);
  EXPECT_FALSE(status.kernel_thread);
  EXPECT_GT(status.rss, std::uint64_t{1} << 20);
  EXPECT_THAT(status.command_line.at(0), EndsWith("os_tests"));
}

TEST(ReadStatus, NamesThatTheTargetChoseCannotMisleadUs) {
  const Shared<std::atomic<int>> ready;
  const TestChild child([&] { sleep_as("a) Z 1\n\x1b[2J", *ready); });
  ASSERT_TRUE(eventually([&] { return *ready == 1; }));
  ASSERT_TRUE(eventually([&] { return read_status(child.pid()).state == ProcessState::kSleeping; }));
  const ProcessStatus status = read_status(child.pid());
  EXPECT_EQ(status.name, "a) Z 1\n\x1b[2J");
  EXPECT_EQ(status.parent, getpid());
  ProcessStatus hostile = status;
  hostile.command_line = {"x\n\x1b[2J"};
  EXPECT_EQ(describe(hostile), fmt::format("{} x??[2J", child.pid()));
}

TEST(ReadStatus, AProcessWhoseMainThreadEndedIsAlive) {
  const Shared<std::atomic<int>> ready;
  const TestChild child([&] {
    std::thread([&] { sleep_as("survivor", *ready); }).detach();
    end_this_thread();
  });
  ASSERT_TRUE(eventually([&] { return *ready == 1 && living_thread(child.pid()) != child.pid(); }));
  ASSERT_TRUE(eventually([&] { return read_status(child.pid()).state == ProcessState::kSleeping; }));
  const ProcessStatus status = read_status(child.pid());
  EXPECT_GT(status.rss, 0U);
  EXPECT_EQ(status.exe, read_status(getpid()).exe);
  EXPECT_EQ(status.namespace_pids.back(), child.pid());
  require_readable(status);
  EXPECT_FALSE(read_maps(child.pid()).empty());
  EXPECT_TRUE(open_exe(child.pid()));
}

TEST(WaitingStackPointers, LieInTheStackOfAWaitingThread) {
  Address local;
  std::atomic<bool> end = false;
  std::thread waiter([&] {
    int here = 0;
    local = Address(reinterpret_cast<std::uint64_t>(&here));
    while (!end) usleep(100'000);
  });
  bool found = false;
  for (int i = 0; i < 100 && !found; ++i) {
    usleep(1000);
    for (const Address pointer : waiting_stack_pointers(getpid()))
      found = found || (pointer < local && local - pointer < 16 * kPage);
  }
  end = true;
  waiter.join();
  EXPECT_TRUE(found);
}

TEST(RequireReadable, SaysWhatIsWrongWithAZombie) {
  const TestChild child([] {});
  ASSERT_TRUE(eventually([&] { return read_status(child.pid()).state == ProcessState::kZombie; }));
  const ProcessStatus status = read_status(child.pid());
  EXPECT_EQ(error_of([&] { require_readable(status); }),
            std::pair(ErrorCode::kTargetGone,
                      fmt::format("process {} [os_tests] has ended, its memory is gone; it only waits for its parent "
                                  "{} to notice",
                                  child.pid(), getpid())));
  EXPECT_EQ(error_of([&] { read_maps(child.pid()); }).first, ErrorCode::kTargetGone);
  EXPECT_EQ(error_of([&] { open_exe(child.pid()); }).first, ErrorCode::kTargetGone);
}

TEST(RequireReadable, SaysWhatIsWrongWithAKernelThread) {
  for (const pid_t pid : list_processes()) {
    const ProcessStatus status = read_status(pid);
    if (!status.kernel_thread) continue;
    EXPECT_EQ(error_of([&] { require_readable(status); }),
              std::pair(ErrorCode::kUnsupported,
                        fmt::format("process {} [{}] is a thread of the kernel and has no memory of its own", pid,
                                    status.name)));
    return;
  }
  // proc_ns(7): the first namespace, where the kernel's threads are, has this number.
  const std::string ours = std::filesystem::read_symlink("/proc/self/ns/pid");
  ASSERT_NE(ours, "pid:[4026531836]") << "the first pid namespace, and no kernel thread seen";
  GTEST_SKIP() << "absent: " << ours << " is not the pid namespace of the kernel's threads";
}

TEST(RequireReadable, SaysWhatToDoAboutAForeignProcess) {
  const TestChild child([] { wait_forever(); });
  const pid_t foreign = geteuid() == 0 ? child.pid() : 1;
  if (read_status(foreign).uid != 0) GTEST_SKIP() << "absent: a process of another user (process 1 is ours)";
  TestChild stranger([&] {
    become_ordinary_user();
    const auto [code, text] = error_of([&] { require_readable(read_status(foreign)); });
    const bool clear = text.find("may not read the memory of process") != std::string::npos &&
                       text.find("run as root (sudo)") != std::string::npos;
    const bool same_for_maps = error_of([&] { read_maps(foreign); }).first == ErrorCode::kPermission;
    const bool same_for_exe = error_of([&] { open_exe(foreign); }).first == ErrorCode::kPermission;
    _exit(code == ErrorCode::kPermission && clear && same_for_maps && same_for_exe ? 42 : 2);
  });
  EXPECT_EQ(stranger.join(), 42);
}

TEST(ExplainRefusal, NamesCauseAndRemedy) {
  RefusalFacts facts{.target = "7 shop", .target_uid = 1000, .our_uid = 33, .tracer_name = {}};
  EXPECT_EQ(explain_refusal(facts, Access::kRead),
            "may not read the memory of process 7 shop: it runs as uid 1000 and we as uid 33; run as root (sudo) or as "
            "uid 1000");
  facts.our_uid = 1000;
  facts.yama_scope = 1;
  EXPECT_THAT(explain_refusal(facts, Access::kRead), HasSubstr("kernel.yama.ptrace_scope is 1"));
  facts.yama_scope = 2;
  EXPECT_THAT(explain_refusal(facts, Access::kStop), HasSubstr("may not stop process 7 shop: kernel.yama"));
  facts.yama_scope = 0;
  facts.dumpable = false;
  EXPECT_THAT(explain_refusal(facts, Access::kRead), HasSubstr("PR_SET_DUMPABLE"));
  facts.our_uid = 0;
  EXPECT_THAT(explain_refusal(facts, Access::kRead), HasSubstr("--cap-add=SYS_PTRACE"));
  facts.can_trace_all = true;
  EXPECT_THAT(explain_refusal(facts, Access::kRead), HasSubstr("security module"));
  facts.yama_scope = 3;
  EXPECT_THAT(explain_refusal(facts, Access::kRead), HasSubstr("ptrace_scope is 3"));
  facts.tracer = 99;
  facts.tracer_name = "dlv";
  EXPECT_THAT(explain_refusal(facts, Access::kStop), HasSubstr("thread 99 (dlv) traces it"));
  EXPECT_THAT(explain_refusal(facts, Access::kRead), HasSubstr("ptrace_scope is 3"));
}

TEST(GatherRefusalFacts, SeesThatAProcessProtectsItself) {
  const Shared<std::atomic<int>> ready;
  // Root cannot test this: its processes belong to root either way.
  const auto start = [&](int dumpable) {
    return [&ready, dumpable] {
      become_ordinary_user();
      prctl(PR_SET_DUMPABLE, dumpable);
      ready->fetch_add(1);
      wait_forever();
    };
  };
  const TestChild guarded(start(0));
  const TestChild open(start(1));
  ASSERT_TRUE(eventually([&] { return *ready == 2; }));
  EXPECT_FALSE(gather_refusal_facts(guarded.pid()).dumpable);
  EXPECT_TRUE(gather_refusal_facts(open.pid()).dumpable);
}

ProcessMapping mapping_at(const void* place) {
  const Address at(reinterpret_cast<std::uint64_t>(place));
  for (const ProcessMapping& mapping : read_maps(getpid()))
    if (mapping.range.contains(at)) return mapping;
  return {};
}

TEST(WithoutDeletedMark, TakesOnlyTheKernelsMarkOff) {
  EXPECT_EQ(without_deleted_mark("/bin/server (deleted)"), "/bin/server");
  EXPECT_EQ(without_deleted_mark("/bin/server (deleted).old"), "/bin/server (deleted).old");
  EXPECT_EQ(without_deleted_mark("/bin/server"), "/bin/server");
}

TEST(ReadMaps, ShowsFileOffsetPermissionsAndOddNames) {
  const TestDirectory directory;
  const std::string path = directory.file("line\nbreak and blanks");
  std::ofstream(path) << std::string(4 * kPage, 'x');
  const FileDescriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct stat facts {};
  fstat(file.get(), &facts);
  void* at = mmap(nullptr, 2 * kPage, PROT_READ, MAP_SHARED, file.get(), kPage);
  const ProcessMapping mapping = mapping_at(at);
  EXPECT_EQ(mapping.range, (AddressRange{Address(reinterpret_cast<std::uint64_t>(at)),
                                         Address(reinterpret_cast<std::uint64_t>(at) + 2 * kPage)}));
  EXPECT_EQ(mapping.permissions, (Permissions{.read = true, .shared = true}));
  EXPECT_EQ(mapping.file_offset, kPage);
  EXPECT_EQ(mapping.inode, facts.st_ino);
  EXPECT_EQ(mapping.path, path);
  EXPECT_FALSE(mapping.deleted);
  unlink(path.c_str());
  EXPECT_EQ(mapping_at(at).path, path);
  EXPECT_TRUE(mapping_at(at).deleted);
  munmap(at, 2 * kPage);
  const int local = 0;
  EXPECT_EQ(mapping_at(&local).path, "[stack]");
  EXPECT_FALSE(mapping_at(&local).is_file());
}

TEST(ReadMaps, RefusesALineThatItCannotUnderstand) {
  EXPECT_EQ(parse_maps("").size(), 0U);
  for (const char* line : {"nonsense", "-", "1000-2000 rw", "1000-2000 rwxp 0 8:1 z", "x-2000 rwxp 0 8:1 5 /a", ":"})
    EXPECT_EQ(error_of([&] { parse_maps(line); }).first, ErrorCode::kDamaged) << line;
}

TEST(ParseSmaps, ReadsTheFiguresOfEachMapping) {
  const auto usages = parse_smaps(
      "c000000000-c000400000 rw-p 00000000 00:00 0 \n"
      "Size:               4096 kB\n"
      "Rss:                2312 kB\n"
      "Pss:                1156 kB\n"
      "LazyFree:             64 kB\n"
      "AnonHugePages:      2048 kB\n"
      "ShmemPmdMapped:       16 kB\n"
      "Swap:                 20 kB\n"
      "SwapPss:              10 kB\n"
      "THPeligible:           1\n"
      "VmFlags: rd wr mr mw me ac hg \n"
      "c000400000-c004000000 ---p 00000000 00:00 0 \n"
      "Rss:                   0 kB\n"
      "AnonHugePages:         0 kB\n");
  ASSERT_EQ(usages.size(), 2U);
  EXPECT_EQ(usages[0].mapping.range, (AddressRange{Address(0xc000000000), Address(0xc000400000)}));
  EXPECT_EQ(usages[0].rss, 2312U << 10);
  EXPECT_EQ(usages[0].huge, 2048U << 10);
  EXPECT_EQ(usages[0].lazy_free, 64U << 10);
  EXPECT_EQ(usages[0].swap, 20U << 10);
  EXPECT_EQ(usages[0].vm_flags, "rd wr mr mw me ac hg");
  EXPECT_EQ(usages[1].rss, 0U);
  EXPECT_EQ(usages[1].huge, 0U);
}

// As Linux 6.18 wrote it of a mapping that grew between two of its pages.
TEST(ParseSmaps, TakesAMappingThatComesAgainOnce) {
  const char* const text =
      "7000000000-701d4e0000 rw-p 00000000 00:00 0 \n"
      "Rss:              479104 kB\n"
      "7000000000-701d4f0000 rw-p 00000000 00:00 0 \n"
      "Rss:              479168 kB\n"
      "701d4f0000-7020000000 ---p 00000000 00:00 0 \n"
      "Rss:                   0 kB\n";
  const auto usages = parse_smaps(text);
  ASSERT_EQ(usages.size(), 2U);
  EXPECT_EQ(usages[0].mapping.range.end, Address(0x701d4f0000));
  EXPECT_EQ(usages[0].rss, std::uint64_t{479168} << 10);
  EXPECT_EQ(parse_maps("1000-3000 rw-p 0 00:00 0\n1000-4000 rw-p 0 00:00 0\n").size(), 1U);
}

TEST(ReadSmaps, CountsTouchedPages) {
  // Nothing is mapped before and behind these pages, so they cannot be joined with others.
  auto* base = static_cast<std::byte*>(mmap(nullptr, 66 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  std::byte* at = base + kPage;
  mprotect(at, 64 * kPage, PROT_READ | PROT_WRITE);
  madvise(at, 64 * kPage, MADV_NOHUGEPAGE);
  for (std::uint64_t page = 0; page < 10; ++page) at[page * kPage] = std::byte{1};
  bool found = false;
  for (const MappingUsage& usage : read_smaps(getpid())) {
    if (usage.mapping.range.begin.value != reinterpret_cast<std::uint64_t>(at)) continue;
    found = true;
    EXPECT_EQ(usage.mapping.range.size(), 64 * kPage);
    EXPECT_EQ(usage.rss, 10 * kPage);
    EXPECT_EQ(usage.swap, 0U);
    EXPECT_THAT(usage.vm_flags, HasSubstr("rd wr"));
  }
  EXPECT_TRUE(found);
  munmap(base, 66 * kPage);
}

std::string first_bytes(const FileDescriptor& file, std::size_t count) {
  std::string text(count, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(pread(file.get(), text.data(), count, 0), 0)));
  return text;
}

TEST(OwnPeakRss, IsOurOwn) {
  EXPECT_GT(own_peak_rss(), 1U << 20);
  EXPECT_LT(own_peak_rss(), 128U << 20);
}

// What getrusage says of a process starts with the peak of the process that started it.
TEST(OwnPeakRss, IsNotThatOfWhoStartedUs) {
  const pid_t child = fork();
  if (child == 0) {
    std::vector<char> touched(256 << 20, 1);
    execl("/proc/self/exe", "os_tests", "--gtest_filter=OwnPeakRss.IsOurOwn", nullptr);
    _exit(touched.back());
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(OpenExe, WorksAfterTheProgramWasDeleted) {
  const TestDirectory directory;
  const std::string program = directory.file("program");
  std::filesystem::copy_file("/bin/sleep", program);
  const TestChild child([&] { execl(program.c_str(), program.c_str(), "1000", nullptr); });
  ASSERT_TRUE(eventually([&] { return read_status(child.pid()).exe == program; }));
  unlink(program.c_str());
  EXPECT_EQ(read_status(child.pid()).exe, program);
  EXPECT_EQ(first_bytes(open_exe(child.pid()), 4), "\177ELF");
  EXPECT_EQ(find_process("program").pid, child.pid());
}

TEST(OpenInRoot, FollowsLinksWithinTheTargetsRoot) {
  const TestDirectory directory;
  std::filesystem::create_directories(directory.file("root/etc"));
  std::ofstream(directory.file("root/etc/real")) << "inside";
  std::filesystem::create_symlink("/etc/real", directory.file("root/etc/link"));
  const TestChild child([&] {
    if (chroot(directory.file("root").c_str()) != 0) _exit(1);
    wait_forever();
  });
  if (geteuid() != 0) {
    EXPECT_EQ(first_bytes(open_in_root(getpid(), directory.file("root/etc/real")), 6), "inside");
    return;
  }
  ASSERT_TRUE(
      eventually([&] { return std::filesystem::read_symlink(fmt::format("/proc/{}/root", child.pid())) != "/"; }));
  EXPECT_EQ(first_bytes(open_in_root(child.pid(), "/etc/link"), 6), "inside");
  EXPECT_EQ(error_of([&] { open_in_root(child.pid(), "/etc/passwd"); }).first, ErrorCode::kNotFound);
}

TEST(OpenMappedFile, NeverReturnsAFileThatReplacedTheMappedOne) {
  const TestDirectory directory;
  const std::string path = directory.file("library");
  std::ofstream(path) << std::string(kPage, 'o');
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  void* at = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, file.get(), 0);
  const ProcessMapping mapping = mapping_at(at);
  EXPECT_EQ(first_bytes(open_mapped_file(getpid(), mapping), 3), "ooo");
  std::ofstream(directory.file("new")) << std::string(kPage, 'n');
  std::filesystem::rename(directory.file("new"), path);
  try {
    EXPECT_EQ(first_bytes(open_mapped_file(getpid(), mapping), 3), "ooo");  // with CAP_CHECKPOINT_RESTORE
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.what(), HasSubstr("is another file now"));
  }
  munmap(at, kPage);
}

}  // namespace
}  // namespace holdfast::os
