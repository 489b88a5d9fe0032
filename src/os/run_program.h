// Runs another program as a filter: it gets a text and gives one back. Any thread may call it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::os {

struct ProgramResult {
  int status = 0;  // its exit code; 128 + the signal that ended it
  std::string output;
  std::string errors;
};

// `words`: the program, found in PATH, and its arguments. Waits until it ends. Fails with kNotFound if there is no such
// program, and with kSystem.
ProgramResult run_program(const std::vector<std::string>& words, std::string_view input);

}  // namespace holdfast::os
