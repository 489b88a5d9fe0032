// Runs the user's own `go build` so that the compiler says what it decides, in a folder of its own: nothing of the
// user's is written.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace holdfast::cli {

// A folder below $TMPDIR that is gone when this is.
class ScratchFolder {
 public:
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct GoBuild {
  std::unique_ptr<ScratchFolder> folder;
  std::string text;                   // what the compiler wrote to standard error
  std::string json;                   // the folder with its files of JSON
  std::vector<std::string> programs;  // what was built: a file for each command among the packages
  std::string run_in;                 // the folder of -C, which paths in the text are relative to; empty for none
};

// `arguments`: packages and flags of `go build` in any order; -o is left out, and -gcflags, those
// of $GOFLAGS too, are added to.
// Fails with kNotFound if there is no go command, and with kSystem if the build fails, after remarks of what it said.
GoBuild run_go_build(const std::vector<std::string>& arguments);

}  // namespace holdfast::cli
