#include "os/file_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"

namespace holdfast::os {
namespace {

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISBLK(mode)) return "a block device";
  if (S_ISCHR(mode)) return "a character device";
  return "something else";
}

}  // namespace

std::shared_ptr<const FileMapping> map_file(const std::string& path) {
  // Opening must not block: a pipe would keep us here until somebody writes to it.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) fail_with_errno(errno, "opening " + path);
  return map_file(file, path);
}

std::shared_ptr<const FileMapping> map_file(const FileDescriptor& file, const std::string& name) {
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) fail_with_errno(errno, "looking at " + name);
  if (!S_ISREG(facts.st_mode))
    fail(ErrorCode::kUnsupported, "{} is {}, not a regular file", name, kind_of(facts.st_mode));
  const auto size = static_cast<std::size_t>(facts.st_size);
  if (size == 0) return std::shared_ptr<const FileMapping>(new FileMapping(ByteView({}, name)));
  void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) fail_with_errno(errno, fmt::format("mapping {} ({} bytes)", name, size));
  return std::shared_ptr<const FileMapping>(new FileMapping(ByteView({static_cast<const std::byte*>(at), size}, name)));
}

FileMapping::~FileMapping() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace holdfast::os
