#include "os/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "os/file_descriptor.h"
#include "os/proc_text.h"
#include "os/refusal.h"

namespace holdfast::os {
namespace {

constexpr std::uint32_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD in field 9 of /proc/PID/stat, since Linux 2.6.27

// Returns the numeric names in a directory of /proc, ascending.
std::vector<pid_t> list_ids(const std::string& directory) {
  std::vector<pid_t> ids;
  const std::unique_ptr<DIR, int (*)(DIR*)> open_directory(opendir(directory.c_str()), closedir);
  if (!open_directory) return ids;
  while (const dirent* entry = readdir(open_directory.get()))
    if (const auto id = whole_number<pid_t>(entry->d_name)) ids.push_back(*id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

struct Stat {
  char state = 0;
  pid_t parent = 0;
  std::uint32_t flags = 0;
  std::uint64_t started = 0;
};

// Parses "pid (name) state ppid pgrp session tty tpgid flags ..."; the name may contain blanks and parentheses. The
// state is field 3, the start time field 22 (proc(5)).
std::optional<Stat> read_stat(const std::string& path) {
  const auto text = try_read_text(path);
  if (!text) return std::nullopt;
  const std::size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(*text).substr(name_end + 1);
  std::array<std::string_view, 20> words;
  for (std::string_view& word : words) word = next_word(rest);
  if (words[0].empty()) return std::nullopt;
  return Stat{words[0][0], leading_number<pid_t>(words[1]).value_or(0),
              leading_number<std::uint32_t>(words[6]).value_or(0),
              leading_number<std::uint64_t>(words[19]).value_or(0)};
}

bool has_ended(char state) {
  return state == 'Z' || state == 'X';
}

std::vector<std::string> read_command_line(pid_t pid) {
  const std::string text = try_read_text(fmt::format("/proc/{}/cmdline", pid)).value_or("");
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string read_short_name(pid_t pid) {
  std::string name = try_read_text(fmt::format("/proc/{}/comm", pid)).value_or("");
  if (name.ends_with('\n')) name.pop_back();
  return name;
}

void read_exe_path(pid_t pid, pid_t tid, ProcessStatus& status) {
  std::array<char, 4096> target{};
  const ssize_t got = readlink(thread_file(pid, tid, "exe").c_str(), target.data(), target.size());
  if (got <= 0) return;
  status.exe = without_deleted_mark({target.data(), static_cast<std::size_t>(got)});
}

std::optional<ProcessStatus> try_read_status(pid_t id) {
  auto text = try_read_text(fmt::format("/proc/{}/status", id));
  if (!text) return std::nullopt;
  const pid_t pid = leading_number<pid_t>(labelled(*text, "Tgid").value_or("")).value_or(id);
  const auto leader = read_stat(fmt::format("/proc/{}/stat", pid));
  if (!leader) return std::nullopt;
  const pid_t living = living_thread(pid);
  if (living != 0 && living != id) text = try_read_text(thread_file(pid, living, "status"));
  if (!text) return std::nullopt;

  ProcessStatus status;
  status.pid = pid;
  status.parent = leader->parent;
  status.started = leader->started;
  status.name = read_short_name(pid);
  status.command_line = read_command_line(pid);
  status.kernel_thread = (leader->flags & kKernelThreadFlag) != 0;
  if (living != 0) read_exe_path(pid, living, status);
  const auto field = [&](std::string_view name) { return labelled(*text, name).value_or(""); };
  std::string_view uids = field("Uid");  // real, effective, saved, file system
  next_word(uids);
  status.uid = leading_number<uid_t>(next_word(uids)).value_or(0);
  const std::string_view state = field("State");
  status.state = static_cast<ProcessState>(living == 0 || state.empty() ? 'Z' : state[0]);
  status.threads = leading_number<std::uint32_t>(field("Threads")).value_or(0);
  status.tracer = leading_number<pid_t>(field("TracerPid")).value_or(0);
  status.rss = leading_number<std::uint64_t>(field("VmRSS")).value_or(0) * 1024;
  const auto leader_text = try_read_text(fmt::format("/proc/{}/status", pid)).value_or("");
  std::string_view pids = labelled(leader_text, "NSpid").value_or("");
  for (auto word = next_word(pids); !word.empty(); word = next_word(pids))
    if (const auto number = whole_number<pid_t>(word)) status.namespace_pids.push_back(*number);
  return status;
}

// It reads as little as it can, since every process of the machine is asked.
bool is_called(pid_t pid, std::string_view name) {
  if (read_short_name(pid) == name) return true;
  const std::vector<std::string> command_line = read_command_line(pid);
  if (!command_line.empty() && base_name(command_line[0]) == name) return true;
  ProcessStatus status;
  if (const pid_t living = living_thread(pid); living != 0) read_exe_path(pid, living, status);
  return base_name(status.exe) == name;
}

bool is_alive(const ProcessStatus& status) {
  return !status.kernel_thread && status.state != ProcessState::kZombie;
}

}  // namespace

std::vector<pid_t> list_processes() {
  return list_ids("/proc");
}

std::vector<pid_t> list_threads(pid_t pid) {
  return list_ids(fmt::format("/proc/{}/task", pid));
}

std::vector<Address> waiting_stack_pointers(pid_t pid) {
  constexpr int kBeforeStackPointer = 7;  // the number of the call and six arguments; or only -1 outside of a call
  std::vector<Address> pointers;
  for (const pid_t tid : list_threads(pid)) {
    const auto text = try_read_text(thread_file(pid, tid, "syscall"));
    if (!text) continue;
    std::string_view rest = std::string_view(*text).substr(0, text->find('\n'));
    const bool outside_of_calls = rest.starts_with("-1 ");
    for (int i = 0; i < (outside_of_calls ? 1 : kBeforeStackPointer); ++i) next_word(rest);
    const std::string_view word = next_word(rest);
    if (!word.starts_with("0x")) continue;
    if (const auto value = whole_number<std::uint64_t>(word.substr(2), 16)) pointers.emplace_back(*value);
  }
  return pointers;
}

pid_t living_thread(pid_t pid) {
  const auto leader = read_stat(fmt::format("/proc/{}/stat", pid));
  if (leader && !has_ended(leader->state)) return pid;
  for (const pid_t tid : list_threads(pid)) {
    const auto thread = read_stat(thread_file(pid, tid, "stat"));
    if (thread && !has_ended(thread->state)) return tid;
  }
  return 0;
}

ProcessStatus read_status(pid_t pid) {
  auto status = try_read_status(pid);
  if (!status) fail(ErrorCode::kNotFound, "there is no process {}", pid);
  return *std::move(status);
}

ProcessStatus find_process(std::string_view target, bool (*counts)(const ProcessStatus&)) {
  if (const auto pid = whole_number<pid_t>(target)) return read_status(*pid);
  std::vector<ProcessStatus> found;
  for (const pid_t pid : list_processes()) {
    if (pid == getpid() || !is_called(pid, target)) continue;
    auto status = try_read_status(pid);
    if (status && is_alive(*status) && (counts == nullptr || counts(*status))) found.push_back(*std::move(status));
  }
  if (found.empty()) fail(ErrorCode::kNotFound, "no process is called {}", target);
  if (found.size() == 1) return std::move(found[0]);
  constexpr std::size_t kShown = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(found.size(), kShown); ++i) list += "\n  " + describe(found[i]);
  if (found.size() > kShown) list += fmt::format("\n  and {} more", found.size() - kShown);
  fail(ErrorCode::kUsage, "{} processes are called {}; give the pid of one:{}", found.size(), target, list);
}

std::optional<std::string> what_became_of(const ProcessStatus& known) {
  const auto now = try_read_status(known.pid);
  if (!now || now->state == ProcessState::kZombie || now->state == ProcessState::kDead)
    return fmt::format("process {} has ended", known.pid);
  if (now->started != known.started)
    return fmt::format("process {} has ended, and another one has its number: {}", known.pid, describe(*now));
  if (now->exe != known.exe && !now->exe.empty()) return fmt::format("process {} now runs {}", known.pid, now->exe);
  return std::nullopt;
}

std::uint64_t own_peak_rss() {
  const auto text = try_read_text("/proc/self/status");
  const auto value = text ? labelled(*text, "VmHWM") : std::nullopt;
  return value ? leading_number<std::uint64_t>(*value).value_or(0) * 1024 : 0;
}

std::string describe(const ProcessStatus& status) {
  std::string text = std::to_string(status.pid);
  if (status.command_line.empty()) text += " [" + status.name + "]";
  for (const std::string& word : status.command_line) text += " " + word;
  constexpr std::size_t kLongest = 120;
  if (text.size() > kLongest) text = text.substr(0, kLongest - 3) + "...";
  // The target chose this text, so it could be commands for a terminal.
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

void require_readable(const ProcessStatus& status) {
  if (status.kernel_thread)
    fail(ErrorCode::kUnsupported, "process {} is a thread of the kernel and has no memory of its own",
         describe(status));
  if (status.state == ProcessState::kZombie || status.state == ProcessState::kDead)
    fail(ErrorCode::kTargetGone, "process {} has ended, its memory is gone; it only waits for its parent {} to notice",
         describe(status), status.parent);
  const pid_t tid = living_thread(status.pid);
  // To open it needs the same right as to trace (PTRACE_MODE_ATTACH).
  const FileDescriptor memory(open(thread_file(status.pid, tid, "mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (!memory) fail_proc(errno, status.pid, "opening the memory of process " + describe(status));
}

}  // namespace holdfast::os
