// Where a line of source is, as the compiler, the function table of a program, profiles and the runtime's own records
// say it: each of them has other paths and other names of functions for the same line. What joins their answers line by
// line asks here.
//
// Paths (seen with Go 1.19-1.27): absolute, or relative to where the go command ran, in what the compiler prints; where
// the source was when it was compiled, in binaries and profiles; of both, with -trimpath, the import path of the
// package instead of its folder ("fmt/print.go", "example.com/m@v1.2.3/x/a.go"). Modules lie in the module cache, which
// writes capital letters as "!" and a small one, or in vendor folders; the standard library in $GOROOT/src, which may
// itself lie in the module cache. Names of generic functions have type arguments, shapes ("[go.shape.int]") or "[...]".
//
// Any thread may call these; nothing fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast {

// The path without what differs between ways to build: "example.com/m/x/a.go" for a module of the cache or of a vendor
// folder, "fmt/print.go" for the standard library, as it is for all else, but for a leading "./".
std::string canonical_path(std::string_view path);

// What two canonical paths have in common.
struct CommonTail {
  bool is_whole = false;     // one ends with the other: they may be the same file
  std::size_t segments = 0;  // how many of the last ones are the same
  auto operator<=>(const CommonTail&) const = default;
};

CommonTail common_tail(std::string_view a, std::string_view b);

struct FunctionName {
  std::string package;  // "example.com/m/x"; empty if the name has none, as those of the compiler
  std::string name;     // "(*Cart[...]).add.func1": type arguments are left out
};

FunctionName split_function(std::string_view name);

// Whether both may be the same function: the names are, and the packages where both are known. The compiler calls each
// command by its import path, everybody else by "main".
bool same_function(const FunctionName& a, const FunctionName& b);

// A place as one kind of evidence has it.
struct SourcePlace {
  std::string_view path;
  std::uint32_t line = 0;
  std::string_view function = {};  // empty if not known
  // The line that its function begins at; 0 if not known. Where both sides know it, lines count from there: so a place
  // is found again in a build for which lines above it were added.
  std::uint32_t function_line = 0;
};

// Finds the rows of one kind of evidence by places of another.
class PlaceIndex {
 public:
  // Texts are copied. Rows are the caller's numbers.
  void add(const SourcePlace& place, std::uint32_t row);
  // Returns the rows of the same place, ascending. Where files of one name fit in several folders, it takes those whose
  // paths have most in common, and of these, if `place` has a function, those with the same one. Paths that contradict
  // each other, as "example.com/m/a.go" of -trimpath and "/home/me/app/a.go", are of one file only if the functions are
  // the same.
  std::vector<std::uint32_t> find(const SourcePlace& place) const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint32_t path = 0, function = 0;  // rows of paths_ and functions_
    std::uint32_t line = 0, function_line = 0;
    std::uint32_t row = 0;
  };

  std::uint32_t path_of(std::string_view path);
  std::uint32_t function_of(std::string_view name);
  std::vector<const Entry*> candidates(const SourcePlace& place, const FunctionName& wanted) const;

  std::vector<std::string> paths_;
  std::vector<FunctionName> functions_;  // the first one is that of nobody
  std::unordered_map<std::string, std::uint32_t> path_rows_, function_rows_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_line_;      // "a.go:12"
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_function_;  // "a.go (*Cart).add+3"
  std::vector<Entry> entries_;
};

}  // namespace holdfast
