#include "os/file_mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/architecture.h"
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
  FileDescriptor own(fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
  if (!own) fail_with_errno(errno, "opening " + name);
  if (size == 0) return std::shared_ptr<const FileMapping>(new FileMapping(ByteView({}, name), std::move(own)));
  void* at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) fail_with_errno(errno, fmt::format("mapping {} ({} bytes)", name, size));
  return std::shared_ptr<const FileMapping>(
      new FileMapping(ByteView({static_cast<const std::byte*>(at), size}, name), std::move(own)));
}

std::vector<std::span<const std::byte>> FileMapping::stored(std::span<const std::byte> part) const {
  std::vector<std::span<const std::byte>> found;
  const off_t begin = part.data() - bytes_.data(), end = begin + static_cast<off_t>(part.size());
  for (off_t hole = begin; hole < end;) {
    const off_t data = lseek(file_.get(), hole, SEEK_DATA);
    if (data < 0 && errno != ENXIO) return {part};
    if (data < 0 || data >= end) break;
    hole = lseek(file_.get(), data, SEEK_HOLE);
    if (hole < 0) return {part};
    found.push_back(
        part.subspan(static_cast<std::size_t>(data - begin), static_cast<std::size_t>(std::min(hole, end) - data)));
  }
  return found;
}

void FileMapping::let_go(std::span<const std::byte> part) const {
  const auto page = static_cast<std::uintptr_t>(kSystemPage);
  const auto first = reinterpret_cast<std::uintptr_t>(part.data());
  const std::uintptr_t begin = (first + page - 1) / page * page, end = (first + part.size()) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // if it fails they just stay
}

std::optional<std::uint64_t> FileMapping::cached() const {
  struct stat facts {};
  const std::string path = fmt::format("/proc/self/fd/{}", file_.get());
  if (fstat(file_.get(), &facts) != 0) return std::nullopt;
  if (facts.st_uid != geteuid() && access(path.c_str(), W_OK) != 0) return std::nullopt;
  std::vector<unsigned char> pages((bytes_.size() + kSystemPage - 1) / kSystemPage);
  if (pages.empty()) return 0;
  if (mincore(const_cast<std::byte*>(bytes_.data()), bytes_.size(), pages.data()) != 0) return std::nullopt;
  const auto there = std::ranges::count_if(pages, [](unsigned char page) { return (page & 1) != 0; });
  return std::min<std::uint64_t>(static_cast<std::uint64_t>(there) * kSystemPage, bytes_.size());
}

FileMapping::~FileMapping() {
  if (!bytes_.empty()) munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace holdfast::os
