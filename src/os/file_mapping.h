// A whole file as bytes in our memory. The system reads it on demand, so that tens of GB cost address space only. The
// bytes can be read by several threads at once.
//
// Danger: if somebody truncates the file while it is mapped, touching the lost part ends us with SIGBUS. Cores and
// captures are written once, so this is accepted; nothing here is mapped that the target may still write.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/byte_view.h"
#include "os/file_descriptor.h"

namespace holdfast::os {

class FileMapping {
 public:
  FileMapping(const FileMapping&) = delete;
  FileMapping& operator=(const FileMapping&) = delete;
  ~FileMapping();

  // Valid as long as this object: keep the shared_ptr as the owner.
  const ByteView& bytes() const { return bytes_; }
  // Returns what of `part`, which lies in bytes(), the file system has stored, in order. The rest are holes, which read
  // as zeros; to touch one costs a page of memory. All of it where the file system cannot tell (lseek(2), SEEK_DATA).
  std::vector<std::span<const std::byte>> stored(std::span<const std::byte> part) const;
  // Gives back the memory in which the system keeps whole pages of `part`, which lies in bytes(), for us. The bytes
  // stay what they are: to touch them has the system look for them anew.
  void let_go(std::span<const std::byte> part) const;
  // Returns how many bytes of the file are in the page cache, which the system shares among all who map or read it, and
  // takes back when it needs memory. None if it does not tell: of files that are neither ours nor writable for us it
  // says that all is there (mincore(2), Linux 5.2).
  std::optional<std::uint64_t> cached() const;

 private:
  friend std::shared_ptr<const FileMapping> map_file(const FileDescriptor& file, const std::string& name);
  FileMapping(ByteView bytes, FileDescriptor file) : bytes_(std::move(bytes)), file_(std::move(file)) {}

  ByteView bytes_;
  FileDescriptor file_;
};

// Fails with kNotFound, kPermission, or kUnsupported if it is not a regular file. An empty file is an empty view.
std::shared_ptr<const FileMapping> map_file(const std::string& path);
// `name` is the origin that errors show. The descriptor can be closed afterwards.
std::shared_ptr<const FileMapping> map_file(const FileDescriptor& file, const std::string& name);

}  // namespace holdfast::os
