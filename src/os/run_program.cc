#include "os/run_program.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "os/file_descriptor.h"

namespace holdfast::os {
namespace {

// Texts go through nameless files, so nobody has to write and read at the same time.
FileDescriptor make_file(std::string_view name) {
  FileDescriptor file(memfd_create(std::string(name).c_str(), MFD_CLOEXEC));
  if (!file) fail(ErrorCode::kSystem, "no memory for what {} reads and writes: {}", name, std::strerror(errno));
  return file;
}

void write_all(int file, std::string_view text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = pwrite(file, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (wrote < 0 && errno != EINTR)
      fail(ErrorCode::kSystem, "no memory for {} bytes: {}", text.size(), std::strerror(errno));
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 1 << 16> piece;
  for (;;) {
    const ssize_t got = pread(file, piece.data(), piece.size(), static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

ProgramResult run_program(const std::vector<std::string>& words, std::string_view input) {
  const std::array files = {make_file(words.front()), make_file(words.front()), make_file(words.front())};
  write_all(files[0].get(), input);
  std::vector<char*> arguments;
  for (const std::string& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast): not written
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) posix_spawn_file_actions_adddup2(&actions, files[static_cast<std::size_t>(i)].get(), i);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, words.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) fail(ErrorCode::kNotFound, "there is no program {} in PATH", words.front());
  if (error != 0) fail(ErrorCode::kSystem, "cannot run {}: {}", words.front(), std::strerror(error));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) fail(ErrorCode::kSystem, "cannot wait for {}: {}", words.front(), std::strerror(errno));
  const int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return {code, read_all(files[1].get()), read_all(files[2].get())};
}

}  // namespace holdfast::os
