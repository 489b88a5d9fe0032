#include "base/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <vector>

#include "base/error.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kRights = 0777;
constexpr mode_t kNewFile = 0666;  // without the bits of the umask
constexpr mode_t kOwnerOnly = 0600;

// Returns the N of /dev/fd/N and of its other names. To open such a name would be wrong: that makes a second descriptor
// with a position of its own, which overwrites what the first one appended, and it fails for sockets.
std::optional<int> descriptor_named(const std::string& path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = 0;
    const char* const end = path.data() + path.size();
    const auto [stop, error] = std::from_chars(path.data() + folder.size(), end, number);
    if (error == std::errc() && stop == end && number >= 0) return number;
  }
  return std::nullopt;
}

// Returns where a file of this name is, or would be: links are followed, also those that lead to nothing.
fs::path resolve(const std::string& name) {
  constexpr int kMostLinks = 40;  // as the kernel
  fs::path path = name;
  std::error_code error;
  for (int links = 0; fs::is_symlink(fs::symlink_status(path, error)); ++links) {
    if (links == kMostLinks) fail_with_errno(ELOOP, name);
    const fs::path next = fs::read_symlink(path, error);
    if (error) fail_with_errno(error.value(), name);
    path = path.parent_path() / next;
  }
  return path;
}

void refuse_terminal(int fd, const std::string& name) {
  if (isatty(fd) != 0) fail(ErrorCode::kUsage, "{} is a terminal: name a file, or lead the output into a pipe", name);
}

}  // namespace

// It goes through another constructor, so that the destructor cleans up after what fails here.
OutputFile::OutputFile(const std::string& path, Access access) : OutputFile(access, path) {
  if (const auto number = descriptor_named(path))
    open_descriptor(*number);
  else
    open_path();
}

void OutputFile::open_path() {
  path_ = resolve(name_);
  struct stat there = {};
  if (stat(path_.c_str(), &there) != 0) {
    if (errno != ENOENT) fail_with_errno(errno, name_);
    return open_new();
  }
  if (S_ISDIR(there.st_mode)) fail(ErrorCode::kUsage, "{} is a folder: name a file in it", name_);
  if (S_ISBLK(there.st_mode)) fail(ErrorCode::kUsage, "{} is a disk: name a file", name_);
  if (S_ISSOCK(there.st_mode)) fail(ErrorCode::kUsage, "{} is a socket: name a file", name_);
  if (S_ISREG(there.st_mode)) return open_regular(there);
  open_stream();
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) close(fd_);
  if (destination_ >= 0) close(destination_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::open_descriptor(int number) {
  descriptor_ = number;
  const int flags = fcntl(number, F_GETFL);
  if (flags < 0) fail(ErrorCode::kUsage, "{} is not open", name_);
  if ((flags & O_ACCMODE) == O_RDONLY) fail(ErrorCode::kUsage, "{} is not open for writing", name_);
  refuse_terminal(number, name_);
  destination_ = fcntl(number, F_DUPFD_CLOEXEC, 0);
  if (destination_ < 0) fail_with_errno(errno, name_);
  collect();
}

void OutputFile::open_new() {
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  if (!fs::is_directory(folder)) fail(ErrorCode::kNotFound, "there is no folder {} for {}", folder.string(), name_);
  if (!path_.has_filename()) fail(ErrorCode::kUsage, "{} names a folder: name a file in it", name_);
  create_beside(access_ == Access::kPrivate ? kOwnerOnly : kNewFile);
  if (fd_ < 0) fail_with_errno(errno, fmt::format("creating {}", name_));
}

void OutputFile::open_regular(const struct stat& there) {
  // A file that must not be written is not replaced either, although its folder would allow that.
  destination_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  if (destination_ < 0) fail_with_errno(errno, fmt::format("writing {}", name_));
  if (there.st_nlink == 1) create_beside(kOwnerOnly);
  if (fd_ >= 0 && adopt_owner(there)) return;
  if (access_ == Access::kPrivate && (there.st_mode & kRights & ~kOwnerOnly) != 0 && there.st_uid != geteuid())
    fail(ErrorCode::kPermission, "{} belongs to user {} and others may read it: name another file for private content",
         name_, there.st_uid);
  collect();
}

void OutputFile::open_stream() {
  // Opening must not wait for a reader that may never come.
  destination_ = open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (destination_ < 0 && errno == ENXIO)
    fail(ErrorCode::kUsage, "{} has no reader: start what reads it first, or name a file", name_);
  if (destination_ < 0) fail_with_errno(errno, fmt::format("opening {}", name_));
  fcntl(destination_, F_SETFL, fcntl(destination_, F_GETFL) & ~O_NONBLOCK);
  refuse_terminal(destination_, name_);
  collect();
}

// Leaves `fd_` at -1 and errno set if that is not possible.
void OutputFile::create_beside(mode_t mode) {
  const fs::path temporary = path_.string() + fmt::format(".{}.partial", getpid());
  fd_ = open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
  if (fd_ >= 0) temporary_ = temporary;
}

// Gives the new file the owner and the rights of the one that it will replace; false if we may not.
bool OutputFile::adopt_owner(const struct stat& there) const {
  const bool same = there.st_uid == geteuid() && there.st_gid == getegid();
  if (!same && fchown(fd_, there.st_uid, there.st_gid) != 0) return false;
  const mode_t rights = there.st_mode & (access_ == Access::kPrivate ? kOwnerOnly : kRights);
  return fchmod(fd_, rights) == 0;
}

// Makes `fd_` a file without a name, for bytes that have to be copied at the end.
void OutputFile::collect() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
  temporary_.clear();
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  if (error) fail_with_errno(error.value(), "the temporary folder (TMPDIR)");
  std::string path = (folder / "holdfast.XXXXXX").string();
  fd_ = mkostemp(path.data(), O_CLOEXEC);
  if (fd_ < 0) fail_with_errno(errno, fmt::format("creating a file in {} for what {} gets", folder.string(), name_));
  unlink(path.c_str());
}

void OutputFile::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  size_ = std::max(size_, offset + bytes.size());
  while (!bytes.empty()) {
    const ssize_t done = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail_with_errno(errno, fmt::format("writing {}", name_));
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
}

void OutputFile::publish() {
  if (temporary_.empty())
    copy_into_place();
  else
    rename_into_place();
}

void OutputFile::rename_into_place() {
  if (fsync(fd_) != 0) fail_with_errno(errno, fmt::format("writing {} to the disk", temporary_.string()));
  if (rename(temporary_.c_str(), path_.c_str()) != 0)
    fail_with_errno(errno, fmt::format("renaming {} to {}", temporary_.string(), path_.string()));
  temporary_.clear();
  const fs::path folder = path_.has_parent_path() ? path_.parent_path() : fs::path(".");
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // the folder may be written but not read; the file itself is safe
  fsync(fd);
  close(fd);
}

void OutputFile::copy_into_place() const {
  const auto check = [this](ssize_t result) {
    if (result < 0) fail_with_errno(errno, fmt::format("writing {}", name_));
  };
  struct stat there = {};
  check(fstat(destination_, &there));
  // A file that a shell opened for us stays as it is: the shell may append.
  const bool by_name = S_ISREG(there.st_mode) && descriptor_ < 0;
  if (by_name && access_ == Access::kPrivate) check(fchmod(destination_, there.st_mode & kOwnerOnly));
  if (by_name) check(ftruncate(destination_, 0));
  constexpr std::size_t kChunk = 1 << 20;
  std::vector<std::byte> chunk(kChunk);
  for (std::uint64_t at = 0; at < size_;) {
    const ssize_t got = pread(fd_, chunk.data(), chunk.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    check(got);
    if (got == 0)
      fail(ErrorCode::kSystem, "writing {}: {} of {} bytes are left of the collected ones", name_, at, size_);
    for (ssize_t put = 0; put < got;) {
      const ssize_t done = write(destination_, chunk.data() + put, static_cast<std::size_t>(got - put));
      if (done < 0 && errno == EINTR) continue;
      check(done);
      put += done;
    }
    at += static_cast<std::uint64_t>(got);
  }
}

}  // namespace holdfast
