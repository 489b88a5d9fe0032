// Reads what the Go compiler wrote of its decisions, from files and folders.
#pragma once

#include <string>
#include <vector>

#include "compiler/decisions.h"

namespace holdfast::cli {

// Of files with what -m or -m=2 printed (one at most, "-" for standard input), files of -json, and folders of these.
// Fails with kUsage, kNotFound and kUnsupported, saying which path it is and what is wrong with it; and as
// read_source() does.
compiler::Decisions read_compiler_output(const std::vector<std::string>& paths);

// Adds what the compiler's JSON below the folder says; nothing if it is none.
compiler::Decisions with_json(compiler::Decisions text, const std::string& folder);

}  // namespace holdfast::cli
