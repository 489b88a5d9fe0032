// Reads the files that `go build -gcflags=-json=0,DIR` writes: a header and then one diagnostic of the language server
// protocol a line, but with lines and columns from 1 and columns in bytes (go-formats 1.5, Go 1.19-1.27). They have
// what text has not: through which calls code was inlined to where a decision is about. They have no "does not escape".
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/decisions.h"

namespace holdfast::compiler {

struct JsonFile {
  std::string name;        // what errors call it
  std::string_view bytes;  // must live as long as `keep` does
  std::shared_ptr<const void> keep;
};

// Whether the bytes begin as such a file does.
bool is_json_log(std::string_view bytes);

// Reads the files of one directory or of several. Fails with kUnsupported if a file has another header, naming it; a
// diagnostic that is none is counted, and a file that is cut off gives what came before.
Decisions read_json(const std::vector<JsonFile>& files);

}  // namespace holdfast::compiler
