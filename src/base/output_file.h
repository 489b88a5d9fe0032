// A file that a user asks us to write. Everything that can be refused is refused when the object is made, so it should
// be made before the work whose result it takes.
//
//   nothing is there           a new file appears when it is complete
//   a regular file             it is replaced when the new one is complete, and keeps owner and mode; where that cannot
//                              be had (other hard links, a folder or an owner that forbids it) the bytes are copied
//                              into it at the end
//   a FIFO, pipe or device     the bytes are written to it at the end
//   a link                     the file that it leads to is meant
//   "-", /dev/stdout,          our own open descriptor
//   /dev/fd/N
//   a folder, socket, disk,    refused
//   terminal
//
// Bytes can be written in any order: for outputs that cannot seek they are collected in a nameless file in the
// temporary folder. For one thread at a time.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace holdfast {

class OutputFile {
 public:
  enum class Access : std::uint8_t {
    kUsual,   // the umask decides who may use a new file
    kPrivate  // only the owner may use a file; one that was there before loses all other rights
  };

  // Fails with kUsage for what is refused, otherwise as the system calls do.
  OutputFile(const std::string& path, Access access);
  // Unless publish() was called, nothing that was there has changed.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // The name that the user gave.
  const std::string& name() const { return name_; }
  bool is_standard_output() const { return descriptor_ == STDOUT_FILENO; }
  void write_at(std::uint64_t offset, std::span<const std::byte> bytes);
  // To be called once, after the last write.
  void publish();

 private:
  OutputFile(Access access, std::string name) : name_(std::move(name)), access_(access) {}
  void open_path();
  void open_descriptor(int number);
  void open_new();
  void open_regular(const struct stat& there);
  void open_stream();
  void create_beside(mode_t mode);
  bool adopt_owner(const struct stat& there) const;
  void collect();
  void rename_into_place();
  void copy_into_place() const;

  std::string name_;
  Access access_;
  std::filesystem::path path_;       // with links followed
  std::filesystem::path temporary_;  // beside `path_`; empty if the file is collected
  int fd_ = -1;                      // the file that is written
  int destination_ = -1;             // the file that it is copied into at the end, unless it is renamed
  int descriptor_ = -1;              // the descriptor of ours that was named, if one was
  std::uint64_t size_ = 0;
};

}  // namespace holdfast
