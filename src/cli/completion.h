// Completion of verbs, options and their values for shells, made from the table of verbs.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::cli {

// Returns the script for "bash", "zsh" or "fish". Fails with kUsage for another shell.
std::string completion(std::string_view shell);

}  // namespace holdfast::cli
