// The program files behind a target: which mapped files hold Go code, where they were loaded, and which Go made them.
// Which of them are looked at is decided by take_runtime() (capture/runtimes.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_image.h"
#include "binary/build_info.h"
#include "binary/elf.h"
#include "go/modules.h"
#include "go/version.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// A part of a file in the target's memory, as /proc/PID/maps or a core's NT_FILE lists it.
struct FilePart {
  AddressRange range;
  std::uint64_t file_offset = 0;  // bytes
  std::string path;
};

// Bytes of a file and what keeps them.
struct FileBytes {
  ByteView bytes;
  std::shared_ptr<const void> owner;
};

// Opens the file behind a part; fails if it cannot be had.
using OpenFile = std::function<FileBytes(const FilePart&)>;

// Whether the file holds Go code, as far as its sections tell, or, without any, its contents.
bool has_go_code(const binary::ElfFile& elf);

// Which Go made an image.
struct MadeBy {
  go::GoVersion version;
  bool release_given = false;  // the image does not say it, the user does
  std::optional<binary::BuildInfo> build_info;
};

// `given`: the release for an image that does not say its own, as one that was garbled. Fails with kUnsupported if
// nothing says it, or if it is none that holdfast knows.
MadeBy made_by(const go::LoadedImage& image, const std::optional<go::GoVersion>& given);

class Program {
 public:
  // Looks at all mapped files; `exe_path` is the main program's. Fails with kUnsupported, saying what was found, when
  // no Go code is in the target; files that cannot be opened are a loss. Until take() all images are there, the main
  // program first, and neither a version nor build information.
  static Program open(const std::vector<FilePart>& parts, const std::string& exe_path, const OpenFile& open_file,
                      LossLedger& losses);

  // Keeps these images, the one with the runtime first. `runtimes`: all that the process has. `given`: see made_by().
  // Fails like that, and with kUsage if the image contradicts what is given.
  void take(const std::vector<std::size_t>& rows, std::vector<heap::GoRuntime> runtimes,
            const std::optional<go::GoVersion>& given);

  // The image with the Go runtime first, then other files with Go code (plugins).
  const std::vector<go::LoadedImage>& images() const { return images_; }
  // The same with the files that have their symbols and debug information: their own, or others.
  const std::vector<go::LoadedImage>& symbol_images() const { return symbol_images_; }
  // What symbols and debug information of the image are taken from.
  void set_symbols(std::size_t image, FileBytes bytes, std::unique_ptr<binary::ElfFile> elf);
  const go::GoVersion& version() const { return made_by_.version; }
  bool release_given() const { return made_by_.release_given; }
  const std::optional<binary::BuildInfo>& build_info() const { return made_by_.build_info; }
  const std::vector<heap::GoRuntime>& runtimes() const { return runtimes_; }

  // Adds what the files hold of the target's read-only memory.
  void add_read_only(MemoryImage& image) const;
  // Writable segments of all images, as loaded: sorted, disjoint.
  std::vector<AddressRange> writable() const;

 private:
  struct File {
    FileBytes bytes;
    std::unique_ptr<binary::ElfFile> elf;
  };
  Program() = default;

  std::vector<std::unique_ptr<File>> files_;
  std::vector<std::unique_ptr<File>> symbol_files_;
  std::vector<go::LoadedImage> images_;
  std::vector<go::LoadedImage> symbol_images_;  // row for row with images_
  MadeBy made_by_;
  std::vector<heap::GoRuntime> runtimes_;
};

}  // namespace holdfast::capture
