// A whole file as bytes in our memory. The system reads it on demand, so that tens of GB cost address space only. The
// bytes can be read by several threads at once.
//
// Danger: if somebody truncates the file while it is mapped, touching the lost part ends us with SIGBUS. Cores and
// captures are written once, so this is accepted; nothing here is mapped that the target may still write.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

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

 private:
  friend std::shared_ptr<const FileMapping> map_file(const FileDescriptor& file, const std::string& name);
  explicit FileMapping(ByteView bytes) : bytes_(std::move(bytes)) {}

  ByteView bytes_;
};

// Fails with kNotFound, kPermission, or kUnsupported if it is not a regular file. An empty file is an empty view.
std::shared_ptr<const FileMapping> map_file(const std::string& path);
// `name` is the origin that errors show. The descriptor can be closed afterwards.
std::shared_ptr<const FileMapping> map_file(const FileDescriptor& file, const std::string& name);

}  // namespace holdfast::os
