// Reads what `go build -gcflags=-m` or `-m=2` writes to standard error, and the same wrapped by `go build -json`
// (1.24+). The grammar of Go 1.19-1.27: go-formats 1.2 and 1.3; lines may end with CR LF. What other commands wrote in
// between is counted and shown as not understood.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "compiler/decisions.h"

namespace holdfast::compiler {

struct TextSource {
  std::string_view bytes;  // must live as long as `keep` does
  std::shared_ptr<const void> keep;
  std::string folder = {};  // where the go command ran, to which paths are relative; empty if not known
};

// Takes time in proportion to the bytes. Nothing in them makes it fail.
Decisions read_text(const TextSource& source);

}  // namespace holdfast::compiler
