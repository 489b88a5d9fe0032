// Where verbs get the bytes from that are no target: profiles, dumps, traces and what the compiler has said.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace holdfast::cli {

struct Source {
  std::string name;                  // what errors call it
  std::shared_ptr<const void> keep;  // of the bytes
  std::span<const std::byte> bytes;
};

// `word` is a path, or "-" for standard input, of which 1 GiB is read at most. Fails with kUsage if that has more, else
// as os::map_file does.
Source read_source(const std::string& word);

}  // namespace holdfast::cli
