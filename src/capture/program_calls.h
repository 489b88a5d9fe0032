// What the machine code of a program does, by its file alone: no process runs it.
#pragma once

#include <string>

#include "compiler/allocation_call.h"

namespace holdfast::capture {

// Finds the allocation calls of the Go program in the file. Fails with kNotFound and kPermission like os::map_file, and
// with kUnsupported if the file is no Go program that holdfast can read.
compiler::AllocationCalls read_program_calls(const std::string& path);

}  // namespace holdfast::capture
