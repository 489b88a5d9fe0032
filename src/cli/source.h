// Where verbs get the bytes from that are no target: profiles, dumps, traces and what the compiler has said.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/http.h"

namespace holdfast::cli {

struct Source {
  std::string name;                  // what errors call it
  std::shared_ptr<const void> keep;  // of the bytes
  std::span<const std::byte> bytes;

  std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

// `word` is a path, "-" for standard input, of which 1 GiB is read at most, or an http or https URL, which is asked as
// `http` has it (source_flags in cli/flags.h); what that leaves open comes from the variables that these flags name.
// Fails with kUsage if standard input has more, else as os::map_file and net::http_get do.
Source read_source(const std::string& word, const net::HttpOptions& http = {});

}  // namespace holdfast::cli
