// Finds the sources of Go programs by the paths that were compiled into them. Those are:
//
//   /home/me/shop/pkg/cart.go                       where it was compiled: taken if it is here, too
//   example.com/shop/pkg/cart.go                    with -trimpath, of the main module
//   github.com/x/y@v1.2.3/z.go                      with -trimpath, of another module
//   fmt/print.go, $GOROOT/src/fmt/print.go          with -trimpath, of Go itself
//
// Looked through are, in this order, the path itself, the folders that are given, the working folder, Go's module cache
// (GOMODCACHE, GOPATH/pkg/mod, ~/go/pkg/mod), and Go's own sources (GOROOT, those of releases in the module cache,
// /usr/local/go, /usr/lib/go). In a folder a file is looked for below the module that it says it is (go.mod), and by as
// much of the end of its path as is there: all folders of the path but leading ones. Its bare name is enough only if
// the folder is called as the file's own one. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::os {

struct SourceFile {
  std::string path;  // where it was found
  std::vector<std::string> lines;
};

class SourceFiles {
 public:
  // `release`: of Go, as "1.26.1", to prefer its sources to others; empty if it is not known.
  explicit SourceFiles(std::vector<std::string> folders, std::string release = {});

  // Null if there is none that can be read, or if it has more than 16 MiB. It is kept.
  const SourceFile* find(std::string_view compiled_path);

 private:
  std::string locate(const std::string& compiled_path) const;

  std::vector<std::string> folders_, modules_, go_sources_;
  std::unordered_map<std::string, std::unique_ptr<const SourceFile>> found_;
};

}  // namespace holdfast::os
